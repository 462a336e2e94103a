import { describe, expect, it } from "vitest";
import { decide } from "../../../../functions/pending-rescheduler/decide.ts";
import type { ProbesAlike, Said } from "../../../../functions/pending-rescheduler/facts.ts";
import type { Policy } from "../../../../functions/pending-rescheduler/policy.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aNode, aNodeWithReady, aTaint } from "../../../build/node.ts";
import { aSubject } from "../../../build/subject.ts";
import { anUnreadyPod } from "../../../build/unready-pod.ts";
import { aDeployment } from "../../../build/workload.ts";

const policy: Policy = {
  pendingForMs: seconds(300),
  silentForMs: seconds(90),
  tellAfterMs: minutes(15),
  rejudgeAfterMs: seconds(60),
};
const seldom = noon + minutes(15);

type Signature = NonNullable<Said["signature"]>;
const probe = (signature: Partial<Signature>, text = "words"): Said => ({
  from: "event",
  reason: "Unhealthy",
  text,
  signature: {
    id: "a",
    meaning: "It means this.",
    cause: "AppUnhealthy",
    scope: "application",
    weight: 15,
    ...signature,
  },
});
const timesOut = probe({ cause: "ExecProbeTimeout", remedy: "tell", weight: 31 });
const fails = probe({ cause: "AppUnhealthy", remedy: "leave" });
const setns = probe({ cause: "ExecSetns", scope: "pod", remedy: "handOver", weight: 60 });
const three = ["DaemonSet shop/log", "ReplicaSet shop/api", "ReplicaSet shop/web"];
const ofNode: ProbesAlike = { here: three, elsewhere: [], wellElsewhere: true };
const marked = aNode({ taints: [aTaint()] });

function judge(said: readonly Said[], alike?: ProbesAlike, node = aNode()) {
  const around = { kind: "unready" as const, said, saidMore: false, ...(alike === undefined ? {} : { alike }) };
  return decide({ subject: aSubject({ pod: anUnreadyPod(), node }), around }, anOpenCase(), policy, noon);
}

describe("a pod that runs, and whose probes say no (S0-97)", () => {
  it("in the application's words is left to it, and seldom looked at", () => {
    expect(judge([fails])).toEqual({
      kind: "leave",
      reason: "AppUnhealthy",
      message: "Pod shop/web-1 has run unready for 10m: It means this. Unhealthy: words.",
      until: seldom,
    });
  });

  it("by a command that does not come back is told to its owner", () => {
    const alone = { here: ["ReplicaSet shop/web"], elsewhere: [], wellElsewhere: false };
    expect(judge([fails, timesOut], alone)).toMatchObject({
      kind: "escalate",
      about: aDeployment().ref,
      reason: "ExecProbeTimeout",
      until: seldom,
    });
  });

  it.each([
    ["words that nobody knows", [{ from: "event", reason: "Unhealthy", text: "?" }], "MessageUnknown"],
    ["no word at all", [], "UnreadyUnexplained"],
    ["a hint of something else", [{ ...setns, reason: "FailedSync" }], "ExecSetns"],
  ] as const)("with %s is left", (_, said, reason) => {
    expect(judge(said, ofNode)).toMatchObject({ kind: "leave", reason, until: seldom });
  });

  it("on a node that is not Ready is notready-handler's", () => {
    const node = aNodeWithReady("False", atNoon(-minutes(10)));
    expect(judge([timesOut], ofNode, node)).toMatchObject({ kind: "leave", reason: "NodeNotReady" });
  });
});

describe("commands of several workloads that do not come back (S0-92, S0-97)", () => {
  it("on one node alone are the node's", () => {
    const verdict = judge([timesOut], ofNode);
    expect(verdict).toMatchObject({ kind: "handOver", node: aNode().ref, reason: "ExecProbesHang" });
    expect(verdict.message).toContain("DaemonSet shop/log, ReplicaSet shop/api, ReplicaSet shop/web");
  });

  it("on one that is marked already are left, and go on being said: nothing is evicted for a probe", () => {
    expect(judge([timesOut], ofNode, marked)).toMatchObject({
      kind: "leave",
      reason: "ExecProbesHang",
      symptom: "ExecProbesHang",
      until: noon + minutes(1),
    });
  });

  it("on one that somebody cordoned are left to them", () => {
    const verdict = judge([timesOut], ofNode, aNode({ unschedulable: true }));
    expect(verdict).toMatchObject({ kind: "leave", reason: "ExecProbesHang", until: seldom });
    expect(verdict).not.toHaveProperty("symptom");
  });

  it.each([
    ["of two workloads", { here: three.slice(1) }],
    ["seen on another node as well", { elsewhere: ["n2"] }],
    ["where no other node is known to be well", { wellElsewhere: false }],
  ])("%s are their owners'", (_, members) => {
    expect(judge([timesOut], { ...ofNode, ...members })).toMatchObject({
      kind: "escalate",
      reason: "ExecProbeTimeout",
    });
  });
});

describe("commands that cannot be begun", () => {
  const here = { here: ["ReplicaSet shop/web"], elsewhere: [], wellElsewhere: true };

  it("hand the node over, as their signature says; a marked node is left (S0-86, S0-97)", () => {
    expect(judge([timesOut, setns], here)).toMatchObject({ kind: "handOver", reason: "ExecSetns" });
    expect(judge([setns], here, marked)).toMatchObject({ kind: "leave", reason: "ExecSetns" });
  });

  it("on other nodes as well are told: no node is at fault", () => {
    expect(judge([setns], { ...here, elsewhere: ["n2"] })).toMatchObject({
      kind: "escalate",
      reason: "FailsOnManyNodes",
    });
  });
});
