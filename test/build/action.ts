import type { Heal } from "../../shared/heal/heal.ts";
import type { Action } from "../../shared/ledger/action.ts";
import type { Leak } from "../../shared/ledger/leak.ts";
import { noon } from "./instant.ts";
import { aRef } from "./object-ref.ts";
import { type Overrides, override } from "./overrides.ts";

/** The force-delete of Pod shop/web-1 on node n1. */
function aForceDelete(overrides: Overrides<Extract<Heal, { kind: "ForceDeletePod" }>> = {}) {
  return override<Extract<Heal, { kind: "ForceDeletePod" }>>(
    {
      kind: "ForceDeletePod",
      pod: aRef(),
      resourceVersion: "1000",
      node: aRef({ kind: "Node", namespace: "", name: "n1" }),
    },
    overrides,
  );
}

/** The eviction of the terminal Pod shop/web-1. */
export function anEviction(overrides: Overrides<Extract<Heal, { kind: "EvictTerminalPod" }>> = {}) {
  return override<Extract<Heal, { kind: "EvictTerminalPod" }>>(
    { kind: "EvictTerminalPod", pod: aRef(), resourceVersion: "1000" },
    overrides,
  );
}

/** A force-delete, planned at noon, without an outcome yet. */
export function anAction(overrides: Overrides<Action> = {}): Action {
  return override<Action>(
    {
      id: "action-1",
      cluster: "eu-1",
      healer: "terminating-reaper",
      object: aRef(),
      heal: aForceDelete(),
      reason: "OverdueOnUnresponsiveNode",
      message: "ten minutes past its grace",
      mode: "act",
      attempt: 1,
      traceId: "trace-1",
      plannedAt: noon,
      allowedBy: "eu-1 * act (alice)",
      budgets: [],
    },
    overrides,
  );
}

/** What that force-delete may have left on n1. */
export function aLeak(overrides: Overrides<Leak> = {}): Leak {
  return override<Leak>(
    {
      cluster: "eu-1",
      pod: aRef(),
      node: aRef({ kind: "Node", namespace: "", name: "n1" }),
      bootId: "boot-of-n1",
      actionId: "action-1",
      openedAt: noon,
      state: "open",
    },
    overrides,
  );
}
