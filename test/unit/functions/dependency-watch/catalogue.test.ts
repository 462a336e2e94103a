import { expect, it } from "vitest";
import { decide } from "../../../../functions/dependency-watch/decide.ts";
import { podSayings } from "../../../../functions/dependency-watch/saying.ts";
import { readRows } from "../../../../infra/catalogue/read-rows.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { anEvent } from "../../../build/event.ts";
import { noon } from "../../../build/instant.ts";
import { aKnowledge } from "../../../build/knowledge.ts";
import { aSubject } from "../../../build/subject.ts";
import { aVolumeClaim } from "../../../build/volume-claim.ts";
import { aWaitingPod } from "../../../build/waiting-pod.ts";
import { root } from "../../../layout/source-imports.ts";

const policy = { objects: 3, nodes: 2, manyNodes: 3, quietForMs: minutes(10), silentForMs: seconds(60) };
const rows = readRows(root);

interface Group {
  readonly name: string;
  /** What the failure of one pod is evidence of. */
  readonly evidence: string;
  readonly rows: readonly string[];
}

const groups: readonly Group[] = [
  {
    name: "a pull that its registry fails (S0-06, S0-27, S0-32)",
    evidence: "registry",
    rows: [
      "pull-timed-out",
      "registry-cut-off",
      "registry-no-host",
      "registry-rate-limited",
      "registry-refused",
      "registry-server-error",
      "registry-tls-timeout",
      "registry-unavailable",
      "registry-unavailable-event",
      "registry-unreachable",
    ],
  },
  {
    name: "a volume that cannot be attached or mounted (S0-06, S0-17)",
    evidence: "storageClass",
    rows: ["attach-timeout", "csi-driver-missing", "mount-timeout", "provisioning-fails", "volume-operation-pending"],
  },
  {
    name: "layers that are broken (S0-28, S0-33, S0-83)",
    evidence: "image",
    rows: ["image-content-missing", "layer-digest-wrong", "layer-not-extracted", "overlay-links-broken"],
  },
  { name: "no image for sandboxes (S0-29, S0-83)", evidence: "sandboxImage", rows: ["sandbox-image-missing"] },
  {
    name: "an image that is its owner's to mend (S0-31)",
    evidence: "nothing",
    rows: [
      "image-access-denied",
      "image-forbidden",
      "image-manifest-unknown",
      "image-never-pulled",
      "image-not-found",
      "image-unauthorized",
    ],
  },
];

const { catalogue } = aKnowledge();

/** The first thing that a pod which shows this sample is evidence of. */
function evidenceOf({ channel, reason = "", text }: (typeof rows)[number]["samples"][number]): string {
  const pulls = ["Failed", "InspectFailed"].includes(reason);
  const waits = channel === "event" ? (pulls ? "ErrImagePull" : "ContainerCreating") : reason;
  // An Event is about the container whose image it names.
  const image = /"(registry[^"]*\/[^"]+)"/.exec(text)?.[1] ?? "registry.example.com/shop/web:9";
  const said = channel === "event" ? {} : { message: text };
  const pod = aWaitingPod({ reason: waits, image, ...said }, { volumeClaims: ["data"] });
  const events = channel === "event" ? [anEvent({ reason, message: text })] : [];
  const sayings = podSayings(pod, events, catalogue);
  const verdict = decide({ subject: aSubject({ pod }), claims: [aVolumeClaim()], sayings }, policy, noon);
  return (verdict.kind === "wait" ? verdict.suspects?.[0]?.kind : undefined) ?? "nothing";
}

it.each(groups)("$name is evidence of: $evidence", ({ evidence, rows: ids }) => {
  for (const id of ids) {
    const row = rows.find((each) => each.id === id);
    if (row === undefined) throw new Error(`no signature is called ${id}`);
    for (const sample of row.samples) expect(`${id}: ${evidenceOf(sample)}`).toBe(`${id}: ${evidence}`);
  }
});

it("every signature that calls for an incident makes evidence", () => {
  const judged = groups.flatMap((each) => each.rows);
  expect(rows.filter(({ id, remedy }) => remedy === "incident" && !judged.includes(id)).map(({ id }) => id)).toEqual(
    [],
  );
});
