import { isDeepStrictEqual } from "node:util";
import { deviations } from "./deviations.ts";
import type { Inventory } from "./inventory.ts";
import { type DeployedIds, resolve } from "./references.ts";
import { type ResourceKind, resourceKinds } from "./resource-kinds.ts";

export interface DeployedTemplate {
  readonly Resources: Readonly<Record<string, DeployedResource>>;
}

interface DeployedResource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

/** By path: compared in a way of its own in `deploy.test.ts`. */
const comparedElsewhere = ["AWS::Lambda::Function.Code"];

/**
 * What is declared and not there, there and not declared, or there otherwise than declared; one line each. What moto cannot do is left out
 * as listed in `deviations.ts`, and a line when it can by now. A kind or property that nothing here knows is a line too.
 */
export function differences(template: DeployedTemplate, stack: string, inventory: Inventory): readonly string[] {
  const ids = idsOf(template, stack, inventory);
  const declared = Object.entries(template.Resources);
  return [
    ...declared.flatMap(([id, resource]) => {
      const physical = ids.physical.get(id);
      if (deviations.some(({ type, property }) => type === resource.Type && property === undefined)) {
        return physical === undefined ? [] : [`${id}: moto deploys ${resource.Type} now: take it off deviations.ts`];
      }
      const kind = resourceKinds[resource.Type];
      if (kind === undefined) {
        return [
          `${id}: ${resource.Type} is not known: read it in resource-kinds.ts, or list it in deviations.ts with the reason`,
        ];
      }
      const key = keyOf(kind, id, resource, ids);
      const found = kind.among(inventory)[key];
      if (found === undefined) return [`${id}: there is no ${resource.Type} ${key}`];
      return differentProperties(id, resource, kind.properties(found), ids);
    }),
    ...Object.entries(resourceKinds).flatMap(([type, kind]) => {
      const ours = declared
        .filter(([, { Type }]) => Type === type)
        .map(([id, resource]) => keyOf(kind, id, resource, ids));
      const strangers = Object.keys(kind.among(inventory)).filter((key) => !ours.includes(key));
      return strangers.map((key) => `${type} ${key} is there, and not declared`);
    }),
  ];
}

function differentProperties(
  id: string,
  { Type, Properties }: DeployedResource,
  found: Readonly<Record<string, unknown>>,
  ids: DeployedIds,
): readonly string[] {
  return Object.entries(Properties).flatMap(([name, declared]) => {
    if (comparedElsewhere.includes(`${Type}.${name}`)) return [];
    const expected = resolve(declared, ids);
    const same = isDeepStrictEqual(found[name], expected);
    if (deviations.some(({ type, property }) => type === Type && property === name)) {
      return same ? [`${id}: moto keeps ${name} now: take it off deviations.ts`] : [];
    }
    if (same) return [];
    if (!(name in found)) return [`${id}: ${Type}'s ${name} is not known: read it in resource-kinds.ts`];
    return [`${id}: ${name} is ${JSON.stringify(found[name])}, declared as ${JSON.stringify(expected)}`];
  });
}

function idsOf(template: DeployedTemplate, stack: string, inventory: Inventory): DeployedIds {
  const listed = inventory.stacks[stack] ?? [];
  const physical = new Map(
    // For what it does not know, moto lists a resource without any name.
    listed.filter((item) => item.PhysicalResourceId).map((item) => [item.LogicalResourceId, item.PhysicalResourceId]),
  );
  return {
    physical,
    arn: (id) => {
      const kind = resourceKinds[template.Resources[id]?.Type ?? ""];
      const physicalId = physical.get(id) ?? "";
      const found = kind?.among(inventory)[kind.key?.(physicalId, {}) ?? physicalId];
      return found === undefined ? undefined : kind?.arn?.(found);
    },
  };
}

function keyOf(kind: ResourceKind, id: string, { Properties }: DeployedResource, ids: DeployedIds): string {
  const physicalId = ids.physical.get(id) ?? `(${id}, which CloudFormation has not made)`;
  return kind.key?.(physicalId, resolve(Properties, ids)) ?? physicalId;
}
