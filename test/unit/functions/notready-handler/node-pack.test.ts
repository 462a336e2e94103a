import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { notreadyHandler } from "../../../../functions/notready-handler/healer.ts";
import { saidOfNode } from "../../../../functions/notready-handler/said.ts";
import { checkRows } from "../../../../shared/catalogue/check-catalogue.ts";
import { hours, minutes } from "../../../../shared/time/duration.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aKnowledge } from "../../../build/knowledge.ts";
import { aNode } from "../../../build/node.ts";
import { aNodePolicy } from "../../../build/node-policy.ts";
import { aNodeSubject, aStandingPod } from "../../../build/node-subject.ts";
import { aCondition } from "../../../build/pod.ts";
import { root } from "../../../layout/source-imports.ts";
import { judge, nodeEvent, pleg, readyWith, sayingNotReady, seenNotReady, suspected } from "./situation.ts";

const text = (path: string) => readFileSync(join(root, path), "utf8");
const { signatures } = checkRows(parse(text("shared/catalogue/node-pack.yaml")), "release");

/** The cells of each line of the page's tables, without the marks of code. */
const lines = text("docs/node-pack.md")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) =>
    line
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.trim()),
  );
const plain = (cell = "") => cell.replaceAll("`", "");
const conditions = lines
  .filter((cells) => cells.length === 6)
  .map(([type, reason, words, good, ends = "", does = ""]) => {
    const [cause = ""] = /^`(\w+)`/.exec(does)?.slice(1) ?? [];
    const rungs = ["restart-runtime", "restart-kubelet", "reboot", "replace"].filter((rung) =>
      does.includes(`\`${rung}\``),
    );
    const said = { type: plain(type), reason: plain(reason), message: plain(words) };
    return { name: said.type, said, good: plain(good), ends, cause, rungs };
  });
const events = lines
  .filter((cells) => cells.length === 3)
  .map(([reason, words]) => ({ reason: plain(reason), message: plain(words) }));

const all = { rungs: ["restart-runtime", "restart-kubelet", "reboot", "replace"] };
const ailing = { state: "ailing", since: atNoon(-hours(1)) } as const;
const overdue = aStandingPod({ endsBy: atNoon(-minutes(5)) });
const taint = { kind: "heal", heal: { kind: "TaintNode", taint: { key: "knitbone.io/suspect" } } };

describe("docs/node-pack.md", () => {
  it("has each condition and each Event of the catalogue, word for word", () => {
    const samples = signatures.flatMap((row) =>
      row.samples.map(({ channel, reason, text: words }) => ({ channel, reason, words })),
    );
    const listed = [
      ...conditions.map(({ said }) => ({ channel: "nodeCondition", reason: said.reason, words: said.message })),
      ...events.map(({ reason, message }) => ({ channel: "event", reason, words: message })),
    ];
    const byReason = (all: typeof listed) => all.toSorted((a, b) => (a.reason < b.reason ? -1 : 1));
    expect(byReason(listed)).toEqual(byReason(samples));
  });

  it.each(conditions)("$name: a good value, and one that nobody knows, say nothing", ({ said, good }) => {
    const well = { kind: "leave", reason: "NodeWell" };
    expect(judge({ node: readyWith({ ...said, status: "False", reason: good }) })).toMatchObject(well);
    expect(judge({ node: readyWith({ ...said, status: "Unknown" }) })).toMatchObject(well);
  });

  it.each(conditions)(
    "$name: whatever it says, a stale one does nothing, and is said to be stale (S0-79)",
    ({ said }) => {
      const at = (ms: number) => judge({ node: readyWith({ ...said, lastHeartbeatTime: noon - ms }) });
      expect(at(minutes(15))).not.toMatchObject({ kind: "leave" });
      expect(at(minutes(15) + 1)).toMatchObject({
        kind: "leave",
        reason: "OnlyConditions",
        message: `Node n1 is Ready, with ${said.type}=True. Stale, and not counted: ${said.type} (not said again for 15m; look at the agent that says it).`,
      });
    },
  );
});

const taken = conditions.filter(({ ends }) => ends === "taken back");
const standing = conditions.filter(({ ends }) => ends === "stands until the node boots");
const told = conditions.filter(({ ends }) => ends === "told");

