import { expect, test } from "vitest";
import { decideDeletion } from "../../../../../infra/local/cluster-model/api/deletion.ts";
import type { Pod } from "../../../../../infra/local/cluster-model/objects/pod.ts";
import type { DeleteOptions } from "../../../../../infra/local/cluster-model/objects/policy.ts";
import { resources } from "../../../../../infra/local/cluster-model/resources.ts";

// What needs time to pass, and so is not in the contract: the rest of these rules is asked of a real server as well.
const deletedAt = Date.parse("2026-11-21T12:00:00Z");

function terminating(grace: number, finalizers?: string[]): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web",
      uid: "u",
      resourceVersion: "1",
      creationTimestamp: "2026-11-21T11:00:00Z",
      deletionTimestamp: new Date(deletedAt + grace * 1_000).toISOString().replace(".000", ""),
      deletionGracePeriodSeconds: grace,
      ...(finalizers ? { finalizers } : {}),
    },
    spec: { nodeName: "n1", containers: [] },
    status: { phase: "Running" },
  };
}

const decide = (pod: Pod, options: DeleteOptions, secondsLater: number) =>
  decideDeletion(resources.pods, pod, options, deletedAt + secondsLater * 1_000);

test("a shorter grace that is already over becomes one second from its own time, not from the past", () => {
  expect(decide(terminating(300), { gracePeriodSeconds: 10 }, 60)).toMatchObject({
    kind: "mark",
    metadata: { deletionTimestamp: "2026-11-21T12:01:00Z", deletionGracePeriodSeconds: 1 },
  });
});

test("a shorter grace that is not over yet counts from the first deletion", () => {
  expect(decide(terminating(300), { gracePeriodSeconds: 90 }, 60)).toMatchObject({
    kind: "mark",
    metadata: { deletionTimestamp: "2026-11-21T12:01:30Z", deletionGracePeriodSeconds: 90 },
  });
});

test("without a grace an overdue pod stays as it is: only the kubelet or grace 0 ends it", () => {
  expect(decide(terminating(30), {}, 3_600)).toEqual({ kind: "alreadyDeleting" });
});

test("grace 0 removes an overdue pod, with a last mark", () => {
  expect(decide(terminating(30), { gracePeriodSeconds: 0 }, 3_600)).toMatchObject({
    kind: "remove",
    marksFirst: true,
    metadata: { deletionTimestamp: "2026-11-21T13:00:00Z", deletionGracePeriodSeconds: 0 },
  });
});

test("a pod whose stored grace is 0 goes with any deletion", () => {
  expect(decide(terminating(0), {}, 1)).toMatchObject({ kind: "remove", marksFirst: false });
});

test("grace 0 does not pass finalizers", () => {
  expect(decide(terminating(30, ["example.com/hold"]), { gracePeriodSeconds: 0 }, 3_600)).toMatchObject({
    kind: "mark",
    metadata: { finalizers: ["example.com/hold"], deletionGracePeriodSeconds: 0 },
  });
});
