import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readFunctions } from "../../infra/stack/function-settings.ts";
import { lambdaFunctions } from "../../infra/stack/lambda-functions.ts";
import type { Resource, StackParameters } from "../../infra/stack/names.ts";
import { stackResources } from "../../infra/stack/stack-resources.ts";
import { scratchDirectory } from "../fakes/scratch-directory.ts";
import { root } from "./source-imports.ts";
import { lintTemplate } from "./template-lint.ts";

const parameters: StackParameters = {
  prefix: "kb",
  version: "0.1.0",
  policy: { mender: { ttl: "2h" } },
  senderRoles: [],
  clusterRoles: [],
  alarmTopic: "",
  logLevel: "INFO",
  logSampleRate: 0.05,
};

/** A repository with the dispatcher and the given functions: folder → function.yml. */
function repositoryWith(functions: Readonly<Record<string, string>>) {
  const scratch = scratchDirectory();
  for (const [name, yaml] of Object.entries({ dispatcher: "timeoutSeconds: 20", ...functions })) {
    mkdirSync(join(scratch.path, "functions", name), { recursive: true });
    writeFileSync(join(scratch.path, "functions", name, "function.yml"), yaml);
    writeFileSync(join(scratch.path, "functions", name, "handler.ts"), "");
  }
  mkdirSync(join(scratch.path, "functions", "forwarder"));
  return scratch;
}

const resourcesOf = (root: string, given: StackParameters = parameters) =>
  (stackResources(readFunctions(root), given) as { Resources: Record<string, Resource & { Properties: unknown }> })
    .Resources;

const statementsIn = (policy: Resource | undefined) =>
  (policy as unknown as { Properties: { PolicyDocument: { Statement: unknown[] } } }).Properties.PolicyDocument
    .Statement;

/** The dispatcher's routing table. */
function routesOf(root: string): unknown {
  const { dispatcher } = lambdaFunctions(readFunctions(root), parameters) as {
    dispatcher: { environment: { ROUTES: string } };
  };
  return JSON.parse(dispatcher.environment.ROUTES);
}

it("a new folder is a new healer: queue, dead letters, policies, role, alarms, route", () => {
  using before = repositoryWith({});
  using after = repositoryWith({ mender: "signals: [PodFailed]" });
  const known = Object.keys(resourcesOf(before.path));
  const added = Object.keys(resourcesOf(after.path)).filter((id) => !known.includes(id));
  expect(added.sort()).toEqual([
    "MenderAgeAlarm",
    "MenderDeadLetters",
    "MenderDeadLettersAlarm",
    "MenderDeadLettersPolicy",
    "MenderQueue",
    "MenderQueuePolicy",
    "MenderRole",
  ]);
  expect(routesOf(after.path)).toEqual({ PodFailed: ["mender"] });
  expect(lambdaFunctions(readFunctions(after.path), parameters)["mender"]).toMatchObject({
    name: "kb-mender",
    handler: ".build/mender/index.handler",
    timeout: 30,
    role: { "Fn::Sub": `\${MenderRole.Arn}` },
    environment: { TABLE_PREFIX: "kb", QUEUE_URL: { Ref: "MenderQueue" }, KNITBONE_POLICY: '{"ttl":"2h"}' },
    events: [
      { sqs: { arn: { "Fn::GetAtt": ["MenderQueue", "Arn"] }, functionResponseType: "ReportBatchItemFailures" } },
    ],
  });
});

it("every healer is told the queue of the nodes' healer, and may send there", () => {
  using repository = repositoryWith({ mender: "signals: [PodFailed]", "notready-handler": "signals: [NodeNotReady]" });
  const functions = lambdaFunctions(readFunctions(repository.path), parameters) as Record<
    string,
    { readonly environment: Record<string, unknown> }
  >;
  const resources = resourcesOf(repository.path);
  const mayBeSentTo = (healer: string) => {
    const role = resources[`${healer}Role`] as unknown as Role;
    return role.Properties.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .filter(({ Action }) => Action.includes("sqs:SendMessage"))
      .flatMap(({ Resource: targets }) => targets.map((each) => each["Fn::GetAtt"][0]));
  };
  for (const name of ["mender", "notready-handler"]) {
    expect(functions[name]?.environment["NODE_QUEUE_URL"]).toEqual({ Ref: "NotreadyHandlerQueue" });
  }
  expect(functions["dispatcher"]?.environment).not.toHaveProperty("NODE_QUEUE_URL");
  expect(mayBeSentTo("Mender")).toEqual(["QuarantineQueue", "MenderQueue", "NotreadyHandlerQueue"]);
  expect(mayBeSentTo("NotreadyHandler")).toEqual(["QuarantineQueue", "NotreadyHandlerQueue"]);
});

