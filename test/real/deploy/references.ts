/** What a template's references mean once it is deployed. */
export interface DeployedIds {
  /** By logical id: the physical one, which is what `Ref` means. */
  readonly physical: ReadonlyMap<string, string>;
  readonly arn: (logicalId: string) => string | undefined;
}

/** moto's account; the region is the one of `serverless.yml`. */
const pseudo: Readonly<Record<string, string>> = {
  "AWS::AccountId": "123456789012",
  "AWS::Partition": "aws",
  "AWS::Region": "eu-west-1",
};

/** A piece of a template with its references filled in. Written apart from the local stack's own reader, which is part of what is tested. */
export function resolve(value: unknown, ids: DeployedIds): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, ids));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [[key, argument] = ["", undefined]] = entries;
  if (key === "Ref") return reference(String(argument), ids);
  if (key === "Fn::GetAtt") return attribute((argument as string[]).join("."), ids);
  if (key === "Fn::Join") {
    const [separator, parts] = resolve(argument, ids) as [string, string[]];
    return parts.join(separator);
  }
  if (key === "Fn::Sub") {
    return String(argument).replace(/\$\{([^}]+)\}/g, (_whole, name: string) =>
      name.includes(".") ? attribute(name, ids) : reference(name, ids),
    );
  }
  if (key.startsWith("Fn::")) throw new Error(`reading the template: ${key} is not known to test/real/deploy`);
  return Object.fromEntries(entries.map(([name, item]) => [name, resolve(item, ids)]));
}

/** What is not there is a difference like any other: a text that nothing deployed has. */
function reference(name: string, { physical }: DeployedIds): string {
  return pseudo[name] ?? physical.get(name) ?? `(${name}, which is not there)`;
}

function attribute(path: string, ids: DeployedIds): string {
  const [logicalId = "", name] = path.split(".");
  const value =
    name === "Arn"
      ? ids.arn(logicalId)
      : // A queue's physical id is its URL, which ends with its name.
        name === "QueueName"
        ? ids.physical.get(logicalId)?.split("/").at(-1)
        : undefined;
  return value ?? `(${path}, which is not there)`;
}
