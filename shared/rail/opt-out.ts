import type { Subject } from "../heal/subject.ts";
import type { Meta } from "../kubernetes/meta.ts";
import { describeRef } from "../kubernetes/object-ref.ts";
import { leave, pass, type RailAnswer, type SubjectRail } from "./rail.ts";

const key = "knitbone.io/heal";

/** What people already set for other tools, honoured as theirs (`design.md` §5). */
const foreignOptOuts: readonly { readonly key: string; readonly refuses: (value: string) => boolean }[] = [
  { key: "karpenter.sh/do-not-disrupt", refuses: (value) => value !== "false" },
  { key: "karpenter.sh/do-not-evict", refuses: (value) => value !== "false" },
  { key: "cluster-autoscaler.kubernetes.io/safe-to-evict", refuses: (value) => value === "false" },
  { key: "policy.kruise.io/delete-protection", refuses: (value) => value !== "" },
];

function refusalOf(meta: Meta): string | undefined {
  for (const marks of [meta.labels, meta.annotations]) {
    const own = marks[key];
    // Anything but a plain "on" refuses: a misspelled "off" must not heal.
    if (own !== undefined && own !== "on") return `${key}=${own}`;
    for (const other of foreignOptOuts) {
      const value = marks[other.key];
      if (value !== undefined && other.refuses(value)) return `${other.key}=${value}`;
    }
  }
  return undefined;
}

function placesOf(subject: Subject): readonly Meta[] {
  if (subject.kind === "node") return [subject.node];
  if (subject.kind === "workload") {
    const { workload, pending, spill, namespace } = subject;
    return [
      workload,
      ...pending,
      ...(spill === undefined ? [] : [spill]),
      ...(namespace === undefined ? [] : [namespace]),
    ];
  }
  return [
    subject.pod,
    ...(subject.owners.kind === "bare" ? [] : subject.owners.chain),
    ...(subject.namespace === undefined ? [] : [subject.namespace]),
    ...(typeof subject.node === "string" ? [] : [subject.node]),
  ];
}

/** Somebody said no: on the pod, a controller above it, its namespace or its node; on the workload, its pods or its spill. */
export const optOut: SubjectRail = (subject): RailAnswer => {
  for (const place of placesOf(subject)) {
    const refusal = refusalOf(place);
    if (refusal !== undefined) return leave("OptedOut", `${describeRef(place.ref)} carries ${refusal}.`);
  }
  return pass;
};
