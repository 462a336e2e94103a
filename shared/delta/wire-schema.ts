/** The pieces that messages on our queues are made of. Unknown members are dropped: the version before may have had others. */
import * as z from "zod/mini";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import { signals } from "./delta.ts";

const textLimit = 4_096;

export const text = z.string().check(z.maxLength(textLimit));
/** RFC 1123 subdomain: what Kubernetes allows as the name of every object that we speak of. */
const name = z.string().check(z.maxLength(253), z.regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/));
/** RFC 1123 label; "" for cluster-scoped objects. */
const namespace = z.string().check(z.maxLength(63), z.regex(/^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$/));
const kind = z.string().check(z.regex(/^[A-Z][A-Za-z0-9]{0,62}$/));
/** UUIDs in practice; static pods have a hash. Never a "#", which parts the keys of our tables. */
const uid = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/));

export const objectRef: z.ZodMiniType<ObjectRef> = z.object({ kind, namespace, name, uid });
/** What an Event speaks of, in the words of whoever wrote the Event. */
export const looseRef: z.ZodMiniType<ObjectRef> = z.object({ kind: text, namespace: text, name: text, uid: text });

/** As the command line accepts it. No slash: it parts cluster and namespace in a flag's scope. */
export const clusterId = z.string().check(z.regex(/^[A-Za-z0-9][-A-Za-z0-9._:@]{0,127}$/));
export const healerName = z.string().check(z.maxLength(63), z.regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/));
export const traceId = z.string().check(z.regex(/^[\w-]{1,64}$/));
export const signal = z.enum(signals);
/** Milliseconds since the epoch, within what a Date can hold. */
export const instant = z.number().check(z.gte(0), z.lte(8.64e15));
export const count = z.int().check(z.gte(0));
export const amount = z.number();
export const amounts = z.record(text, amount);
export const texts = z.record(text, text);

/** "deltas.3.object.name: Invalid input", one line: the first thing that is wrong. `within` is where the judged part stands. */
export function firstIssue(error: z.core.$ZodError, within: readonly PropertyKey[] = []): string {
  const [issue] = error.issues;
  if (issue === undefined) return "it does not fit the schema";
  const path = [...within, ...issue.path].map(String).join(".");
  return `${path === "" ? "message" : path}: ${issue.message}`.slice(0, 200);
}