interface Role {
  readonly Properties: {
    readonly Policies: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[];
  };
}

interface Statement {
  readonly Action: readonly string[];
  readonly Resource: readonly { readonly "Fn::GetAtt": readonly string[] }[];
}

it("hides a message for six time limits and the batching window", () => {
  using repository = repositoryWith({ mender: "signals: [PodFailed]\ntimeoutSeconds: 40\nbatchingWindowSeconds: 5" });
  const resources = resourcesOf(repository.path);
  expect(resources["MenderQueue"]?.Properties).toMatchObject({ VisibilityTimeout: 245 });
  expect(resources["DeltasQueue"]?.Properties).toMatchObject({ VisibilityTimeout: 120 });
});

it("a schedule sends the healer on its rounds, and only that rule may write to its queue", () => {
  using repository = repositoryWith({ mender: "signals: [PodFailed]\nschedule: rate(6 hours)" });
  const resources = resourcesOf(repository.path);
  expect(resources["MenderSchedule"]).toMatchObject({
    Type: "AWS::Events::Rule",
    Properties: {
      Name: "kb-mender-rounds",
      ScheduleExpression: "rate(6 hours)",
      State: "ENABLED",
      Targets: [{ Arn: { "Fn::GetAtt": ["MenderQueue", "Arn"] }, Input: '{"v":1,"kind":"rounds","healer":"mender"}' }],
    },
  });
  const [, statement, ...more] = statementsIn(resources["MenderQueuePolicy"]);
  expect(more).toEqual([]);
  expect(statement).toEqual({
    Sid: "ScheduleSends",
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: { "Fn::GetAtt": ["MenderQueue", "Arn"] },
    Condition: {
      ArnEquals: {
        "aws:SourceArn": {
          "Fn::Sub": `arn:\${AWS::Partition}:events:\${AWS::Region}:\${AWS::AccountId}:rule/kb-mender-rounds`,
        },
      },
    },
  });
});

it("a signal goes to every healer that asks for it", () => {
  using repository = repositoryWith({
    mender: "signals: [PodFailed, PodOverdue]",
    sweeper: "signals: [PodFailed]",
  });
  expect(routesOf(repository.path)).toEqual({
    PodFailed: ["mender", "sweeper"],
    PodOverdue: ["mender"],
  });
});

it("gives every function the level of its log, and how many invocations write debug lines (S2-05)", () => {
  using repository = repositoryWith({ mender: "signals: [PodFailed]" });
  const given = { POWERTOOLS_LOG_LEVEL: "INFO", POWERTOOLS_LOGGER_SAMPLE_RATE: "0.05" };
  expect(lambdaFunctions(readFunctions(repository.path), parameters)).toMatchObject({
    dispatcher: { environment: given },
    mender: { environment: given },
  });
});

it.each([
  ["logLevel", "LOUD", "param logLevel must be one of DEBUG, INFO, WARN, ERROR, not LOUD"],
  ["logSampleRate", "2", "param logSampleRate must be a share of invocations from 0 to 1, such as 0.05, not 2"],
  ["logSampleRate", "often", "param logSampleRate must be a share of invocations from 0 to 1, such as 0.05, not often"],
])("refuses the parameter %s=%s (S2-05)", async (name, value, words) => {
  const given: Readonly<Record<string, string>> = { policy: "{}", logLevel: "INFO", logSampleRate: "0", [name]: value };
  const resolveVariable = async (asked: string) => given[asked.replace(/^param:(\w+),.*$/, "$1")] ?? "";
  const { functions } = (await import(join(root, "infra/healers.js"))) as {
    functions(context: object): Promise<object>;
  };
  await expect(functions({ resolveVariable })).rejects.toThrow(words);
});

