import { describe, expect, it } from "vitest";
import { outcomeOf } from "../../../../shared/cluster/answer-outcome.ts";

const target = { namespace: "shop", name: "web-1" };
const answer = (
  status: number,
  message: string,
  more: { reason?: string; details?: object; headers?: Record<string, string> } = {},
) => ({
  status,
  headers: more.headers ?? {},
  body: {
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    message,
    reason: more.reason,
    details: more.details ?? {},
    code: status,
  },
});

describe("a conflict", () => {
  it.each([
    // kube-apiserver v1.36: rest/delete.go BeforeDelete
    'Operation cannot be fulfilled on Pod "web-1": the UID in the precondition (a) does not match the UID in record (b). The object might have been deleted and then recreated',
    // kube-apiserver v1.36: storage.Preconditions.Check, wrapped by storeerr
    'Operation cannot be fulfilled on pods "web-1": StorageError: invalid object, Code: 4, Key: /pods/shop/web-1, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: a, UID in object meta: b',
  ])("of the uid means that ours is gone: %s", (message) => {
    expect(outcomeOf(answer(409, message, { reason: "Conflict" }), target)).toEqual({ kind: "Gone" });
  });

  it.each([
    'Operation cannot be fulfilled on Pod "web-1": the ResourceVersion in the precondition (7) does not match the ResourceVersion in record (8). The object might have been modified',
    'Operation cannot be fulfilled on pods "web-1": StorageError: invalid object, Code: 4, Key: /pods/shop/web-1, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ResourceVersion in precondition: 7, ResourceVersion in object meta: 8',
    'Operation cannot be fulfilled on pods "web-1": the object has been modified; please apply your changes to the latest version and try again',
  ])("of anything else is a Conflict: %s", (message) => {
    expect(outcomeOf(answer(409, message, { reason: "Conflict" }), target).kind).toBe("Conflict");
  });
});

describe("a 404", () => {
  it("that names the pod, or its namespace, means Gone", () => {
    const gone = (name: string) =>
      outcomeOf(answer(404, "not found", { reason: "NotFound", details: { name } }), target);
    expect(gone("web-1")).toEqual({ kind: "Gone" });
    expect(gone("shop")).toEqual({ kind: "Gone" });
  });

  it("of somebody else proves nothing", () => {
    expect(outcomeOf({ status: 404, headers: {}, body: "no backend" }, target)).toEqual({
      kind: "Unknown",
      message: "404 no backend",
    });
    expect(outcomeOf(answer(404, "could not find the requested resource", { reason: "NotFound" }), target).kind).toBe(
      "Unknown",
    );
  });
});

describe("a 429", () => {
  const words = "Cannot evict pod as it would violate the pod's disruption budget.";
  const budget = {
    causes: [
      { reason: "DisruptionBudget", message: "The disruption budget b needs 2 healthy pods and has 2 currently" },
    ],
  };

  it("of a budget waits 10 s and says which", () => {
    expect(outcomeOf(answer(429, words, { reason: "TooManyRequests", details: budget }), target)).toEqual({
      kind: "BlockedByBudget",
      retryAfterMs: 10_000,
      message: `429 ${words} The disruption budget b needs 2 healthy pods and has 2 currently`,
    });
  });

  it.each([
    ["the header", answer(429, words, { headers: { "retry-after": "30" } }), 30_000],
    ["the Status", answer(429, words, { details: { retryAfterSeconds: 5 } }), 5_000],
    ["neither: the server's own throttle", answer(429, "too many requests"), 1_000],
    ["an unreadable header", answer(429, "too many requests", { headers: { "retry-after": "Sat, 21 Nov" } }), 1_000],
  ])("obeys %s", (_, given, retryAfterMs) => {
    expect(outcomeOf(given, target)).toMatchObject({ kind: "BlockedByBudget", retryAfterMs });
  });
});

it.each([
  [200, "", "Done"],
  [201, "", "Done"],
  [202, "", "Done"],
  [301, "", "Unknown"],
  [400, "bad", "Denied"],
  [401, "Unauthorized", "Denied"],
  [403, "forbidden", "Denied"],
  [405, "", "Denied"],
  [408, "", "Unknown"],
  [422, "invalid", "Denied"],
  [500, "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.", "Denied"],
  [500, "Internal error occurred: etcdserver: request timed out", "Unknown"],
  [502, "", "Unknown"],
  [503, "", "Unknown"],
  [504, "", "Unknown"],
])("%i %s is %s", (status, message, kind) => {
  expect(outcomeOf(answer(status, message), target).kind).toBe(kind);
});

it("tells a stranger's words on one line, cut, without control characters or tokens", () => {
  const outcome = outcomeOf(answer(403, `no\u001b[31m\n${"x".repeat(400)} eyJhbGciOi.eyJzdWIi.sig`), target);
  expect(outcome).toEqual({ kind: "Denied", message: `403 no [31m ${"x".repeat(400)}`.slice(0, 300) });
});
