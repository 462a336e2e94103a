/**
 * What G22 asks of the packaged template, and what `design.md` asks beside: each finding is one line that names the resource. Kept apart from
 * its test, so that the test can break a template on purpose.
 */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

type Properties = Readonly<Record<string, unknown>>;

/** Judged below, or harmless by itself. Another kind has to be thought about first. */
const knownTypes = [
  "AWS::CloudWatch::Alarm",
  "AWS::DynamoDB::Table",
  "AWS::Events::Rule",
  "AWS::IAM::Role",
  "AWS::Lambda::EventSourceMapping",
  "AWS::Lambda::Function",
  "AWS::Lambda::Permission",
  "AWS::Logs::LogGroup",
  "AWS::S3::Bucket",
  "AWS::S3::BucketPolicy",
  "AWS::SQS::Queue",
  "AWS::SQS::QueuePolicy",
];

export function lintTemplate(template: Template): readonly string[] {
  return [
    ...Object.entries(template.Resources)
      .filter(([, { Type }]) => !knownTypes.includes(Type))
      .map(([id, { Type }]) => `${id}: a ${Type} is not known to this lint`),
    ...ofType(template, "AWS::Lambda::EventSourceMapping").flatMap(([id, mapping]) =>
      lintMapping(template, id, mapping),
    ),
    ...ofType(template, "AWS::SQS::Queue").flatMap(([id, queue]) => lintQueue(template, id, queue)),
    ...ofType(template, "AWS::SQS::QueuePolicy").flatMap(([id, policy]) => lintQueuePolicy(id, policy)),
    ...ofType(template, "AWS::Lambda::Function").flatMap(([id, lambda]) => lintFunction(template, id, lambda)),
    ...ofType(template, "AWS::IAM::Role").flatMap(([id, role]) => lintRole(id, role)),
    ...ofType(template, "AWS::DynamoDB::Table").flatMap(([id, table]) => lintTable(template, id, table)),
    ...ofType(template, "AWS::S3::Bucket").flatMap(([id, bucket]) => lintBucket(template, id, bucket)),
    ...ofType(template, "AWS::Logs::LogGroup")
      .filter(([, group]) => numberAt(group, "RetentionInDays") === 0)
      .map(([id]) => `${id}: logs are kept for ever`),
  ];
}

function lintMapping(template: Template, id: string, mapping: Properties): readonly string[] {
  const queueId = targetOf(mapping["EventSourceArn"]);
  const queue = propertiesOf(template, queueId);
  const lambda = propertiesOf(template, targetOf(mapping["FunctionName"]));
  const visibility = numberAt(queue, "VisibilityTimeout");
  const timeout = numberAt(lambda, "Timeout");
  const window = numberAt(mapping, "MaximumBatchingWindowInSeconds");
  const concurrency = numberAt(record(mapping["ScalingConfig"]), "MaximumConcurrency");
  const reserved = lambda["ReservedConcurrentExecutions"];
  const receives = numberAt(record(queue["RedrivePolicy"]), "maxReceiveCount");
  const readers = ofType(template, "AWS::Lambda::EventSourceMapping").filter(
    ([, other]) => targetOf(other["EventSourceArn"]) === queueId,
  );
  return findings(id, [
    [
      visibility < 6 * timeout + window,
      `${queueId} hides messages for ${visibility} s, below 6 × ${timeout} s + ${window} s`,
    ],
    [receives < 5, `${queueId} gives up after ${receives} deliveries, below 5`],
    [!list(mapping["FunctionResponseTypes"]).includes("ReportBatchItemFailures"), "one failure fails the whole batch"],
    [concurrency < 2, "has no maximum concurrency of at least 2"],
    [
      typeof reserved === "number" && reserved < concurrency,
      `may run ${concurrency} at once, of which ${String(reserved)} are reserved`,
    ],
    [mapping["FilterCriteria"] !== undefined, "filters: Lambda deletes what does not match"],
    [readers.length > 1, `shares ${queueId} with another function: each message reaches only one of them`],
    [
      alarmsOn(template, queueId, "ApproximateAgeOfOldestMessage").length === 0,
      `${queueId} has no alarm on its oldest message`,
    ],
  ]);
}

