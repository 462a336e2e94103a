import { KnitboneError } from "../../shared/errors.ts";

/**
 * Reads the compiled CloudFormation template: what `serverless.yml` means, so that the local stack needs no second description.
 * Only what the local stack makes is resolved; an intrinsic function that it does not know is an error that names the place.
 */
export interface TableSpec {
  readonly name: string;
  /** `KeySchema` and `AttributeDefinitions` as CloudFormation writes them, which is as DynamoDB takes them. */
  readonly keySchema: unknown;
  readonly attributeDefinitions: unknown;
}

export interface QueueSpec {
  readonly name: string;
  readonly visibilityMs: number;
  readonly delayMs: number;
  readonly retentionMs: number;
  readonly redrive?: { readonly deadLetterQueue: string; readonly maxReceiveCount: number };
}

export interface FunctionSpec {
  readonly name: string;
  /** Folder under `functions/` and key in `serverless.yml`: `.build/<folder>/index.mjs` is its bundle. */
  readonly folder: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface MappingSpec {
  readonly functionName: string;
  readonly queue: string;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly partialFailures: boolean;
  readonly maximumConcurrency?: number;
}

/** A rule of EventBridge that puts a constant message on a queue. */
export interface ScheduleSpec {
  readonly name: string;
  readonly everyMs: number;
  readonly queue: string;
  readonly body: string;
}

export interface StackSpec {
  readonly tables: readonly TableSpec[];
  readonly queues: readonly QueueSpec[];
  readonly functions: readonly FunctionSpec[];
  readonly mappings: readonly MappingSpec[];
  readonly schedules: readonly ScheduleSpec[];
}

/** Where the stack is: what pseudo parameters and queue URLs resolve to. */
export interface StackPlace {
  readonly region: string;
  readonly accountId: string;
  readonly queueUrl: (queue: string) => string;
}

type Properties = Readonly<Record<string, unknown>>;

interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: Properties;
}

/** CloudFormation's own defaults, in seconds. */
const queueDefaults = { visibility: 30, delay: 0, retention: 345_600 };

export function stackOfTemplate(template: unknown, place: StackPlace): StackSpec {
  const resources = resourcesOf(template);
  const resolve = resolver(resources, template, place);
  const ofType = (type: string) => [...resources.values()].filter((each) => each.type === type);
  const textOf = (resource: Resource, key: string, fallback?: string) =>
    text(resolve(resource.properties[key] ?? fallback, `${resource.id}.${key}`), `${resource.id}.${key}`);
  const numberOf = (resource: Resource, key: string, fallback: number) =>
    number(resolve(resource.properties[key] ?? fallback, `${resource.id}.${key}`), `${resource.id}.${key}`);

  return {
    tables: ofType("AWS::DynamoDB::Table").map((table) => ({
      name: textOf(table, "TableName", table.id),
      keySchema: table.properties["KeySchema"],
      attributeDefinitions: table.properties["AttributeDefinitions"],
    })),
    queues: ofType("AWS::SQS::Queue").map((queue) => {
      const redrive = queue.properties["RedrivePolicy"];
      return {
        name: textOf(queue, "QueueName", queue.id),
        visibilityMs: numberOf(queue, "VisibilityTimeout", queueDefaults.visibility) * 1_000,
        delayMs: numberOf(queue, "DelaySeconds", queueDefaults.delay) * 1_000,
        retentionMs: numberOf(queue, "MessageRetentionPeriod", queueDefaults.retention) * 1_000,
        ...(redrive === undefined ? {} : { redrive: redriveOf(redrive, `${queue.id}.RedrivePolicy`, resolve) }),
      };
    }),
    functions: ofType("AWS::Lambda::Function").map((fn) => ({
      name: textOf(fn, "FunctionName", fn.id),
      folder: folderOf(textOf(fn, "Handler"), fn.id),
      timeoutMs: numberOf(fn, "Timeout", 3) * 1_000,
      memoryMb: numberOf(fn, "MemorySize", 128),
      environment: environmentOf(fn, resolve),
    })),
    mappings: ofType("AWS::Lambda::EventSourceMapping")
      .filter((mapping) => mapping.properties["Enabled"] !== false)
      .map((mapping) => mappingOf(mapping, resolve)),
    schedules: ofType("AWS::Events::Rule")
      .filter((rule) => rule.properties["State"] !== "DISABLED")
      .flatMap((rule) => schedulesOf(rule, resolve)),
  };
}

