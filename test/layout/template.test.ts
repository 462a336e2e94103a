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

/** The template with the statement against plain text of one policy changed. */
function tlsStatement(id: string, change: Readonly<Record<string, unknown>>): Template {
  const { Statement } = propertiesOf(id)["PolicyDocument"] as { Statement: { Sid: string }[] };
  const changed = Statement.map((statement) => (statement.Sid === "TlsOnly" ? { ...statement, ...change } : statement));
  return broken(id, { PolicyDocument: { Statement: changed } });
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
  expect(new Set(tables)).toEqual(new Set(["ClustersTable", "LifecycleTable", "CatalogueTable", "UnknownsTable"]));
});

it("lets every function read the catalogue and none write it, and the dispatcher alone count unknown messages", () => {
  const statements = Object.values(template.Resources)
    .filter(({ Type }) => Type === "AWS::IAM::Role")
    .flatMap(({ Properties }) => (Properties as { Policies: { PolicyDocument: { Statement: object[] } }[] }).Policies)
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement.map((each) => JSON.stringify(each)));
  const catalogue = statements.filter((each) => each.includes("CatalogueTable"));
  const functions = Object.values(template.Resources).filter(({ Type }) => Type === "AWS::Lambda::Function");
  expect(catalogue).toHaveLength(functions.length);
  expect(catalogue.filter((each) => /dynamodb:(?!GetItem|BatchGetItem|Query)/.test(each))).toEqual([]);
  const unknowns = statements.filter((each) => each.includes("UnknownsTable"));
  expect(unknowns).toHaveLength(1);
  expect(unknowns.filter((each) => !each.includes("dynamodb:UpdateItem"))).toEqual([]);
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
  [
    "a policy that refuses plain text only to some",
    () => tlsStatement("DeltasQueuePolicy", { Principal: { AWS: "arn:aws:iam::111122223333:root" } }),
    "DeltasQueue: takes requests without TLS",
  ],
  [
    "a policy that refuses plain text for some actions",
    () => tlsStatement("DeltasQueuePolicy", { Action: "sqs:SendMessage" }),
    "DeltasQueue: takes requests without TLS",
  ],
  [
    "a policy that refuses plain text of another queue",
    () => tlsStatement("DeltasQueuePolicy", { Resource: { "Fn::GetAtt": ["QuarantineQueue", "Arn"] } }),
    "DeltasQueue: takes requests without TLS",
  ],
  [
    "dead letters that are not let in",
    () =>
      broken("DeltasDeadLetters", {
        RedriveAllowPolicy: { redrivePermission: "byQueue", sourceQueueArns: [{ "Fn::Sub": "arn:aws:sqs:r:a:other" }] },
      }),
    "DeltasQueue: DeltasDeadLetters does not let its dead letters in",
  ],
  [
    "dead letters from anywhere",
    () => broken("DeltasDeadLetters", { RedriveAllowPolicy: undefined }),
    "does not let its dead letters in",
  ],
  [
    "messages kept too long",
    () => broken("DeltasQueue", { MessageRetentionPeriod: 1_209_600 }),
    "DeltasQueue: does not keep messages for 4 days",
  ],
  [
    "packages that are not encrypted",
    () => broken("ServerlessDeploymentBucket", { BucketEncryption: undefined }),
    "ServerlessDeploymentBucket: is not encrypted",
  ],
  [
    "packages without TLS",
    () => without("ServerlessDeploymentBucketPolicy"),
    "ServerlessDeploymentBucket: takes requests without TLS",
  ],
  ["whole-batch failures", () => broken(mapping, { FunctionResponseTypes: [] }), "one failure fails the whole batch"],
  ["no maximum concurrency", () => broken(mapping, { ScalingConfig: undefined }), "no maximum concurrency"],
  [
    "a maximum concurrency of one",
    () => broken(mapping, { ScalingConfig: { MaximumConcurrency: 1 } }),
    "no maximum concurrency of at least 2",
  ],
  ["too little reserved", () => broken(lambda, { ReservedConcurrentExecutions: 1 }), "of which 1 are reserved"],
  ["an event filter", () => broken(mapping, { FilterCriteria: { Filters: [] } }), "filters: Lambda deletes"],
  [
    "a shared queue",
    () => broken(mapping, { EventSourceArn: { "Fn::GetAtt": ["OrphanSweeperQueue", "Arn"] } }),
    "shares OrphanSweeperQueue",
  ],
  ["Lambda's recursion stop", () => broken(lambda, { RecursiveLoop: undefined }), "recursive loop"],
  [
    "a recursive loop that is not needed",
    () => broken("DispatcherLambdaFunction", { RecursiveLoop: "Allow" }),
    "DispatcherLambdaFunction: must allow the recursive loop if, and only if,",
  ],
  ["a function without a queue", () => without(mapping), `${lambda}: reads 0 queues`],
  [
    "an alarm at two dead letters",
    () => broken("TerminatingReaperDeadLettersAlarm", { Threshold: 2 }),
    "TerminatingReaperDeadLetters: has no alarm at one message",
  ],
  ["no alarm on dead letters", () => without("TerminatingReaperDeadLettersAlarm"), "has no alarm at one message"],
  ["no alarm on age", () => without("DeltasAgeAlarm"), "no alarm on its oldest message"],
  ["no alarm on the quarantine", () => without("QuarantineAlarm"), "QuarantineQueue: has no alarm"],
  ["a shared role", () => broken(lambda, { Role: { "Fn::GetAtt": ["DispatcherRole", "Arn"] } }), "no role of its own"],
  ["an old runtime", () => broken(lambda, { Runtime: "nodejs20.x" }), "nodejs24.x"],
  ["another architecture", () => broken(lambda, { Architectures: ["x86_64"] }), "does not run on arm64"],
  ["no role", () => broken(lambda, { Role: "arn:aws:iam::111122223333:role/admin" }), "no role of its own"],
  [
    "a role that others may take on",
    () =>
      broken("DispatcherRole", {
        AssumeRolePolicyDocument: {
          Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }],
        },
      }),
    "may be taken on by others than Lambda",
  ],
  [
    "a managed policy",
    () => broken("DispatcherRole", { ManagedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"] }),
    "has managed policies",
  ],
  [
    "a kind of resource that was not thought of",
    () => ({ Resources: { ...template.Resources, Door: { Type: "AWS::Lambda::Url" } } }),
    "Door: a AWS::Lambda::Url is not known to this lint",
  ],
  ["logs for ever", () => broken("DispatcherLogGroup", { RetentionInDays: undefined }), "logs are kept for ever"],
  [
    "a table that goes with the stack",
    () => broken("CasesTable", {}, { DeletionPolicy: "Delete" }),
    "goes with the stack",
  ],
  [
    "a table that goes when it is replaced",
    () => broken("CasesTable", {}, { UpdateReplacePolicy: "Delete" }),
    "goes with the stack",
  ],
  ["a table that is not on demand", () => broken("CasesTable", { BillingMode: "PROVISIONED" }), "is not on demand"],
  [
    "a table without a key of the account",
    () => broken("FlagsTable", { SSESpecification: undefined }),
    "FlagsTable: is not encrypted",
  ],
  [
    "rows that never go",
    () => broken("BudgetsTable", { TimeToLiveSpecification: undefined }),
    "does not expire rows by expiresAt",
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

it("judges every policy of a role, and no grant by exception", () => {
  const policies = propertiesOf("DispatcherRole")["Policies"] as unknown[];
  const second = (statement: object) =>
    broken("DispatcherRole", {
      Policies: [
        ...policies,
        { PolicyName: "more", PolicyDocument: { Statement: [{ Effect: "Allow", ...statement }] } },
      ],
    });
  expect(lintTemplate(second({ Action: "s3:*", Resource: "*" }))).toEqual([
    "DispatcherRole: may do s3:*",
    "DispatcherRole: may touch *",
  ]);
  expect(lintTemplate(second({ NotAction: "iam:PassRole", Resource: { Ref: "CasesTable" } }))).toEqual([
    "DispatcherRole: says what it may not do, not what it may",
  ]);
});

it("would not pass with a queue that anybody may send to", () => {
  const statement = { Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: "*" };
  const policy = broken("DeltasQueuePolicy", { PolicyDocument: { Statement: [statement] } });
  expect(lintTemplate(policy)).toContain("DeltasQueuePolicy: allows without a condition");
});
