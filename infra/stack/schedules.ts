import type { Rounds } from "../../shared/heal/healer-message.ts";
import { healerMessageVersion } from "../../shared/heal/healer-message.ts";
import type { FunctionSettings } from "./function-settings.ts";
import { logicalId, ownArn, queueNameOf, type Resources, type StackParameters } from "./names.ts";

function ruleNameOf({ name }: FunctionSettings, { prefix }: StackParameters): string {
  return `${prefix}-${name}-rounds`;
}

/** The rule that sends a healer on its rounds: a constant message on its own queue, so that the function has one kind of event. */
export function functionSchedule(settings: FunctionSettings, parameters: StackParameters): Resources {
  const { name, schedule } = settings;
  if (schedule === undefined) return {};
  const rounds: Rounds = { v: healerMessageVersion, kind: "rounds", healer: name };
  return {
    [logicalId(name, "Schedule")]: {
      Type: "AWS::Events::Rule",
      Properties: {
        Name: ruleNameOf(settings, parameters),
        Description: `Sends ${name} on its rounds of all clusters.`,
        ScheduleExpression: schedule,
        State: "ENABLED",
        Targets: [
          {
            Id: "queue",
            Arn: { "Fn::GetAtt": [logicalId(queueNameOf(name), "Queue"), "Arn"] },
            Input: JSON.stringify(rounds),
          },
        ],
      },
    },
  };
}

/** Lets that one rule, and no other of EventBridge's, write to the queue. By name: the rule already refers to the queue. */
export function scheduleMaySend(
  settings: FunctionSettings,
  parameters: StackParameters,
  queueArn: object,
): readonly object[] {
  if (settings.schedule === undefined) return [];
  return [
    {
      Sid: "ScheduleSends",
      Effect: "Allow",
      Principal: { Service: "events.amazonaws.com" },
      Action: "sqs:SendMessage",
      Resource: queueArn,
      Condition: { ArnEquals: { "aws:SourceArn": ownArn("events", `rule/${ruleNameOf(settings, parameters)}`) } },
    },
  ];
}
