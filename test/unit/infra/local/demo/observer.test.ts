import { beforeEach, describe, expect, test } from "vitest";
import { aCluster, createDeployment, podsOf } from "../../../../../infra/local/cluster-model/builder.ts";
import { run } from "../../../../../infra/local/cluster-model/driver.ts";
import type { ClusterModel } from "../../../../../infra/local/cluster-model/model.ts";
import type { NamedFailure } from "../../../../../infra/local/demo/named-failure.ts";
import { isOk, lastLook, observed, reportOf, type Sighting } from "../../../../../infra/local/demo/observer.ts";
import type { Case } from "../../../../../shared/case/case.ts";
import type { VerdictKind } from "../../../../../shared/heal/heal.ts";
import { type ManualClock, manualClock } from "../../../../fakes/manual-clock.ts";
import { seededRandom } from "../../../../fakes/seeded-random.ts";

let clock: ManualClock;
let model: ClusterModel;

beforeEach(async () => {
  clock = manualClock();
  model = aCluster({ clock, random: seededRandom(1), name: "north", nodes: [{ name: "n1" }] });
  model.api.addToken("knitbone", "knitbone");
  createDeployment(model, { name: "web", namespace: "shop" });
  await run(model, clock, 3_000);
});

const pod = () => {
  const [found] = podsOf(model, "web", "shop");
  if (!found) throw new Error("no pod");
  return found;
};

function watched(verdict: VerdictKind, reason: string): Sighting {
  const { name, uid } = pod().metadata;
  const failure: NamedFailure = {
    name: "stuck",
    requirement: "S0-44",
    cluster: "north",
    what: "stuck",
    healer: "terminating-reaper",
    expected: { verdict, reason },
    deadlineMs: 60_000,
    inject: () => Promise.reject(new Error("not in this test")),
  };
  const object = { kind: "Pod", namespace: "shop", name, uid };
  return { failure, state: "watched", object, faultAt: clock.now(), wrongWrites: 0 };
}

function caseWith({ object }: Sighting, kind: VerdictKind, reason: string, at: number): Case {
  if (!object) throw new Error("no object");
  return {
    key: { healer: "terminating-reaper", cluster: "north", uid: object.uid },
    object,
    version: 1,
    state: "open",
    openedAt: at,
    updatedAt: at,
    attempts: 0,
    traceId: "t",
    verdict: { kind, reason, message: "", at, mode: "act" },
  };
}

/** As Knitbone would over HTTP: grace 0 and the uid as precondition. */
async function forceDelete(userAgent = "knitbone/0.1.0 (terminating-reaper)") {
  const { namespace, name, uid } = pod().metadata;
  const answer = await model.api.request({
    method: "DELETE",
    path: `/api/v1/namespaces/${namespace}/pods/${name}`,
    headers: { authorization: "Bearer knitbone", "content-type": "application/json", "user-agent": userAgent },
    body: { kind: "DeleteOptions", apiVersion: "v1", gracePeriodSeconds: 0, preconditions: { uid } },
  });
  expect(answer.status).toBe(200);
}

describe("a failure that is to be healed", () => {
  test("ends when the verdict is there and the cluster has carried it out", async () => {
    const begun = watched("heal", "OverdueOnReadyNode");
    const faultAt = clock.now();
    await clock.advance(8_000);
    const waiting = observed(begun, [caseWith(begun, "wait", "MarginRunning", clock.now())], model, clock.now());
    expect([waiting.state, reportOf(waiting).verdict, isOk(waiting)]).toEqual(["watched", "wait", false]);
    await forceDelete();
    await clock.advance(20);
    const judged = [caseWith(begun, "heal", "OverdueOnReadyNode", clock.now())];
    const ended = observed(waiting, judged, model, clock.now());
    expect(ended.state).toBe("ended");
    expect(reportOf(ended)).toEqual({
      failure: "stuck",
      requirement: "S0-44",
      cluster: "north",
      object: `Pod shop/${begun.object?.name}`,
      expected: { verdict: "heal", reason: "OverdueOnReadyNode" },
      verdict: "heal",
      reason: "OverdueOnReadyNode",
      ok: true,
      // The row is written after the deed.
      verdictMs: 8_000,
      healedMs: 8_000,
    });
    expect(ended.healedAt).toBe(faultAt + 8_000);
  });

  test("is wrong when only the word is there at the deadline", () => {
    const begun = watched("heal", "OverdueOnReadyNode");
    const judged = [caseWith(begun, "heal", "OverdueOnReadyNode", clock.now())];
    const deadline = clock.now() + 60_000;
    expect(observed(begun, judged, model, deadline - 1).state).toBe("watched");
    const late = observed(begun, judged, model, deadline);
    expect([late.state, isOk(late), reportOf(late).healedMs]).toEqual(["ended", false, null]);
  });

  test("is wrong when somebody else deleted it", async () => {
    const begun = watched("heal", "OverdueOnReadyNode");
    await forceDelete("kubectl/v1.36");
    const judged = [caseWith(begun, "heal", "OverdueOnReadyNode", clock.now())];
    expect(isOk(observed(begun, judged, model, clock.now() + 60_000))).toBe(false);
  });
});

