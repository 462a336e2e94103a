import * as z from "zod/mini";
import { KnitboneError } from "../errors.ts";
import { rungs } from "../kubernetes/node-task.ts";
import type { DynamoTable, Row } from "./dynamo-table.ts";

/** Between an object and the plain attributes of its row. */
export interface RowCodec<Value> {
  attributes(value: object): Record<string, unknown>;
  /**
   * Throws StoreUnavailable for a row that cannot be understood: it may say anything, so nothing may be built on it.
   * Attributes that the schema does not name (pk, sk, expiresAt …) are ignored.
   */
  read(table: DynamoTable, row: Row): Value;
}

/**
 * `parts` are members that are objects themselves and stand in the row as attributes of their own, so that a table viewer shows them in
 * columns: `verdict: { kind, at }` becomes `verdictKind` and `verdictAt`.
 */
export function rowCodec<Schema extends z.ZodMiniType<object>>(
  schema: Schema,
  parts: readonly string[] = [],
): RowCodec<z.output<Schema>> {
  return {
    attributes(value) {
      return Object.fromEntries(
        Object.entries(value).flatMap(([member, content]) =>
          parts.includes(member) && content !== undefined ? partAttributes(member, content) : [[member, content]],
        ),
      );
    },
    read(table, row) {
      const gathered = { ...row, ...Object.fromEntries(parts.flatMap((part) => gatheredPart(part, row))) };
      const result = z.safeParse(schema, gathered);
      if (result.success) return result.data;
      throw new KnitboneError(
        "StoreUnavailable",
        `reading table ${table.name}: row pk "${row.pk}", sk "${row.sk}" cannot be understood: ${describeIssues(result.error)}`,
        { cause: result.error },
      );
    },
  };
}

/** "verdict.at: Invalid input; mode: Invalid input": which members, and what is wrong with each. */
export function describeIssues(error: z.core.$ZodError): string {
  return error.issues.map((each) => `${each.path.join(".") || "row"}: ${each.message}`).join("; ");
}

/** An object reference, as part of a row. */
export const refSchema = z.object({ kind: z.string(), namespace: z.string(), name: z.string(), uid: z.string() });

/** A mark on a node, as part of a row. */
export const markSchema = z.object({ key: z.string(), value: z.string(), effect: z.string() });

/** A task asked of a node, as members of a part. */
export const taskMembers = { rung: z.enum(rungs), id: z.string(), cause: z.string() };

function partAttributes(part: string, content: object): [string, unknown][] {
  return Object.entries(content).map(([member, value]) => [
    `${part}${member.charAt(0).toUpperCase()}${member.slice(1)}`,
    value,
  ]);
}

function gatheredPart(part: string, row: Row): [string, Record<string, unknown>][] {
  const members = Object.entries(row)
    .filter(([attribute]) => attribute.startsWith(part) && /^[A-Z]/.test(attribute.slice(part.length)))
    .map(([attribute, value]) => {
      const member = attribute.slice(part.length);
      return [`${member.charAt(0).toLowerCase()}${member.slice(1)}`, value] as const;
    });
  return members.length === 0 ? [] : [[part, Object.fromEntries(members)]];
}
