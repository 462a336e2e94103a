import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ForwarderMessage, messageLimitBytes } from "../../../../shared/delta/forwarder-message.ts";
import { parseForwarderMessage } from "../../../../shared/delta/parse-forwarder-message.ts";
import { eventFromRaw } from "../../../../shared/kubernetes/event.ts";
import { nodeFromRaw } from "../../../../shared/kubernetes/node.ts";
import { podFromRaw } from "../../../../shared/kubernetes/pod.ts";
import { noon } from "../../../build/instant.ts";
import { aDelta } from "../../../build/message.ts";
import { aNode } from "../../../build/node.ts";
import { aRef } from "../../../build/object-ref.ts";
import { anEvictedPod, anOverduePod } from "../../../build/pod.ts";

/** Thousands of runs on a machine that does other things as well. */
const busyMs = 60_000;

const envelope = { v: 1, cluster: "eu-1", epoch: noon, sequence: 7 };
const deltas = (...list: object[]) => ({ ...envelope, kind: "deltas", deltas: list });
const aReport = {
  sent: { from: 1, to: 7 },
  serverVersion: "v1.36.3",
  forwarderVersion: "0.1.0",
  incarnation: "kube-system-uid",
  zones: [{ zone: "a", ready: 3, notReady: 0, unknown: 1 }],
  pools: [{ pool: "general", nodes: 4, free: { cpu: 2.5 }, largestFree: { cpu: 1 } }],
  coalesced: 0,
  suspects: 2,
};
const report = (more: object = {}) => ({ ...envelope, kind: "report", report: { ...aReport, ...more } });

const parse = (value: unknown) => parseForwarderMessage(JSON.stringify(value));
const parsed = (value: unknown): ForwarderMessage => {
  const result = parse(value);
  if (result.kind === "malformed") throw new Error(`${result.code}: ${result.detail}`);
  expect(result.refused).toEqual([]);
  return result.message;
};

describe("a well-formed message comes out as it went in", () => {
  const pod = anOverduePod();
  const node = aNode();
  const event = eventFromRaw({
    metadata: { name: "web-1.17a", namespace: "shop", uid: "e1", resourceVersion: "5" },
    type: "Warning",
    reason: "FailedMount",
    note: "timed out",
    regarding: { kind: "Node", name: "n1", uid: "n1" },
    reportingController: "kubelet",
  });
  it.each([
    ["a suspect pod", deltas(aDelta({ object: pod.ref, state: pod }))],
    ["a failed pod", deltas(aDelta({ object: anEvictedPod().ref, signals: ["PodFailed"], state: anEvictedPod() }))],
    ["a node", deltas(aDelta({ object: node.ref, signals: ["NodeNotReady", "NodeLeaseStale"], state: node }))],
    ["an Event about a pod", deltas(aDelta({ signals: ["WarningEvent"], state: event }))],
    ["one that vanished unseen", deltas(aDelta({ kind: "gone", signals: [], finalStateUnknown: true }))],
    ["several", deltas(aDelta(), aDelta({ object: aRef({ name: "web-2" }) }))],
    ["none", deltas()],
    ["a report", report()],
    ["the first report", { ...report(), report: { ...aReport, sent: undefined } }],
  ])("%s", (_, message) => {
    expect(parsed(message)).toEqual(JSON.parse(JSON.stringify(message)));
  });

  it(
    "whatever an API server sends: facts of raw objects always fit",
    () => {
      const raw = fc.dictionary(
        fc.constantFrom("spec", "status", "type", "note", "count", "series", "regarding"),
        fc.oneof(
          fc.jsonValue({ maxDepth: 2 }),
          fc.record({
            nodeName: fc.string(),
            phase: fc.string(),
            containers: fc.array(fc.record({ name: fc.string(), image: fc.string() })),
            containerStatuses: fc.array(
              fc.record({
                name: fc.string(),
                restartCount: fc.nat(),
                state: fc.dictionary(
                  fc.constantFrom("waiting", "running", "terminated"),
                  fc.record({ reason: fc.string(), message: fc.string() }),
                ),
                lastState: fc.record({
                  terminated: fc.record({
                    exitCode: fc.oneof(fc.integer(), fc.string()),
                    reason: fc.string(),
                    finishedAt: fc.constantFrom("2026-11-21T12:00:00Z", "1970-01-01T00:00:00Z", "?"),
                  }),
                }),
              }),
            ),
            conditions: fc.array(
              fc.record({
                type: fc.string(),
                status: fc.string(),
                lastTransitionTime: fc.constant("2026-11-21T12:00:00Z"),
              }),
            ),
            allocatable: fc.dictionary(fc.string(), fc.constantFrom("1", "500m", "1Gi")),
          }),
        ),
      );
      const metadata = { name: "a", namespace: "shop", uid: "u1", resourceVersion: "1" };
      fc.assert(
        fc.property(raw, fc.constantFrom(podFromRaw, nodeFromRaw, eventFromRaw), (object, project) => {
          const state = project({ ...object, metadata });
          const message = deltas(aDelta({ object: { ...state.ref, uid: "u1" }, signals: [], state }));
          const result = parse(message);
          if (result.kind === "malformed") expect(result).toMatchObject({ code: "ForbiddenKey" });
          else expect(result.message).toMatchObject({ deltas: [{ state: { ref: { uid: "u1" } } }] });
        }),
        { numRuns: 2_000 },
      );
    },
    busyMs,
  );

  it("except for members that it does not know", () => {
    const message = parsed({ ...deltas({ ...aDelta(), later: 1 }), also: { later: 1 } });
    expect(message).toEqual(deltas(aDelta()));
  });

  it("and for control characters in texts, which become spaces", () => {
    const message = parsed(deltas(aDelta({ state: { ...anOverduePod(), message: "a\u001b[31mred\r\nb\u009bc" } })));
    expect(message).toMatchObject({ deltas: [{ state: { message: "a [31mred b c" } }] });
  });
});

