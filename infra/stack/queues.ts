import { dispatcherName, type FunctionSettings } from "./function-settings.ts";
import { logicalId, ownArn, queueNameOf, type Resources, type StackParameters } from "./names.ts";
import { scheduleMaySend } from "./schedules.ts";

const days = 86_400;

/** After so many deliveries a message goes to the dead-letter queue; AWS advises at least 5 for Lambda. */
const maxReceiveCount = 5;

/** A function's queue with its dead-letter queue; and the policies of both. */
export function functionQueues(settings: FunctionSettings, parameters: StackParameters): Resources {
  const name = queueNameOf(settings.name);
  const queue = logicalId(name, "Queue");
  const dead = logicalId(name, "DeadLetters");
  return {
    [queue]: {
      Type: "AWS::SQS::Queue",
      Properties: {
        QueueName: `${parameters.prefix}-${name}`,
        // A message must stay hidden while Lambda still retries a throttled invocation: 6 times the time limit, plus the batching window.
        VisibilityTimeout: 6 * settings.timeoutSeconds + settings.batchingWindowSeconds,
        MessageRetentionPeriod: 4 * days,
        SqsManagedSseEnabled: true,
        RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": [dead, "Arn"] }, maxReceiveCount },
      },
    },
    [dead]: {
      Type: "AWS::SQS::Queue",
      Properties: {
        QueueName: `${parameters.prefix}-${name}-dead`,
        MessageRetentionPeriod: 14 * days,
        SqsManagedSseEnabled: true,
        // By name, not by reference: the queue already refers to this one.
        RedriveAllowPolicy: {
          redrivePermission: "byQueue",
          sourceQueueArns: [ownArn("sqs", `${parameters.prefix}-${name}`)],
        },
      },
    },
    [`${queue}Policy`]: queuePolicy(queue, [
      ...(settings.name === dispatcherName ? onlySenders(queue, parameters) : []),
      ...scheduleMaySend(settings, parameters, { "Fn::GetAtt": [queue, "Arn"] }),
    ]),
    [`${dead}Policy`]: queuePolicy(dead, []),
  };
}

/** What is malformed waits here, with its error code, for a person: nothing reads it, so it needs no dead-letter queue. */
export function quarantineQueue(parameters: StackParameters): Resources {
  return {
    QuarantineQueue: {
      Type: "AWS::SQS::Queue",
      Properties: {
        QueueName: `${parameters.prefix}-quarantine`,
        MessageRetentionPeriod: 14 * days,
        SqsManagedSseEnabled: true,
      },
    },
    QuarantineQueuePolicy: queuePolicy("QuarantineQueue", []),
  };
}

function queuePolicy(queue: string, statements: readonly object[]): Resources[string] {
  const arn = { "Fn::GetAtt": [queue, "Arn"] };
  return {
    Type: "AWS::SQS::QueuePolicy",
    Properties: {
      Queues: [{ Ref: queue }],
      PolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "TlsOnly",
            Effect: "Deny",
            Principal: "*",
            Action: "sqs:*",
            Resource: arn,
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          },
          ...statements,
        ],
      },
    },
  };
}

/** Only forwarders' roles may send deltas, from whichever account; a role's own permission does not do (`safety.md` §5.2). */
function onlySenders(queue: string, { prefix, senderRoles }: StackParameters): readonly object[] {
  const arn = { "Fn::GetAtt": [queue, "Arn"] };
  const senders = senderRoles.length > 0 ? senderRoles : [ownArn("iam", `role/${prefix}-forwarder-*`)];
  return [
    {
      Sid: "ForwardersSend",
      Effect: "Allow",
      Principal: { AWS: "*" },
      Action: "sqs:SendMessage",
      Resource: arn,
      Condition: { ArnLike: { "aws:PrincipalArn": senders } },
    },
    {
      Sid: "NobodyElseSends",
      Effect: "Deny",
      Principal: "*",
      Action: "sqs:SendMessage",
      Resource: arn,
      Condition: { ArnNotLike: { "aws:PrincipalArn": senders } },
    },
  ];
}