const unitMs: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function schedulesOf({ id, properties }: Resource, resolve: Resolve): readonly ScheduleSpec[] {
  const expression = text(properties["ScheduleExpression"], `${id}.ScheduleExpression`);
  const [, count, unit = ""] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const everyMs = Number(count) * (unitMs[unit] ?? Number.NaN);
  if (!(everyMs > 0)) throw unusable(`${id}.ScheduleExpression`, `"${expression}" is no rate`);
  const targets = properties["Targets"];
  if (!Array.isArray(targets)) throw unusable(`${id}.Targets`, "is not a list");
  return targets.map((each, index) => {
    const at = `${id}.Targets.${index}`;
    const target = record(each, at);
    return {
      name: text(resolve(properties["Name"] ?? id, `${id}.Name`), `${id}.Name`),
      everyMs,
      queue: lastPart(text(resolve(target["Arn"], `${at}.Arn`), `${at}.Arn`)),
      body: text(resolve(target["Input"], `${at}.Input`), `${at}.Input`),
    };
  });
}

type Resolve = (value: unknown, at: string) => unknown;

function mappingOf(mapping: Resource, resolve: Resolve): MappingSpec {
  const { properties, id } = mapping;
  if (properties["FilterCriteria"] !== undefined) {
    throw unusable(`${id}.FilterCriteria`, "filters delete what they do not match and are not used in this design");
  }
  const source = text(resolve(properties["EventSourceArn"], `${id}.EventSourceArn`), `${id}.EventSourceArn`);
  const fn = text(resolve(properties["FunctionName"], `${id}.FunctionName`), `${id}.FunctionName`);
  const scaling = record(properties["ScalingConfig"] ?? {}, `${id}.ScalingConfig`);
  const maximum = scaling["MaximumConcurrency"];
  const responseTypes = properties["FunctionResponseTypes"];
  return {
    functionName: lastPart(fn),
    queue: lastPart(source),
    batchSize: number(properties["BatchSize"] ?? 10, `${id}.BatchSize`),
    windowMs: number(properties["MaximumBatchingWindowInSeconds"] ?? 0, `${id}.MaximumBatchingWindowInSeconds`) * 1_000,
    partialFailures: Array.isArray(responseTypes) && responseTypes.includes("ReportBatchItemFailures"),
    ...(maximum === undefined ? {} : { maximumConcurrency: number(maximum, `${id}.MaximumConcurrency`) }),
  };
}

function redriveOf(value: unknown, at: string, resolve: Resolve): NonNullable<QueueSpec["redrive"]> {
  const policy = record(value, at);
  return {
    deadLetterQueue: lastPart(text(resolve(policy["deadLetterTargetArn"], at), at)),
    maxReceiveCount: number(policy["maxReceiveCount"], `${at}.maxReceiveCount`),
  };
}

function environmentOf(fn: Resource, resolve: Resolve): Record<string, string> {
  const at = `${fn.id}.Environment`;
  const variables = record(record(fn.properties["Environment"] ?? {}, at)["Variables"] ?? {}, at);
  return Object.fromEntries(
    Object.entries(variables).map(([key, value]) => [key, text(resolve(value, `${at}.${key}`), `${at}.${key}`)]),
  );
}

/** ".build/dispatcher/index.handler" → "dispatcher" */
function folderOf(handler: string, id: string): string {
  const folder = handler.split("/").at(-2);
  if (folder === undefined) throw unusable(`${id}.Handler`, `"${handler}" has no folder`);
  return folder;
}

/** Name at the end of an ARN; a plain name stays as it is. */
const lastPart = (arn: string): string => arn.split(":").at(-1) ?? arn;

function resourcesOf(template: unknown): ReadonlyMap<string, Resource> {
  const resources = record(record(template, "template")["Resources"], "Resources");
  return new Map(
    Object.entries(resources).map(([id, value]) => {
      const { Type, Properties } = record(value, id) as { Type?: unknown; Properties?: unknown };
      return [id, { id, type: text(Type, `${id}.Type`), properties: record(Properties ?? {}, id) }];
    }),
  );
}