function lintQueue(template: Template, id: string, queue: Properties): readonly string[] {
  const redrive = record(queue["RedrivePolicy"]);
  const isRead = ofType(template, "AWS::Lambda::EventSourceMapping").some(
    ([, mapping]) => targetOf(mapping["EventSourceArn"]) === id,
  );
  const deadId = targetOf(redrive["deadLetterTargetArn"]);
  const dead = propertiesOf(template, deadId);
  const statements = ofType(template, "AWS::SQS::QueuePolicy")
    .filter(([, policy]) => list(policy["Queues"]).some((queueRef) => targetOf(queueRef) === id))
    .flatMap(([, policy]) => statementsOf(policy));
  return findings(id, [
    [queue["SqsManagedSseEnabled"] !== true && queue["KmsMasterKeyId"] === undefined, "is not encrypted"],
    [!statements.some((statement) => deniesPlainText(statement, "sqs:*", id)), "takes requests without TLS"],
    [isRead && deadId === "", "has no dead-letter queue"],
    // SQS would refuse the queue: the dead-letter queue names its source by ARN, not by reference.
    [deadId !== "" && !letsIn(dead, queue), `${deadId} does not let its dead letters in`],
    [isRead && numberAt(queue, "MessageRetentionPeriod") !== 345_600, "does not keep messages for 4 days"],
    [isRead && numberAt(dead, "MessageRetentionPeriod") !== 1_209_600, "does not keep dead letters for 14 days"],
    // What nothing reads waits for people: they must hear of the first message.
    [
      !isRead && !alarmsOn(template, id, "ApproximateNumberOfMessagesVisible").some(firesAtOne),
      "has no alarm at one message",
    ],
  ]);
}

function lintQueuePolicy(id: string, policy: Properties): readonly string[] {
  return statementsOf(policy)
    .filter(({ Effect, Condition }) => Effect === "Allow" && Condition === undefined)
    .map(() => `${id}: allows without a condition`);
}

/** osls makes it, and puts the functions' packages there. */
function lintBucket(template: Template, id: string, bucket: Properties): readonly string[] {
  const rules = list(record(bucket["BucketEncryption"])["ServerSideEncryptionConfiguration"]).map(record);
  const statements = ofType(template, "AWS::S3::BucketPolicy")
    .filter(([, policy]) => targetOf(policy["Bucket"]) === id)
    .flatMap(([, policy]) => statementsOf(policy));
  return findings(id, [
    [
      !rules.some(({ ServerSideEncryptionByDefault }) => ServerSideEncryptionByDefault !== undefined),
      "is not encrypted",
    ],
    [!statements.some((statement) => deniesPlainText(statement, "s3:*", id)), "takes requests without TLS"],
  ]);
}

function lintFunction(template: Template, id: string, lambda: Properties): readonly string[] {
  const role = targetOf(lambda["Role"]);
  const sharers = ofType(template, "AWS::Lambda::Function").filter(([, other]) => targetOf(other["Role"]) === role);
  const ownQueue = ofType(template, "AWS::Lambda::EventSourceMapping")
    .filter(([, mapping]) => targetOf(mapping["FunctionName"]) === id)
    .map(([, mapping]) => targetOf(mapping["EventSourceArn"]));
  const sendsTo = roleStatements(propertiesOf(template, role))
    .filter(({ Action }) => list(Action).includes("sqs:SendMessage"))
    .flatMap(({ Resource }) => list(Resource).map(targetOf));
  const goesRound = ownQueue.some((queue) => sendsTo.includes(queue));
  return findings(id, [
    [role === "" || sharers.length > 1, "has no role of its own"],
    [
      goesRound !== (lambda["RecursiveLoop"] === "Allow"),
      "must allow the recursive loop if, and only if, it sends to its own queue",
    ],
    [lambda["Runtime"] !== "nodejs24.x", "does not run on nodejs24.x"],
    [!list(lambda["Architectures"]).includes("arm64"), "does not run on arm64"],
    [ownQueue.length !== 1, `reads ${ownQueue.length} queues`],
  ]);
}

function lintRole(id: string, role: Properties): readonly string[] {
  const services = list(record(role["AssumeRolePolicyDocument"])["Statement"]).map(
    (statement) => record(record(statement)["Principal"])["Service"],
  );
  return [
    ...findings(id, [
      [services.length !== 1 || services[0] !== "lambda.amazonaws.com", "may be taken on by others than Lambda"],
      [role["ManagedPolicyArns"] !== undefined, "has managed policies, which grant more than it uses"],
    ]),
    ...roleStatements(role).flatMap(({ Action, Resource, NotAction, NotResource }) => [
      ...findings(id, [
        [NotAction !== undefined || NotResource !== undefined, "says what it may not do, not what it may"],
      ]),
      ...list(Action)
        .filter((action) => String(action).includes("*"))
        .map((action) => `${id}: may do ${String(action)}`),
      ...list(Resource)
        .map((resource) => String(record(resource)["Fn::Sub"] ?? (typeof resource === "string" ? resource : "")))
        .filter((arn) => arn.includes("*") && !namedPattern.test(arn))
        .map((arn) => `${id}: may touch ${arn}`),
    ]),
  ];
}

