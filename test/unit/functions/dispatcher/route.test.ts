import { expect, it } from "vitest";
import { concernedHealers, type RoutingTable } from "../../../../functions/dispatcher/route.ts";
import { aDelta } from "../../../build/message.ts";
import { aRef } from "../../../build/object-ref.ts";

const routes: RoutingTable = {
  PodOverdue: ["terminating-reaper"],
  PodFailed: ["orphan-sweeper"],
  PodUnscheduled: ["pending-rescheduler"],
  NodeNotReady: ["notready-handler"],
  WarningEvent: ["dependency-watch", "pending-rescheduler"],
};
const node = aRef({ kind: "Node", namespace: "", name: "n1" });

it.each([
  ["a suspect: who listens to one of its signals", aDelta({ signals: ["PodOverdue"] }), ["terminating-reaper"]],
  [
    "a suspect of several signals: each healer once",
    aDelta({ signals: ["PodUnscheduled", "WarningEvent", "PodFailed"] }),
    ["dependency-watch", "orphan-sweeper", "pending-rescheduler"],
  ],
  ["a suspect that nobody listens to", aDelta({ signals: ["PodSilent"] }), []],
  [
    "a pod that is gone: whoever listens to pods",
    aDelta({ kind: "gone", signals: [] }),
    ["dependency-watch", "orphan-sweeper", "pending-rescheduler", "terminating-reaper"],
  ],
  [
    "a node that recovered: whoever listens to nodes",
    aDelta({ kind: "recovered", object: node, signals: [] }),
    ["dependency-watch", "notready-handler", "pending-rescheduler"],
  ],
  ["something else that is gone", aDelta({ kind: "gone", object: aRef({ kind: "Lease" }), signals: [] }), []],
  ["a milestone", aDelta({ kind: "milestone", signals: [] }), []],
])("%s", (_, delta, healers) => {
  expect(concernedHealers(routes, delta)).toEqual(healers);
});

it("nobody, without routes", () => {
  expect(concernedHealers({}, aDelta())).toEqual([]);
});