function resolver(resources: ReadonlyMap<string, Resource>, template: unknown, place: StackPlace): Resolve {
  const parameters = record(record(template, "template")["Parameters"] ?? {}, "Parameters");
  const pseudo: Record<string, string> = {
    "AWS::Region": place.region,
    "AWS::AccountId": place.accountId,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "knitbone-local",
  };
  const arnOf = (resource: Resource, at: string): string => {
    const name = nameOf(resource, at);
    const { region, accountId } = place;
    switch (resource.type) {
      case "AWS::SQS::Queue":
        return `arn:aws:sqs:${region}:${accountId}:${name}`;
      case "AWS::DynamoDB::Table":
        return `arn:aws:dynamodb:${region}:${accountId}:table/${name}`;
      case "AWS::Lambda::Function":
        return `arn:aws:lambda:${region}:${accountId}:function:${name}`;
      default:
        return `arn:aws:local:${region}:${accountId}:${name}`;
    }
  };
  const nameOf = (resource: Resource, at: string): string => {
    const given =
      resource.properties["QueueName"] ?? resource.properties["TableName"] ?? resource.properties["FunctionName"];
    return text(resolve(given ?? resource.id, at), at);
  };
  const known = (id: unknown, at: string): Resource => {
    const resource = resources.get(text(id, at));
    if (!resource) throw unusable(at, `"${String(id)}" is not a resource of the template`);
    return resource;
  };
  const reference = (id: string, at: string): string => {
    if (id in pseudo) return text(pseudo[id], at);
    if (id in parameters) return text(record(parameters[id], at)["Default"], at);
    const resource = known(id, at);
    const name = nameOf(resource, at);
    return resource.type === "AWS::SQS::Queue" ? place.queueUrl(name) : name;
  };
  const attribute = (id: string, name: string, at: string): string => {
    const resource = known(id, at);
    switch (name) {
      case "Arn":
        return arnOf(resource, at);
      case "QueueName":
        return nameOf(resource, at);
      case "QueueUrl":
        return place.queueUrl(nameOf(resource, at));
      default:
        throw unusable(at, `attribute ${id}.${name} is not known to the local stack`);
    }
  };
  const getAtt = (value: unknown, at: string): string => {
    const [id, ...name] = Array.isArray(value) ? value.map((part) => text(part, at)) : text(value, at).split(".");
    return attribute(id ?? "", name.join("."), at);
  };
  const substitute = (value: unknown, at: string): string => {
    const [pattern, own] = Array.isArray(value) ? [value[0], record(value[1], at)] : [value, {}];
    return text(pattern, at).replace(/\$\{(!?)([^}]+)\}/g, (_whole, literal: string, name: string) => {
      if (literal === "!") return `\${${name}}`;
      if (name in own) return text(resolve(own[name], at), at);
      return name.includes(".") ? getAtt(name, at) : reference(name, at);
    });
  };
  const join = (value: unknown, at: string): string => {
    if (!Array.isArray(value) || !Array.isArray(value[1])) throw unusable(at, "Fn::Join needs a separator and a list");
    return value[1].map((part) => text(resolve(part, at), at)).join(text(value[0], at));
  };
  const intrinsics: Record<string, (value: unknown, at: string) => string> = {
    Ref: (value, at) => reference(text(value, at), at),
    "Fn::GetAtt": getAtt,
    "Fn::Sub": substitute,
    "Fn::Join": join,
  };
  const resolve: Resolve = (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const [name, ...more] = Object.keys(value);
    const intrinsic = name === undefined || more.length > 0 ? undefined : intrinsics[name];
    if (!intrinsic || name === undefined) throw unusable(at, `cannot resolve ${JSON.stringify(value)}`);
    return intrinsic((value as Properties)[name], at);
  };
  return resolve;
}

function text(value: unknown, at: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw unusable(at, "is not a text");
}

function number(value: unknown, at: string): number {
  const parsed = typeof value === "string" ? Number(value) : value;
  if (typeof parsed === "number" && Number.isFinite(parsed)) return parsed;
  throw unusable(at, "is not a number");
}

function record(value: unknown, at: string): Properties {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Properties;
  throw unusable(at, "is not an object");
}

const unusable = (at: string, detail: string): KnitboneError =>
  new KnitboneError("ConfigInvalid", `reading the compiled template: ${at}: ${detail}`);
