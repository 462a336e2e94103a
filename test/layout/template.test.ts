import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, it } from "vitest";
import { compiledTemplate } from "../../infra/package.ts";
import { lintTemplate, type Resource, type Template } from "./template-lint.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let template: Template;

// Packaging takes seconds; nothing is done when nothing that shapes the template has changed.
beforeAll(async () => {
  template = JSON.parse(readFileSync(await compiledTemplate({ log: () => {} }), "utf8"));
}, 120_000);

function propertiesOf(id: string): Readonly<Record<string, unknown>> {
  const properties = template.Resources[id]?.Properties;
  if (properties === undefined) throw new Error(`the template has no ${id}`);
  return properties;
}

/** The template with the properties of one resource changed. */
function broken(id: string, change: Readonly<Record<string, unknown>>, resource: Partial<Resource> = {}): Template {
  const Properties = { ...propertiesOf(id), ...change };
  return {
    Resources: { ...template.Resources, [id]: { Type: "", ...template.Resources[id], ...resource, Properties } },
  };
}

function without(id: string): Template {
  const { [id]: _, ...Resources } = template.Resources;
  return { Resources };
}

it("is as it must be", () => {
  expect(lintTemplate(template)).toEqual([]);
});

it("has every function with a function.yml, each with a queue, dead letters, a mapping and a role", () => {
  const names = readdirSync(join(root, "functions")).filter((name) =>
    existsSync(join(root, "functions", name, "function.yml")),
  );
  const count = (type: string) => Object.values(template.Resources).filter(({ Type }) => Type === type).length;
  expect(names).toEqual(expect.arrayContaining(["dispatcher", "orphan-sweeper", "terminating-reaper"]));
  expect(count("AWS::Lambda::Function")).toBe(names.length);
  expect(count("AWS::Lambda::EventSourceMapping")).toBe(names.length);
  expect(count("AWS::IAM::Role")).toBe(names.length);
  // And the quarantine.
  expect(count("AWS::SQS::Queue")).toBe(2 * names.length + 1);
});

it("tells the dispatcher which healers hear of which signal, and where their queues are", () => {
  const { Variables } = propertiesOf("DispatcherLambdaFunction")["Environment"] as {
    Variables: { ROUTES: string; HEALER_QUEUES: { "Fn::Join": [string, (string | { Ref: string })[]] } };
  };
  const routes = JSON.parse(Variables.ROUTES);
  expect(routes.PodOverdue).toContain("terminating-reaper");
  expect(routes.PodFailed).toContain("orphan-sweeper");
  const [separator, parts] = Variables.HEALER_QUEUES["Fn::Join"];
  const queues = JSON.parse(
    parts.map((part) => (typeof part === "string" ? part : `url of ${part.Ref}`)).join(separator),
  );
  expect(queues).toMatchObject({
    "orphan-sweeper": "url of OrphanSweeperQueue",
    "terminating-reaper": "url of TerminatingReaperQueue",
  });
  const healers = new Set(Object.values(routes).flat());
  expect(new Set(Object.keys(queues))).toEqual(healers);
});

it("lets nobody but forwarders send deltas", () => {
  const { Statement } = propertiesOf("DeltasQueuePolicy")["PolicyDocument"] as {
    Statement: { Sid: string; Effect: string; Action: string; Condition: unknown }[];
  };
  const senders = [{ "Fn::Sub": `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/knitbone-forwarder-*` }];
  expect(Statement.map(({ Sid, Effect, Action, Condition }) => ({ Sid, Effect, Action, Condition }))).toEqual([
    { Sid: "TlsOnly", Effect: "Deny", Action: "sqs:*", Condition: { Bool: { "aws:SecureTransport": "false" } } },
    {
      Sid: "ForwardersSend",
      Effect: "Allow",
      Action: "sqs:SendMessage",
      Condition: { ArnLike: { "aws:PrincipalArn": senders } },
    },
    {
      Sid: "NobodyElseSends",
      Effect: "Deny",
      Action: "sqs:SendMessage",
      Condition: { ArnNotLike: { "aws:PrincipalArn": senders } },
    },
  ]);
});

it("keeps the dispatcher away from cases, flags, budgets and the ledger", () => {
  const tables = JSON.stringify(template.Resources["DispatcherRole"]).match(/\w+Table/g);
  expect(new Set(tables)).toEqual(new Set(["ClustersTable", "LifecycleTable"]));
});

