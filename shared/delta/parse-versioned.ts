import * as z from "zod/mini";
import type { Parsed } from "./forwarder-message.ts";
import { safeJson } from "./safe-json.ts";
import { firstIssue } from "./wire-schema.ts";

const malformed = <T>(code: Extract<Parsed<T>, { kind: "malformed" }>["code"], detail: string): Parsed<T> => ({
  kind: "malformed",
  code,
  detail,
});

/** A message of this version or of the one before it (the first version is 1), checked against its schema. Never throws. */
export function parseVersioned<T>(body: string, current: number, schema: z.ZodMiniType<T>): Parsed<T> {
  const json = safeJson(body);
  if (json.kind === "malformed") return json;
  const { value } = json;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return malformed("SchemaViolation", "message: not an object");
  }
  const { v } = value as { v?: unknown };
  if (typeof v !== "number") return malformed("SchemaViolation", "v: not a number");
  if (v !== current && !(v === current - 1 && v >= 1)) {
    return malformed("UnknownVersion", `version ${v}; this side speaks ${current} and the one before`);
  }
  const checked = z.safeParse(schema, value);
  if (!checked.success) return malformed("SchemaViolation", firstIssue(checked.error));
  return { kind: "parsed", message: checked.data };
}
