import { dispatcherName, type FunctionSettings } from "./function-settings.ts";
import { logicalId, queueNameOf, type Resource, type Resources, type StackParameters } from "./names.ts";

/**
 * When the oldest message is that old, people should look. Deltas: the lag from which a cluster counts as recovering (`safety.md` §3.2).
 * Healers: a wake-up may lie in its queue for SQS's longest delay (900 s), so an age that alarms is above that.
 */
const oldestSeconds = { deltas: 300, healer: 1_200 };

export function functionAlarms(settings: FunctionSettings, parameters: StackParameters): Resources {
  const name = queueNameOf(settings.name);
  const limit = settings.name === dispatcherName ? oldestSeconds.deltas : oldestSeconds.healer;
  return {
    [logicalId(name, "DeadLettersAlarm")]: somethingWaits(logicalId(name, "DeadLetters"), `${name}-dead`, parameters),
    [logicalId(name, "AgeAlarm")]: alarm(logicalId(name, "Queue"), `${name}-age`, parameters, {
      AlarmDescription: `The oldest message of ${parameters.prefix}-${name} is older than ${limit} s: it is not being worked off.`,
      MetricName: "ApproximateAgeOfOldestMessage",
      Threshold: limit,
      ComparisonOperator: "GreaterThanThreshold",
      EvaluationPeriods: 5,
    }),
  };
}

export function quarantineAlarm(parameters: StackParameters): Resources {
  return { QuarantineAlarm: somethingWaits("QuarantineQueue", "quarantine", parameters) };
}

function somethingWaits(queue: string, name: string, parameters: StackParameters): Resource {
  return alarm(queue, name, parameters, {
    AlarmDescription: `${parameters.prefix}-${name} holds a message that nobody will work on until a person has looked.`,
    MetricName: "ApproximateNumberOfMessagesVisible",
    Threshold: 1,
    ComparisonOperator: "GreaterThanOrEqualToThreshold",
    EvaluationPeriods: 1,
  });
}

function alarm(queue: string, name: string, { prefix, alarmTopic }: StackParameters, properties: object): Resource {
  return {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      AlarmName: `${prefix}-${name}`,
      Namespace: "AWS/SQS",
      Dimensions: [{ Name: "QueueName", Value: { "Fn::GetAtt": [queue, "QueueName"] } }],
      Statistic: "Maximum",
      Period: 60,
      TreatMissingData: "notBreaching",
      ...properties,
      ...(alarmTopic === "" ? {} : { AlarmActions: [alarmTopic], OKActions: [alarmTopic] }),
    },
  };
}