const mapping = "TerminatingDashreaperEventSourceMappingSQSTerminatingReaperQueue";
const lambda = "TerminatingDashreaperLambdaFunction";

it.each<[string, () => Template, string]>([
  [
    "visibility below six time limits",
    () => broken("DeltasQueue", { VisibilityTimeout: 60 }),
    "DeltasQueue hides messages for 60 s",
  ],
  [
    "a receive count below five",
    () =>
      broken("DeltasQueue", {
        RedrivePolicy: { deadLetterTargetArn: { Ref: "DeltasDeadLetters" }, maxReceiveCount: 4 },
      }),
    "gives up after 4 deliveries",
  ],
  ["no dead-letter queue", () => broken("DeltasQueue", { RedrivePolicy: undefined }), "has no dead-letter queue"],
  [
    "dead letters kept too short",
    () => broken("DeltasDeadLetters", { MessageRetentionPeriod: 345_600 }),
    "dead letters for 14 days",
  ],
  [
    "an unencrypted queue",
    () => broken("QuarantineQueue", { SqsManagedSseEnabled: false }),
    "QuarantineQueue: is not encrypted",
  ],
  ["requests without TLS", () => without("DeltasDeadLettersPolicy"), "DeltasDeadLetters: takes requests without TLS"],
  ["whole-batch failures", () => broken(mapping, { FunctionResponseTypes: [] }), "one failure fails the whole batch"],
  ["no maximum concurrency", () => broken(mapping, { ScalingConfig: undefined }), "no maximum concurrency"],
  ["too little reserved", () => broken(lambda, { ReservedConcurrentExecutions: 1 }), "of which 1 are reserved"],
  ["an event filter", () => broken(mapping, { FilterCriteria: { Filters: [] } }), "filters: Lambda deletes"],
  [
    "a shared queue",
    () => broken(mapping, { EventSourceArn: { "Fn::GetAtt": ["OrphanSweeperQueue", "Arn"] } }),
    "shares OrphanSweeperQueue",
  ],
  ["Lambda's recursion stop", () => broken(lambda, { RecursiveLoop: undefined }), "recursive loop"],
  ["no alarm on dead letters", () => without("TerminatingReaperDeadLettersAlarm"), "has no alarm at one message"],
  ["no alarm on age", () => without("DeltasAgeAlarm"), "no alarm on its oldest message"],
  ["no alarm on the quarantine", () => without("QuarantineAlarm"), "QuarantineQueue: has no alarm"],
  ["a shared role", () => broken(lambda, { Role: { "Fn::GetAtt": ["DispatcherRole", "Arn"] } }), "no role of its own"],
  ["an old runtime", () => broken(lambda, { Runtime: "nodejs20.x" }), "nodejs24.x"],
  ["logs for ever", () => broken("DispatcherLogGroup", { RetentionInDays: undefined }), "logs are kept for ever"],
  [
    "a table that goes with the stack",
    () => broken("CasesTable", {}, { DeletionPolicy: "Delete" }),
    "goes with the stack",
  ],
  ["no point-in-time recovery", () => broken("FlagsTable", { PointInTimeRecoverySpecification: {} }), "point-in-time"],
  [
    "another key",
    () => broken("FlagsTable", { KeySchema: [{ AttributeName: "id", KeyType: "HASH" }] }),
    "keys id HASH",
  ],
])("would not pass with %s", (_what, change, words) => {
  expect(lintTemplate(change()).join("\n")).toContain(words);
});

it.each([
  ["dynamodb:*", { Ref: "CasesTable" }, "may do dynamodb:*"],
  ["dynamodb:GetItem", "*", "may touch *"],
  ["sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:knitbone-*", "may touch arn:aws:sqs"],
  ["sts:AssumeRole", "arn:aws:iam::111122223333:role/*", "may touch arn:aws:iam"],
  [
    "secretsmanager:GetSecretValue",
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:*",
    "may touch arn:aws:secretsmanager",
  ],
])("would not pass with a role that may %s on %j", (Action, Resource, words) => {
  const policy = { PolicyName: "p", PolicyDocument: { Statement: [{ Effect: "Allow", Action, Resource }] } };
  expect(lintTemplate(broken("DispatcherRole", { Policies: [policy] })).join("\n")).toContain(words);
});

it("would not pass with a queue that anybody may send to", () => {
  const statement = { Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*" };
  const policy = broken("DeltasQueuePolicy", { PolicyDocument: { Statement: [statement] } });
  expect(lintTemplate(policy)).toContain("DeltasQueuePolicy: allows without a condition");
});