describe("on a node that calls itself Ready, a condition of the node pack", () => {
  it("is one of three sorts", () => {
    expect(taken.length + standing.length + told.length).toBe(conditions.length);
    expect([taken.length, standing.length, told.length]).toEqual([5, 2, 2]);
  });

  it.each(taken)("$name marks it for $cause by itself (S0-59, S0-101, S1-04, S3-05, S3-10)", ({ said, cause }) => {
    expect(judge({ node: readyWith(said) })).toMatchObject({ ...taint, reason: cause });
  });

  it.each(standing)("$name marks it for $cause only beside an ailment (S0-30, S0-94)", ({ said, cause }) => {
    const node = readyWith(said);
    expect(judge({ node })).toMatchObject({ kind: "escalate", reason: cause });
    expect(judge({ node, subject: { pods: [overdue] } })).toMatchObject({ ...taint, reason: cause });
  });

  it.each(told)("$name is told as $cause, in its own words, and marks nothing (S0-41, S3-03)", ({ said, cause }) => {
    const verdict = judge({ node: readyWith(said) });
    expect(verdict).toMatchObject({ kind: "escalate", reason: cause });
    expect(verdict.message).toContain(said.message);
  });

  it.each([...taken, ...standing])("$name under our mark: $rungs, one after the other", ({ said, rungs }) => {
    const node = { ...readyWith(said), taints: [suspected(atNoon(-minutes(20)))] };
    const silent = aStandingPod({ silentSince: atNoon(-minutes(6)) });
    const asked = rungs.map((_, n) => {
      const tried = rungs.slice(0, n).map((rung, at) => ({
        rung: rung as "reboot",
        id: `x-${at}`,
        cause: "x",
        at: atNoon(-minutes(60 - at)),
      }));
      const done = aCondition({ type: "knitbone.io/TaskDone", status: "True", message: `x-${n - 1} done` });
      const conditionsOf = [...node.conditions, done];
      return judge({
        node: { ...node, conditions: conditionsOf },
        memory: { ...ailing, tried },
        subject: { pods: [silent] },
        knobs: all,
      });
    });
    expect(
      asked.map((each) => (each.kind === "heal" && each.heal.kind === "AskNodeTask" ? each.heal.rung : each)),
    ).toEqual(rungs);
  });
});

describe("on a node that is not Ready", () => {
  const marked = (said: (typeof conditions)[number]["said"]) =>
    sayingNotReady(pleg, {
      taints: [suspected(atNoon(-minutes(2)))],
      conditions: readyWith(said).conditions.filter(({ type }) => type === said.type),
    });

  it.each([...taken, ...standing].filter(({ rungs, cause }) => rungs[0] === "reboot" && cause !== "LayerCorrupt"))(
    "$name chooses the rung: no restart of a service helps (S0-59, S0-94, S0-101)",
    ({ said, cause }) => {
      expect(judge({ node: marked(said), memory: seenNotReady, knobs: all })).toMatchObject({
        kind: "heal",
        heal: { kind: "AskNodeTask", rung: "reboot", cause },
        reason: cause,
      });
    },
  );

  it.each(told)("$name: its kubelet is not restarted, and the words name the pod (S3-03, S3-12)", ({ said }) => {
    const node = marked(said);
    const judged = (knobs: object, at = node) => judge({ node: at, memory: seenNotReady, knobs });
    expect(judged(all)).toMatchObject({ heal: { rung: "restart-runtime" } });
    const only = judged({ rungs: ["restart-kubelet"] });
    expect(only).toMatchObject({ kind: "escalate", reason: "HungContainer" });
    expect(only.message).toContain(`a container there is known to hang (${said.message})`);
    const stale = node.conditions.map((each) =>
      each.type === said.type ? { ...each, lastHeartbeatTime: atNoon(-minutes(16)) } : each,
    );
    expect(judged({ rungs: ["restart-kubelet"] }, { ...node, conditions: stale })).toMatchObject({
      heal: { rung: "restart-kubelet" },
    });
  });

  it("or silent, what the journal said is told: the container manager did not start (S0-59)", () => {
    const { said } = conditions.find(({ name }) => name === "ContainerManagerNotStarted") ?? { said: { type: "" } };
    const node = readyWith(said);
    const silent = node.conditions.map((each) =>
      each.type === "Ready" ? { ...each, status: "Unknown", lastTransitionTime: atNoon(-minutes(10)) } : each,
    );
    const verdict = judge({
      node: { ...node, conditions: silent },
      memory: { state: "silent", since: atNoon(-hours(1)) },
    });
    expect(verdict).toMatchObject({ ...taint, reason: "NodeSilent" });
    expect(verdict.message).toContain("The kubelet cannot start because it cannot set its cgroups up");
  });
});

describe("Events of the node pack", () => {
  const { catalogue } = aKnowledge();
  const source = "node-pack-monitor";
  const evidence = (count: number) =>
    Array.from({ length: count }, (_, n) => nodeEvent({ ...events[n % events.length], source, lastSeenAt: noon }));

  it("go into the evidence, and explain and prove nothing (S0-63, S1-05, S2-08)", () => {
    expect(judge({ events: evidence(4) })).toMatchObject({ kind: "leave", reason: "NodeWell" });
    const said = saidOfNode(aNode(), evidence(4), catalogue);
    expect(said.map(({ name, text: words }) => ({ reason: name, message: words }))).toEqual(events);
    const subject = aNodeSubject();
    expect(notreadyHandler(aNodePolicy()).evidence({ subject, said })).toMatchObject({ said });
    const { message } = judge({ node: sayingNotReady(pleg), memory: seenNotReady, events: evidence(4) });
    expect(message).not.toContain("Evidence");
  });

  it("are bounded, and push out nothing that explains (S1-05)", () => {
    const start = nodeEvent({ reason: "Starting", source: "kubelet", lastSeenAt: atNoon(-minutes(1)) });
    const names = saidOfNode(aNode(), [...evidence(60), start], catalogue).map(({ name }) => name);
    expect(names).toHaveLength(41);
    expect(names[0]).toBe("Starting");
  });
});
