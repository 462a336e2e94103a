/** Logical ids in the template: "terminating-reaper" + "Queue" → "TerminatingReaperQueue". */
export function logicalId(name: string, suffix: string): string {
  const camel = name.replace(/(^|-)([a-z0-9])/g, (_match, _dash, letter: string) => letter.toUpperCase());
  return `${camel}${suffix}`;
}

/** The id that osls gives a function's own resource: "terminating-reaper" → "TerminatingDashreaperLambdaFunction". */
export function lambdaLogicalId(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll("-", "Dash")}LambdaFunction`;
}

/** The queue that a function reads: the dispatcher's is the one that clusters write to. */
export function queueNameOf(functionName: string): string {
  return functionName === "dispatcher" ? "deltas" : functionName;
}

/** A template's parameters, as `serverless.yml` resolves them. */
export interface StackParameters {
  /** Before every table, queue, function and role name. */
  readonly prefix: string;
  readonly version: string;
  /** Knobs by healer, for its KNITBONE_POLICY. */
  readonly policy: Readonly<Record<string, unknown>>;
  /** ARN patterns of the roles that forwarders send with; empty: roles named `<prefix>-forwarder-*` of this account. */
  readonly senderRoles: readonly string[];
  /** ARN patterns of the roles that functions take on towards clusters, `{healer}` standing for the healer's name. */
  readonly clusterRoles: readonly string[];
  /** SNS topic for alarms; empty: they only show. */
  readonly alarmTopic: string;
  /** What functions write into their logs: DEBUG, INFO, WARN or ERROR. */
  readonly logLevel: string;
  /** Share of invocations, 0 to 1, that write debug lines whatever the level is. */
  readonly logSampleRate: number;
}

/** One resource of a CloudFormation template. */
export interface Resource {
  readonly Type: string;
  readonly [attribute: string]: unknown;
}

export type Resources = Readonly<Record<string, Resource>>;

/** An ARN of this account and region, filled in by CloudFormation. IAM's have no region. */
export function ownArn(service: string, rest: string): object {
  const region = service === "iam" ? "" : `\${AWS::Region}`;
  return { "Fn::Sub": `arn:\${AWS::Partition}:${service}:${region}:\${AWS::AccountId}:${rest}` };
}
