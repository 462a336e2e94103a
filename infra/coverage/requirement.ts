import * as z from "zod/mini";

/** PR pending-rescheduler, TR terminating-reaper, OS orphan-sweeper, NH notready-handler, DI dependency-watch, NP node pack, PL pipeline and platform. */
export const owners = ["PR", "TR", "OS", "NH", "DI", "NP", "PL"] as const;

const text = z.string().check(z.trim(), z.minLength(3));

const common = {
  id: z.string().check(z.regex(/^(S[0-3]|X)-\d{2,3}$/)),
  owner: z.array(z.enum(owners)),
  /** What it asks for, in a few words. */
  title: text,
  /** Signals, fields and channels that show it, and the function that looks. */
  sensedBy: text,
  /** Why no test on real Kubernetes tells of it. Left out where one does. */
  noStory: z.optional(text),
  /** Why no test names it. Left out where one does. */
  noTest: z.optional(text),
};

/** One row of the requirements, and what became of it. Exactly one of the four kinds. */
const schema = z.union([
  /** A healer does something about it: "healer/Reason", and the kinds of `shared/heal/heal.ts`. */
  z.strictObject({ ...common, healedBy: z.array(z.string()).check(z.minLength(1)) }),
  /** Nothing is written, on purpose: `told` are the reasons ("healer/Reason") by which people hear of it. */
  z.strictObject({ ...common, left: text, told: z.optional(z.array(z.string()).check(z.minLength(1))) }),
  /** A promise of the platform rather than a heal; `by` are the files that keep it. */
  z.strictObject({ ...common, kept: text, by: z.array(z.string()).check(z.minLength(1)) }),
  /** Not there yet: what the design decides. */
  z.strictObject({ ...common, open: text }),
]);

export type Requirement = z.infer<typeof schema>;

/** A row in its form, or what is wrong with it, one line. */
export function readRequirement(row: unknown): Requirement | string {
  const read = schema.safeParse(row);
  if (read.success) return read.data;
  const { id } = (row ?? {}) as { readonly id?: unknown };
  return `row ${String(id)}: needs id, owner, title, sensedBy, and exactly one of healedBy, left, kept, open`;
}