it("takes senders, cluster roles and the topic of alarms from parameters", () => {
  using repository = repositoryWith({ mender: "signals: [PodFailed]" });
  const resources = resourcesOf(repository.path, {
    ...parameters,
    senderRoles: ["arn:aws:iam::111122223333:role/forwarder"],
    clusterRoles: ["arn:aws:iam::111122223333:role/knitbone/{healer}/*"],
    alarmTopic: "arn:aws:sns:eu-west-1:111122223333:oncall",
  });
  expect(JSON.stringify(resources["DeltasQueuePolicy"])).toContain(
    '"ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::111122223333:role/forwarder"]}',
  );
  expect(JSON.stringify(resources["MenderRole"])).toContain("arn:aws:iam::111122223333:role/knitbone/mender/*");
  expect(resources["MenderAgeAlarm"]?.Properties).toMatchObject({
    AlarmActions: ["arn:aws:sns:eu-west-1:111122223333:oncall"],
  });
  expect(lintTemplate({ Resources: { Role: resources["MenderRole"] as Resource } })).toEqual([]);
});

it("tells every problem of every function.yml at once", () => {
  using repository = repositoryWith({ mender: "signals: [PodSad]\nmemory: 5", sweeper: "signals: []" });
  expect(() => readFunctions(repository.path)).toThrow(
    /^reading the functions: functions\/mender\/function.yml: memory is not known .*; functions\/mender\/function.yml: signal "PodSad" is none of PodOverdue, .*; functions\/sweeper\/function.yml: signals must list at least one of /,
  );
});

it.each([
  [
    "signals: [PodFailed",
    "Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 20:",
  ],
  ["signals: [PodFailed]\ntimeoutSeconds: 0", "timeoutSeconds must be a whole number from 1 to 300, not 0"],
  ["signals: [PodFailed]\nmaximumConcurrency: 1", "maximumConcurrency must be a whole number from 2 to 1000, not 1"],
  ['signals: [PodFailed]\nmemorySize: "512"', 'memorySize must be a whole number from 128 to 10240, not "512"'],
  [
    "signals: [PodFailed]\nschedule: rate(1 hours)",
    'schedule must be a rate such as "rate(1 hour)", not "rate(1 hours)"',
  ],
  ["signals: [PodFailed]\nschedule: hourly", 'schedule must be a rate such as "rate(1 hour)", not "hourly"'],
  ["signals: [PodFailed]\nbatchSize: 11", "a batchSize above 10 needs a batchingWindowSeconds of at least 1"],
  [
    "signals: [PodFailed]\nreservedConcurrency: 9",
    "reservedConcurrency 9 is below maximumConcurrency 10: throttled polls would drive good messages into the dead-letter queue",
  ],
])("refuses a function.yml that says %j", (yaml, problem) => {
  using repository = repositoryWith({ mender: yaml });
  expect(() => readFunctions(repository.path)).toThrow(
    new Error(`reading the functions: functions/mender/function.yml: ${problem}`),
  );
});

it.each([
  ["signals: [PodFailed]", "the dispatcher has no signals: it takes every delta"],
  ["schedule: rate(1 hour)", "the dispatcher has no schedule: it goes no rounds"],
  ["- a list", "is not a list of keys and values"],
])("refuses a dispatcher whose function.yml says %j", (yaml, problem) => {
  using repository = repositoryWith({ dispatcher: yaml });
  expect(() => readFunctions(repository.path)).toThrow(
    new Error(`reading the functions: functions/dispatcher/function.yml: ${problem}`),
  );
});

it("refuses a function without its handler, and a repository without its dispatcher", () => {
  using scratch = scratchDirectory();
  mkdirSync(join(scratch.path, "functions", "mender"), { recursive: true });
  writeFileSync(join(scratch.path, "functions", "mender", "function.yml"), "signals: [PodFailed]");
  expect(() => readFunctions(scratch.path)).toThrow(
    "reading the functions: functions/mender/function.yml: there is no handler.ts beside it; functions/dispatcher/function.yml is missing",
  );
});