describe("a malformed message is refused with its code", () => {
  const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
  it.each([
    ["empty", "", "NotJson", "the body is not JSON"],
    ["no JSON", "{secret", "NotJson", "the body is not JSON"],
    ["null", "null", "SchemaViolation", "message: not an object"],
    ["a list", "[]", "SchemaViolation", "message: not an object"],
    ["thirteen levels", nested(13), "TooDeep", "more than 12 levels"],
    ["thirty thousand levels", nested(30_000), "TooDeep", "more than 12 levels"],
    ["a prototype key", '{"v":1,"__proto__":{"kind":"deltas"}}', "ForbiddenKey", "key __proto__"],
    ["a constructor key, deep", '{"v":1,"a":[{"constructor":1}]}', "ForbiddenKey", "key constructor"],
    ["a key with an escape", '{"a\\u001bb":1}', "ForbiddenKey", "a key with control characters"],
    ["no version", "{}", "SchemaViolation", "v: not a number"],
    ["a version to come", '{"v":2}', "UnknownVersion", "version 2; this side speaks 1 and the one before"],
    ["a version long gone", '{"v":0}', "UnknownVersion", "version 0; this side speaks 1 and the one before"],
    ["half a version", '{"v":1.5}', "UnknownVersion", "version 1.5; this side speaks 1 and the one before"],
  ])("%s", (_, body, code, detail) => {
    expect(parseForwarderMessage(body)).toEqual({ kind: "malformed", code, detail });
  });

  it("one byte over 64 KiB, counted in bytes and not in characters", () => {
    const padded = (bytes: number) => {
      const bare = JSON.stringify({ ...deltas(), pad: "" });
      return bare.replace('"pad":""', `"pad":"${"ü".repeat((bytes - bare.length) / 2)}"`);
    };
    const even = JSON.stringify({ ...deltas(), pad: "" }).length % 2;
    expect(parseForwarderMessage(padded(messageLimitBytes - even)).kind).toBe("parsed");
    expect(parseForwarderMessage(padded(messageLimitBytes + 2 - even))).toMatchObject({ code: "Oversized" });
  });

  it.each([
    ["an unknown kind", { ...deltas(), kind: "order" }],
    ["a cluster with a slash", { ...deltas(), cluster: "eu/1" }],
    ["a cluster with a hash", { ...deltas(), cluster: "eu#1" }],
    ["a cluster that is a number", { ...deltas(), cluster: 1 }],
    ["a negative epoch", { ...deltas(), epoch: -1 }],
    ["a broken sequence", { ...deltas(), sequence: 1.5 }],
    ["deltas that are no list", { ...deltas(), deltas: {} }],
    ["a report without zones", report({ zones: undefined })],
    ["a zone with fewer than no nodes", report({ zones: [{ zone: "a", ready: -1, notReady: 0, unknown: 0 }] })],
    ["a range that goes back", report({ sent: { from: 8, to: 7 } })],
    ["a range of 1,025", report({ sent: { from: 1, to: 1_025 } })],
  ])("%s", (_, message) => {
    const result = parse(message);
    expect(result).toMatchObject({ kind: "malformed", code: "SchemaViolation" });
    expect(result.kind === "malformed" && result.detail.length).toBeLessThanOrEqual(200);
  });
});

