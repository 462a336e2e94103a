import * as z from "zod/mini";
import { causes, channels, type ProvenSignature, remedies, scopes } from "./signature.ts";

/** A row as it was written: understood, or everything that is wrong with its form. */
export type ReadSignature =
  | { readonly kind: "signature"; readonly signature: ProvenSignature }
  | { readonly kind: "problems"; readonly problems: readonly string[] };

/** Components whose words the catalogue knows; their versions are dotted numbers. */
const components = [
  "kubernetes",
  "kubelet",
  "kube-scheduler",
  "containerd",
  "cri-o",
  "docker",
  "runc",
  "cni-plugins",
  "aws-vpc-cni",
  "ceph-csi",
  "kernel",
  "systemd",
  "nvidia-container-toolkit",
  "nvidia-driver",
  "node-problem-detector",
  "eks-node-monitoring-agent",
  "knitbone-node-pack",
] as const;

/** What forwarders and terminals carry unchanged; letters that only look like these cannot be told apart by eye. */
const printable = /^[\x20-\x7e]*$/;

const line = (most: number) =>
  z.string("must be a text").check(
    z.refine((text) => text.trim() !== "" && text.length <= most && printable.test(text), {
      error: `must be 1 to ${most} printable ASCII characters`,
    }),
  );

/** Kubernetes' own samples hold any character; line breaks have become spaces before anything is matched. */
const seenText = z
  .string("must be a text")
  .check(z.refine((text) => text.length <= 4_096, { error: "must be at most 4096 characters" }));

const oneOf = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, { error: ({ input }) => `${JSON.stringify(input) ?? "nothing"} is none of ${words.join(", ")}` });

const list = <Item extends z.ZodMiniType>(item: Item, least: number, most: number) =>
  z.array(item, "must be a list").check(
    z.refine((items) => items.length >= least && items.length <= most, {
      error: `must have ${least} to ${most} entries`,
    }),
  );

const unknownField = { error: (issue: { readonly code?: string; readonly keys?: unknown }) => fieldWords(issue) };

function fieldWords({ code, keys }: { readonly code?: string; readonly keys?: unknown }): string {
  return code === "unrecognized_keys" && Array.isArray(keys)
    ? `unknown field ${keys.join(", ")}`
    : "must be a group of fields";
}

const reason = z
  .string("must be a text")
  .check(
    z.refine((text) => /^[A-Za-z][\w./-]{0,99}$/.test(text), { error: "is not a reason as Kubernetes writes them" }),
  );

const sighting = {
  channel: oneOf(channels),
  reason: z._default(z.union([reason, z.literal("")], "is not a reason"), ""),
  text: seenText,
};

/** A regular expression is no pattern here: its signs would be looked for in the message. */
const fragment = line(200).check(
  z.refine((text) => !/\.[*+]|\\[dwsb]|\(\?/.test(text), {
    error: "looks like a regular expression; fragments are looked for as they stand",
  }),
);

const schema = z.strictObject(
  {
    id: z.string("must be a text").check(
      z.refine((text) => /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text) && text.length <= 60, {
        error: "must be kebab-case and at most 60 characters",
      }),
    ),
    requirements: list(
      z.string("must be a text").check(
        z.refine((text) => /^(S[0-3]-\d{2,3}|X-\d{2})$/.test(text), {
          error: "is no requirement's id (S0-31, X-07)",
        }),
      ),
      1,
      12,
    ),
    version: z
      .number("must be a whole number from 1")
      .check(
        z.refine((value) => Number.isSafeInteger(value) && value >= 1, { error: "must be a whole number from 1" }),
      ),
    meaning: line(200),
    seenIn: list(
      z.strictObject({ channel: oneOf(channels), reasons: z.exactOptional(list(reason, 1, 20)) }, unknownField),
      1,
      6,
    ),
    fragments: list(fragment, 0, 6),
    cause: oneOf(causes),
    scope: oneOf(scopes),
    remedy: z.exactOptional(oneOf(remedies)),
    versions: z.partialRecord(
      oneOf(components),
      z.string("must be a text").check(
        z.refine((text) => /^(any|(<|<=|>=)\d+(\.\d+){0,2}( (<|<=)\d+(\.\d+){0,2})?)$/.test(text), {
          error: 'must be "any" or a range such as ">=1.30 <1.35"',
        }),
      ),
      unknownField,
    ),
    source: line(300),
    samples: list(
      z.strictObject(
        { ...sighting, recorded: z.exactOptional(line(200)), source: z.exactOptional(line(300)) },
        unknownField,
      ),
      1,
      12,
    ),
    nearMisses: list(z.strictObject(sighting, unknownField), 1, 12),
  },
  unknownField,
);

/** Reads one row out of YAML or a table. Every problem of its form is named at once, each with the field that has it. */
export function readSignature(content: unknown): ReadSignature {
  const result = z.safeParse(schema, content);
  if (result.success) return { kind: "signature", signature: result.data as ProvenSignature };
  return {
    kind: "problems",
    problems: result.error.issues.map(({ path, message }) => {
      const field = path.join(".");
      return field === "" ? message : `${field}: ${message}`;
    }),
  };
}