/** Streams of one log group, roles and secrets by the beginning of their name: nothing else may be a pattern. */
const namedPattern =
  /^[^*]*:logs:[^*]*:log-group:\/aws\/lambda\/[^*]+:\*$|^[^*]*:iam::[^*]*:role\/[^*]{4,}\*$|^[^*]*:secretsmanager:[^*]*:secret:[^*]+\/\*$/;

function lintTable(template: Template, id: string, table: Properties): readonly string[] {
  const { DeletionPolicy, UpdateReplacePolicy } = template.Resources[id] ?? {};
  const keys = list(table["KeySchema"]).map(
    (key) => `${String(record(key)["AttributeName"])} ${String(record(key)["KeyType"])}`,
  );
  return findings(id, [
    [DeletionPolicy !== "Retain" || UpdateReplacePolicy !== "Retain", "goes with the stack"],
    [table["BillingMode"] !== "PAY_PER_REQUEST", "is not on demand"],
    [
      record(table["PointInTimeRecoverySpecification"])["PointInTimeRecoveryEnabled"] !== true,
      "has no point-in-time recovery",
    ],
    [record(table["SSESpecification"])["SSEEnabled"] !== true, "is not encrypted with a key of the account"],
    [record(table["TimeToLiveSpecification"])["AttributeName"] !== "expiresAt", "does not expire rows by expiresAt"],
    [keys.join(", ") !== "pk HASH, sk RANGE", `has the keys ${keys.join(", ")}`],
  ]);
}

function findings(id: string, checks: readonly (readonly [boolean, string])[]): readonly string[] {
  return checks.filter(([wrong]) => wrong).map(([, words]) => `${id}: ${words}`);
}

function ofType(template: Template, type: string): readonly (readonly [string, Properties])[] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => [id, resource.Properties ?? {}]);
}

function alarmsOn(template: Template, queue: string, metric: string): readonly Properties[] {
  return ofType(template, "AWS::CloudWatch::Alarm")
    .map(([, alarm]) => alarm)
    .filter(({ MetricName }) => MetricName === metric)
    .filter(({ Dimensions }) => list(Dimensions).some((dimension) => targetOf(record(dimension)["Value"]) === queue));
}

function firesAtOne(alarm: Properties): boolean {
  return alarm["Threshold"] === 1 && alarm["ComparisonOperator"] === "GreaterThanOrEqualToThreshold";
}

/** Everybody, everything, on this one resource; S3's policy has two forms of it, and a condition of another type. */
function deniesPlainText(statement: Properties, action: string, id: string): boolean {
  const { Effect, Principal, Action, Resource, Condition } = statement;
  const secure = record(record(Condition)["Bool"])["aws:SecureTransport"];
  return (
    Effect === "Deny" &&
    Principal === "*" &&
    Action === action &&
    String(secure) === "false" &&
    list(Resource).every((resource) => refersTo(resource, id))
  );
}

function refersTo(resource: unknown, id: string): boolean {
  return targetOf(resource) === id || list(list(record(resource)["Fn::Join"])[1]).some((part) => targetOf(part) === id);
}

function letsIn(dead: Properties, queue: Properties): boolean {
  const { redrivePermission, sourceQueueArns } = record(dead["RedriveAllowPolicy"]);
  const names = list(sourceQueueArns).map((arn) => String(record(arn)["Fn::Sub"]).split(":").at(-1));
  return redrivePermission === "byQueue" && names.length === 1 && names[0] === queue["QueueName"];
}

function roleStatements(role: Properties): readonly Properties[] {
  return list(role["Policies"]).flatMap((policy) => statementsOf(record(policy)));
}

function statementsOf(policy: Properties): readonly Properties[] {
  return list(record(policy["PolicyDocument"])["Statement"]).map(record);
}

/** The resource that a Ref, a Fn::GetAtt or a Fn::Sub of one attribute points to; "" for anything else. */
function targetOf(value: unknown): string {
  const { Ref: ref, "Fn::GetAtt": attribute, "Fn::Sub": text } = record(value);
  const [, substituted] = /^\$\{(\w+)\.\w+\}$/.exec(String(text)) ?? [];
  return String(ref ?? list(attribute)[0] ?? substituted ?? "");
}

function propertiesOf(template: Template, id: string): Properties {
  return template.Resources[id]?.Properties ?? {};
}

function numberAt(properties: Properties, key: string): number {
  const value = properties[key];
  return typeof value === "number" ? value : 0;
}

function record(value: unknown): Properties {
  return typeof value === "object" && value !== null ? (value as Properties) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}
