import { nodeHealer } from "../../shared/heal/node-healer.ts";
import { incidentKeeper } from "../../shared/incident/keeper.ts";
import { dispatcherName, type FunctionSettings } from "./function-settings.ts";
import { logicalId, ownArn, queueNameOf, type Resource, type Resources, type StackParameters } from "./names.ts";

const read = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"];
const write = [...read, "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];

/** One role per function: the tables and queues that it uses, and nothing else. */
export function functionRoles(functions: readonly FunctionSettings[], parameters: StackParameters): Resources {
  const healers = functions.filter(({ name }) => name !== dispatcherName);
  return Object.fromEntries(
    functions.map((settings) => [
      logicalId(settings.name, "Role"),
      role(
        settings.name,
        settings.name === dispatcherName ? dispatcherStatements(healers) : healerStatements(settings, parameters),
        parameters,
      ),
    ]),
  );
}

function role(name: string, statements: readonly object[], { prefix }: StackParameters): Resource {
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      RoleName: `${prefix}-${name}`,
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
      },
      Policies: [
        {
          PolicyName: "what-it-uses",
          PolicyDocument: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
                Resource: ownArn("logs", `log-group:/aws/lambda/${prefix}-${name}:*`),
              },
              allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], [ownQueue(name)]),
              ...statements,
            ],
          },
        },
      ],
    },
  };
}

function dispatcherStatements(healers: readonly FunctionSettings[]): readonly object[] {
  return [
    // The catalogue is people's to write.
    allow(read, [table("Catalogue")]),
    allow(write, [table("Clusters"), table("Lifecycle"), table("Unknowns")]),
    allow(["sqs:SendMessage"], ["QuarantineQueue", ...healers.map(({ name }) => ownQueue(name))]),
  ];
}

function healerStatements({ name }: FunctionSettings, parameters: StackParameters): readonly object[] {
  return [
    // People's to write.
    allow(read, [table("Flags"), table("Catalogue")]),
    allow(name === incidentKeeper ? write : read, [table("Incidents")]),
    // Clusters: the breaker row is the healers' to write.
    allow(write, [table("Cases"), table("Budgets"), table("Actions"), table("Clusters"), table("Lifecycle")]),
    // Every healer hands nodes over to theirs.
    allow(["sqs:SendMessage"], ["QuarantineQueue", ...new Set([ownQueue(name), ownQueue(nodeHealer)])]),
    { Effect: "Allow", Action: ["sts:AssumeRole"], Resource: clusterRoles(name, parameters) },
    {
      Effect: "Allow",
      Action: ["secretsmanager:GetSecretValue"],
      Resource: ownArn("secretsmanager", "secret:knitbone/*"),
    },
  ];
}

/** One role per healer and cluster (`safety.md` §5.2): by default of this account, named `<prefix>-<healer>-on-<cluster>`. */
function clusterRoles(name: string, { prefix, clusterRoles }: StackParameters): readonly unknown[] {
  if (clusterRoles.length > 0) return clusterRoles.map((pattern) => pattern.replaceAll("{healer}", name));
  return [ownArn("iam", `role/${prefix}-${name}-on-*`)];
}

function allow(actions: readonly string[], resources: readonly string[]): object {
  return { Effect: "Allow", Action: actions, Resource: resources.map((id) => ({ "Fn::GetAtt": [id, "Arn"] })) };
}

function table(noun: string): string {
  return `${noun}Table`;
}

function ownQueue(name: string): string {
  return logicalId(queueNameOf(name), "Queue");
}