describe("one malformed delta is refused and its neighbours are kept", () => {
  const neighbours = [aDelta(), aDelta({ object: aRef({ name: "web-9" }) })] as const;
  const one = (bad: object) => deltas(neighbours[0], bad, neighbours[1]);
  it.each([
    ["a name in capitals", one(aDelta({ object: aRef({ name: "Web" }) }))],
    ["a name with a slash", one(aDelta({ object: aRef({ name: "a/b" }) }))],
    ["a name of 254 characters", one(aDelta({ object: aRef({ name: "a".repeat(254) }) }))],
    ["an empty name", one(aDelta({ object: aRef({ name: "" }) }))],
    ["a namespace with a dot", one(aDelta({ object: aRef({ namespace: "a.b" }) }))],
    ["a namespace of 64 characters", one(aDelta({ object: aRef({ namespace: "a".repeat(64) }) }))],
    ["a uid with a hash", one(aDelta({ object: aRef({ uid: "a#b" }) }))],
    ["no uid", one(aDelta({ object: aRef({ uid: "" }) }))],
    ["a kind that is none", one(aDelta({ object: aRef({ kind: "pod" }) }))],
    ["an unknown signal", one({ ...aDelta(), signals: ["PodSad"] })],
    ["an unknown delta kind", one({ ...aDelta(), kind: "healed" })],
    ["a trace id with markup", one({ ...aDelta(), traceId: "<b>" })],
    ["an instant beyond time", one({ ...aDelta(), observedAt: 1e300 })],
    ["a text beyond 4 KiB", one(aDelta({ resourceVersion: "1".repeat(4_097) }))],
  ])("%s", (_, message) => {
    const result = parse(message);
    expect(result).toMatchObject({ kind: "parsed", message: { deltas: neighbours } });
    expect(result.kind === "parsed" && result.message.kind === "deltas" && result.message.deltas).toHaveLength(2);
    expect(result.kind === "parsed" && result.refused).toEqual([expect.stringMatching(/^deltas\.1\./)]);
  });

  it("a delta that is none", () => {
    expect(parse({ ...deltas(), deltas: [1] })).toMatchObject({
      kind: "parsed",
      refused: ["deltas.0: Invalid input"],
    });
  });
});

describe("a state that does not fit is left out, the delta stays", () => {
  it.each([
    ["another object's", anOverduePod({ name: "web-2" })],
    ["of no kind", { ref: aRef() }],
    ["of a hostile length", { ...anOverduePod(), annotations: { "knitbone.io/heal": "x".repeat(5_000) } }],
    ["no object", 7],
  ])("%s", (_, state) => {
    expect(parsed({ ...deltas(), deltas: [{ ...aDelta(), state }] })).toEqual(deltas(aDelta()));
  });
});

describe("whatever arrives", () => {
  const valid = [deltas(aDelta({ state: anOverduePod() }), aDelta({ object: aRef({ name: "b" }) })), report()].map(
    (each) => JSON.stringify(each),
  );
  /** A valid message with some characters replaced, removed or doubled. */
  const mutated = fc
    .tuple(
      fc.constantFrom(...valid),
      fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.string({ maxLength: 3 })), { minLength: 1, maxLength: 5 }),
    )
    .map(([body, edits]) =>
      edits.reduce((text, [at, cut, insert]) => {
        const position = at % (text.length + 1);
        return text.slice(0, position) + insert + text.slice(position + cut);
      }, body),
    );
  /** A valid message with one member, anywhere, replaced by any JSON. */
  const grafted = fc.tuple(fc.constantFrom(...valid), fc.nat(), fc.jsonValue()).map(([body, at, value]) => {
    let left = at % 40;
    return JSON.stringify(JSON.parse(body), (_, member) => (left-- === 0 ? value : member));
  });

  it(
    "it never throws, and what it lets through is safe to use (10,000 payloads)",
    () => {
      fc.assert(
        fc.property(fc.oneof(mutated, grafted, fc.string({ maxLength: 200 }), fc.json({ maxDepth: 14 })), (body) => {
          const result = parseForwarderMessage(body);
          if (result.kind === "malformed") {
            expect(result.detail.length).toBeLessThanOrEqual(200);
            expect(JSON.stringify(result.detail)).not.toMatch(/\\u00[0189]|\\[nrtbf]/);
            return;
          }
          const { message } = result;
          expect(message.v).toBe(1);
          for (const each of message.kind === "deltas" ? message.deltas : []) {
            expect(each.object.name).toMatch(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
            expect(each.object.uid).toMatch(/^[A-Za-z0-9-]+$/);
          }
          expect(JSON.stringify(message)).not.toMatch(/\\u00[0189]|__proto__/);
        }),
        { numRuns: 10_000 },
      );
    },
    busyMs,
  );
});