describe("a node that is to be marked", () => {
  const mark = async (taints: { key: string; effect: string }[]) => {
    const answer = await model.api.request({
      method: "PATCH",
      path: "/api/v1/nodes/n1",
      headers: {
        authorization: "Bearer knitbone",
        "content-type": "application/merge-patch+json",
        "user-agent": "knitbone/0.1.0 (notready-handler)",
      },
      body: { spec: { taints } },
    });
    expect(answer.status).toBe(200);
  };
  const ourMark = { key: "knitbone.io/suspect", effect: "NoSchedule" };

  test("ends when our mark stands, which may come and go once, or twice where the trouble goes on", async () => {
    const uid = model.store.get("nodes", "", "n1")?.metadata.uid ?? "";
    const begun = watched("heal", "OverdueOnReadyNode");
    const node = { ...begun, object: { kind: "Node", namespace: "", name: "n1", uid } };
    const judged = [caseWith(node, "heal", "OverdueOnReadyNode", clock.now())];
    expect(observed(node, judged, model, clock.now()).healedAt).toBeUndefined();
    await mark([{ key: "example.com/theirs", effect: "NoSchedule" }]);
    expect(observed(node, judged, model, clock.now()).healedAt).toBeUndefined();
    await mark([ourMark]);
    const ended = observed(node, judged, model, clock.now());
    expect([ended.state, isOk(ended)]).toEqual(["ended", true]);
    await mark([]);
    expect(isOk(lastLook(ended, model))).toBe(false);
    const goingOn: Sighting = { ...ended, failure: { ...ended.failure, goesOn: true } };
    await mark([ourMark]);
    expect(isOk(lastLook(goingOn, model))).toBe(true);
    await mark([]);
    expect(isOk(lastLook(goingOn, model))).toBe(false);
  });

  test("is healed by the mark that its failure speaks of: given back, or out of service", async () => {
    const uid = model.store.get("nodes", "", "n1")?.metadata.uid ?? "";
    const begun = watched("heal", "StayedWell");
    const showing = (shows: NonNullable<NamedFailure["shows"]>): Sighting => ({
      ...begun,
      failure: { ...begun.failure, shows },
      object: { kind: "Node", namespace: "", name: "n1", uid },
    });
    const look = (sighting: Sighting) =>
      observed(sighting, [caseWith(sighting, "heal", "StayedWell", clock.now())], model, clock.now());
    await mark([ourMark]);
    await clock.advance(1_000);
    expect(look(showing("givenBack")).healedAt).toBeUndefined();
    expect(look(showing("outOfService")).healedAt).toBeUndefined();
    await mark([ourMark, { key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }]);
    expect(look(showing("outOfService")).healedAt).toBe(clock.now());
    expect(look(showing("givenBack")).healedAt).toBeUndefined();
    await mark([]);
    expect(look(showing("givenBack")).healedAt).toBe(clock.now());
    expect(look(showing("outOfService")).healedAt).toBeUndefined();
  });
});

describe("a failure that is to be left", () => {
  test("ends with the expected verdict, which a later one does not take back", () => {
    const begun = watched("leave", "OptedOut");
    const at = clock.now() + 500;
    const ended = observed(begun, [caseWith(begun, "leave", "OptedOut", at)], model, at);
    expect([ended.state, isOk(ended), reportOf(ended).verdictMs]).toEqual(["ended", true, 500]);
    const later = observed(ended, [caseWith(begun, "wait", "StormBrake", at + 1)], model, at + 1);
    expect(reportOf(later)).toMatchObject({ verdict: "leave", reason: "OptedOut", ok: true });
  });

  test("is wrong with another reason", () => {
    const begun = watched("leave", "OptedOut");
    const late = observed(begun, [caseWith(begun, "leave", "DaemonSetPod", clock.now())], model, clock.now() + 60_000);
    expect(reportOf(late)).toMatchObject({ verdict: "leave", reason: "DaemonSetPod", ok: false });
  });

  test("is wrong when it was written to after all, even after it had ended", async () => {
    const begun = watched("leave", "OptedOut");
    const ended = observed(begun, [caseWith(begun, "leave", "OptedOut", clock.now())], model, clock.now());
    expect(isOk(lastLook(ended, model))).toBe(true);
    await forceDelete();
    expect(isOk(lastLook(ended, model))).toBe(false);
  });

  test("is wrong when nobody said anything", () => {
    const begun = watched("leave", "OptedOut");
    expect(reportOf(observed(begun, [], model, clock.now() + 60_000))).toMatchObject({
      verdict: null,
      reason: null,
      ok: false,
      verdictMs: null,
    });
  });
});
