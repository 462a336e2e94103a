import type { Found, Inventory } from "./inventory.ts";

/** How one kind of resource is found in an inventory, and how what is there reads in the words of a template. */
export interface ResourceKind {
  readonly among: (inventory: Inventory) => Readonly<Record<string, Found>>;
  /** Where in it, by the stack's physical id or by the resolved properties of the template; when absent, under the physical id. */
  readonly key?: (physicalId: string, properties: Found) => string;
  readonly arn?: (found: Found) => string;
  /** Under the template's names of properties; what is absent is undefined. */
  readonly properties: (found: Found) => Readonly<Record<string, unknown>>;
}

export const resourceKinds: Readonly<Record<string, ResourceKind>> = {
  "AWS::DynamoDB::Table": {
    among: ({ tables }) => tables,
    arn: ({ TableArn }) => TableArn,
    properties: (table) => ({
      TableName: table.TableName,
      BillingMode: table.BillingModeSummary?.BillingMode,
      AttributeDefinitions: table.AttributeDefinitions,
      KeySchema: table.KeySchema,
      TimeToLiveSpecification: {
        AttributeName: table.TimeToLive.AttributeName,
        Enabled: table.TimeToLive.TimeToLiveStatus === "ENABLED",
      },
      PointInTimeRecoverySpecification: {
        PointInTimeRecoveryEnabled:
          table.ContinuousBackups.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus === "ENABLED",
      },
      SSESpecification: { SSEEnabled: table.SSEDescription?.Status === "ENABLED" },
    }),
  },
  "AWS::SQS::Queue": {
    among: ({ queues }) => queues,
    key: (url) => url.split("/").at(-1) ?? url,
    arn: ({ QueueArn }) => QueueArn,
    properties: (queue) => ({
      QueueName: queue.QueueArn.split(":").at(-1),
      VisibilityTimeout: Number(queue.VisibilityTimeout),
      MessageRetentionPeriod: Number(queue.MessageRetentionPeriod),
      DelaySeconds: Number(queue.DelaySeconds),
      SqsManagedSseEnabled: queue.SqsManagedSseEnabled === "true",
      RedrivePolicy: queue.RedrivePolicy && JSON.parse(queue.RedrivePolicy),
      RedriveAllowPolicy: queue.RedriveAllowPolicy && JSON.parse(queue.RedriveAllowPolicy),
    }),
  },
  "AWS::Lambda::Function": {
    among: ({ functions }) => functions,
    arn: ({ FunctionArn }) => FunctionArn,
    properties: (lambda) => ({
      FunctionName: lambda.FunctionName,
      Handler: lambda.Handler,
      Runtime: lambda.Runtime,
      Architectures: lambda.Architectures,
      MemorySize: lambda.MemorySize,
      Timeout: lambda.Timeout,
      Role: lambda.Role,
      Environment: lambda.Environment,
      ReservedConcurrentExecutions: lambda.Concurrency.ReservedConcurrentExecutions,
    }),
  },
  "AWS::Lambda::EventSourceMapping": {
    among: ({ mappings }) => mappings,
    properties: (mapping) => ({
      BatchSize: mapping.BatchSize,
      MaximumBatchingWindowInSeconds: mapping.MaximumBatchingWindowInSeconds,
      EventSourceArn: mapping.EventSourceArn,
      FunctionName: mapping.FunctionArn,
      Enabled: mapping.State === "Enabled",
      FunctionResponseTypes: mapping.FunctionResponseTypes,
      ScalingConfig: mapping.ScalingConfig,
    }),
  },
  "AWS::IAM::Role": {
    among: ({ roles }) => roles,
    arn: ({ Arn }) => Arn,
    properties: (role) => ({
      RoleName: role.RoleName,
      AssumeRolePolicyDocument: role.AssumeRolePolicyDocument,
      Policies: Object.entries(role.Policies).map(([PolicyName, PolicyDocument]) => ({ PolicyName, PolicyDocument })),
    }),
  },
  "AWS::Events::Rule": {
    among: ({ rules }) => rules,
    arn: ({ Arn }) => Arn,
    properties: (rule) => ({
      Name: rule.Name,
      Description: rule.Description,
      ScheduleExpression: rule.ScheduleExpression,
      State: rule.State,
      Targets: rule.Targets,
    }),
  },
  // A statement in its function's policy.
  "AWS::Lambda::Permission": {
    among: ({ functions }) =>
      Object.fromEntries(
        Object.values(functions).flatMap(({ FunctionArn, Policy }) =>
          (Policy?.Statement ?? []).map((statement: Found) => {
            const SourceArn = statement.Condition?.ArnLike?.["AWS:SourceArn"];
            return [
              permissionKey(undefined, { FunctionName: FunctionArn, SourceArn }),
              { ...statement, FunctionArn, SourceArn },
            ];
          }),
        ),
      ),
    key: permissionKey,
    properties: ({ FunctionArn, Action, Principal, SourceArn }) => ({
      FunctionName: FunctionArn,
      Action,
      Principal: Principal.Service,
      SourceArn,
    }),
  },
  "AWS::Logs::LogGroup": {
    among: ({ logGroups }) => logGroups,
    properties: (group) => ({ LogGroupName: group.logGroupName, RetentionInDays: group.retentionInDays }),
  },
  "AWS::S3::Bucket": {
    among: ({ buckets }) => buckets,
    properties: ({ Encryption }) => ({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: Encryption.Rules.map((rule: Found) => ({
          ServerSideEncryptionByDefault: rule.ApplyServerSideEncryptionByDefault,
        })),
      },
    }),
  },
  "AWS::CloudWatch::Alarm": { among: ({ alarms }) => alarms, properties: (alarm) => alarm },
};

/** moto's have no physical id. */
function permissionKey(_physicalId: unknown, { FunctionName, SourceArn }: Found): string {
  return `${FunctionName} for ${SourceArn}`;
}
