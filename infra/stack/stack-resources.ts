import { functionAlarms, quarantineAlarm } from "./alarms.ts";
import { dispatcherName, type FunctionSettings } from "./function-settings.ts";
import { lambdaLogicalId, type Resources, type StackParameters } from "./names.ts";
import { functionQueues, quarantineQueue } from "./queues.ts";
import { functionRoles } from "./roles.ts";
import { functionSchedule } from "./schedules.ts";

/** What stands beside the functions in the template: queues, roles, alarms; the tables are in `infra/tables.yml`. */
export function stackResources(functions: readonly FunctionSettings[], parameters: StackParameters): object {
  const Resources: Resources = Object.assign(
    {},
    ...functions.map((settings) => functionQueues(settings, parameters)),
    quarantineQueue(parameters),
    functionRoles(functions, parameters),
    ...functions.map((settings) => functionAlarms(settings, parameters)),
    ...functions.map((settings) => functionSchedule(settings, parameters)),
    quarantineAlarm(parameters),
  );
  return {
    Resources,
    Outputs: {
      DeltasQueueUrl: { Description: "Where forwarders send", Value: { Ref: "DeltasQueue" } },
      QuarantineQueueUrl: { Description: "What nobody could read", Value: { Ref: "QuarantineQueue" } },
    },
    extensions: Object.fromEntries(
      functions
        .filter(({ name }) => name !== dispatcherName)
        // A healer's wake-ups go round through its own queue: Lambda's recursion stop would end a long wait after 16 rounds. Healers count
        // their own hops instead.
        .map(({ name }) => [lambdaLogicalId(name), { Properties: { RecursiveLoop: "Allow" } }]),
    ),
  };
}
