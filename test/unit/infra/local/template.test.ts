import { describe, expect, test } from "vitest";
import { stackOfTemplate } from "../../../../infra/local/template.ts";

const place = { region: "local", accountId: "000000000000", queueUrl: (name: string) => `http://queues/${name}` };

const withVariables = (variables: Record<string, unknown>, more: object = {}) => ({
  Parameters: { Stage: { Type: "String", Default: "dev" } },
  Resources: {
    InQueue: { Type: "AWS::SQS::Queue", Properties: { QueueName: "kb-in" } },
    CasesTable: { Type: "AWS::DynamoDB::Table", Properties: { TableName: "kb-cases" } },
    Fn: {
      Type: "AWS::Lambda::Function",
      Properties: { FunctionName: "kb-fn", Handler: ".build/fn/index.handler", Environment: { Variables: variables } },
    },
    ...more,
  },
});

const environmentOf = (variables: Record<string, unknown>) =>
  stackOfTemplate(withVariables(variables), place).functions[0]?.environment;

describe("environment variables", () => {
  test.each([
    ["a plain text", "x", "x"],
    ["a number", 5, "5"],
    ["Ref of a queue: its URL", { Ref: "InQueue" }, "http://queues/kb-in"],
    ["Ref of a table: its name", { Ref: "CasesTable" }, "kb-cases"],
    ["Ref of a pseudo parameter", { Ref: "AWS::Region" }, "local"],
    ["Ref of a parameter: its default", { Ref: "Stage" }, "dev"],
    ["GetAtt as a list", { "Fn::GetAtt": ["InQueue", "Arn"] }, "arn:aws:sqs:local:000000000000:kb-in"],
    ["GetAtt as a text", { "Fn::GetAtt": "InQueue.QueueName" }, "kb-in"],
    [
      "GetAtt of a table",
      { "Fn::GetAtt": ["CasesTable", "Arn"] },
      "arn:aws:dynamodb:local:000000000000:table/kb-cases",
    ],
    ["Sub", { "Fn::Sub": `\${AWS::AccountId}/\${InQueue.QueueName}/\${!literal}` }, `000000000000/kb-in/\${literal}`],
    ["Sub with a map", { "Fn::Sub": [`\${a}-\${Stage}`, { a: { Ref: "CasesTable" } }] }, "kb-cases-dev"],
    ["Join", { "Fn::Join": ["", ['{"h":"', { Ref: "InQueue" }, '"}']] }, '{"h":"http://queues/kb-in"}'],
  ])("%s", (_name, value, expected) => {
    expect(environmentOf({ X: value })).toEqual({ X: expected });
  });

  test.each([
    ["an intrinsic that is not known", { "Fn::If": ["a", "b", "c"] }, 'cannot resolve {"Fn::If":["a","b","c"]}'],
    ["a resource that does not exist", { Ref: "Nowhere" }, '"Nowhere" is not a resource of the template'],
    [
      "an attribute that is not known",
      { "Fn::GetAtt": ["InQueue", "Colour"] },
      "attribute InQueue.Colour is not known",
    ],
  ])("%s is an error that names the place", (_name, value, words) => {
    expect(() => environmentOf({ X: value })).toThrow(
      new RegExp(`^reading the compiled template: Fn\\.Environment\\.X: ${words.replace(/[.[\]{}()]/g, "\\$&")}`),
    );
  });
});

test("queues, their redrive and CloudFormation's defaults", () => {
  const { queues } = stackOfTemplate(
    {
      Resources: {
        Plain: { Type: "AWS::SQS::Queue", Properties: { QueueName: "plain" } },
        Full: {
          Type: "AWS::SQS::Queue",
          Properties: {
            QueueName: "full",
            VisibilityTimeout: 180,
            DelaySeconds: 2,
            MessageRetentionPeriod: 60,
            RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": ["Plain", "Arn"] }, maxReceiveCount: "5" },
          },
        },
      },
    },
    place,
  );
  expect(queues).toEqual([
    { name: "plain", visibilityMs: 30_000, delayMs: 0, retentionMs: 345_600_000 },
    {
      name: "full",
      visibilityMs: 180_000,
      delayMs: 2_000,
      retentionMs: 60_000,
      redrive: { deadLetterQueue: "plain", maxReceiveCount: 5 },
    },
  ]);
});

const mapping = (properties: object) =>
  stackOfTemplate(
    withVariables(
      {},
      {
        Mapping: {
          Type: "AWS::Lambda::EventSourceMapping",
          Properties: {
            EventSourceArn: { "Fn::GetAtt": ["InQueue", "Arn"] },
            FunctionName: { "Fn::GetAtt": ["Fn", "Arn"] },
            ...properties,
          },
        },
      },
    ),
    place,
  ).mappings;

test("an event-source mapping and Lambda's defaults", () => {
  expect(mapping({})).toEqual([
    { functionName: "kb-fn", queue: "kb-in", batchSize: 10, windowMs: 0, partialFailures: false },
  ]);
  expect(
    mapping({
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 2,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ScalingConfig: { MaximumConcurrency: 4 },
    }),
  ).toEqual([
    {
      functionName: "kb-fn",
      queue: "kb-in",
      batchSize: 100,
      windowMs: 2_000,
      partialFailures: true,
      maximumConcurrency: 4,
    },
  ]);
});

test("a mapping that is switched off is not made, one with filters is refused", () => {
  expect(mapping({ Enabled: false })).toEqual([]);
  expect(() => mapping({ FilterCriteria: { Filters: [] } })).toThrow("Mapping.FilterCriteria");
});

test("something that is no template is refused", () => {
  expect(() => stackOfTemplate("nonsense", place)).toThrow("reading the compiled template: template: is not an object");
});

describe("schedules", () => {
  const rule = (properties: object) => ({
    Rounds: {
      Type: "AWS::Events::Rule",
      Properties: {
        Name: "kb-rounds",
        ScheduleExpression: "rate(2 hours)",
        Targets: [{ Id: "queue", Arn: { "Fn::GetAtt": ["InQueue", "Arn"] }, Input: '{"kind":"rounds"}' }],
        ...properties,
      },
    },
  });
  const schedulesOf = (properties: object) => stackOfTemplate(withVariables({}, rule(properties)), place).schedules;

  test("a rule's message, its queue and how often", () => {
    expect(schedulesOf({})).toEqual([
      { name: "kb-rounds", everyMs: 7_200_000, queue: "kb-in", body: '{"kind":"rounds"}' },
    ]);
  });

  test("one that is disabled is none", () => {
    expect(schedulesOf({ State: "DISABLED" })).toEqual([]);
  });

  test("what the local stack cannot keep is an error", () => {
    expect(() => schedulesOf({ ScheduleExpression: "cron(0 * * * ? *)" })).toThrow(
      'reading the compiled template: Rounds.ScheduleExpression: "cron(0 * * * ? *)" is no rate',
    );
  });
});
