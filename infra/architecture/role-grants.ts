import type { FunctionSettings } from "../stack/function-settings.ts";
import { logicalId } from "../stack/names.ts";
import { functionRoles } from "../stack/roles.ts";

/** What one function may do with the tables and queues of the stack, by logical id. */
export interface Grants {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly sendsTo: readonly string[];
}

interface Statement {
  readonly Action: readonly string[];
  readonly Resource: unknown;
}

interface Role {
  readonly Properties: {
    readonly Policies: readonly [{ readonly PolicyDocument: { readonly Statement: Statement[] } }];
  };
}

const anyone = {
  prefix: "knitbone",
  version: "",
  policy: {},
  senderRoles: [],
  clusterRoles: [],
  alarmTopic: "",
  logLevel: "INFO",
  logSampleRate: 0,
};

/** Read from the very roles that are deployed. */
export function grantsOf(functions: readonly FunctionSettings[]): ReadonlyMap<string, Grants> {
  const roles = functionRoles(functions, anyone);
  return new Map(
    functions.map(({ name }) => {
      const role = roles[logicalId(name, "Role")] as unknown as Role;
      const [{ PolicyDocument }] = role.Properties.Policies;
      const allowing = (action: string) => [
        ...new Set(PolicyDocument.Statement.filter(({ Action }) => Action.includes(action)).flatMap(idsOf)),
      ];
      const writes = allowing("dynamodb:PutItem");
      return [
        name,
        {
          writes,
          reads: allowing("dynamodb:GetItem").filter((each) => !writes.includes(each)),
          sendsTo: allowing("sqs:SendMessage"),
        },
      ];
    }),
  );
}

/** Of `Fn::GetAtt`s; patterns of ARNs are no part of the stack. */
function idsOf({ Resource }: Statement): readonly string[] {
  const all: readonly unknown[] = Array.isArray(Resource) ? Resource : [Resource];
  return all.flatMap((each) => {
    const attribute = (each as { readonly "Fn::GetAtt"?: readonly string[] })["Fn::GetAtt"];
    return attribute?.[0] === undefined ? [] : [attribute[0]];
  });
}
