import type { Case } from "../../shared/case/case.ts";
import { describeRef } from "../../shared/kubernetes/object-ref.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { ageOf, rfc3339, untilWords } from "./brief-time.ts";
import { type Desk, type ListOptions, type Place, showList } from "./desk.ts";
import { checkHealer } from "./known-healers.ts";
import type { Cell } from "./text-table.ts";
import { verdictWords } from "./verdict-words.ts";

export interface CaseOptions extends Place, ListOptions {
  readonly cluster?: string;
  readonly healer?: string;
  readonly open?: true;
}

export async function listCases(desk: Desk, options: CaseOptions): Promise<void> {
  const { cluster, healer } = options;
  const { cases } = await desk.open(options);
  const found = await cases.list({
    ...(cluster === undefined ? {} : { cluster }),
    ...(healer === undefined ? {} : { healer }),
  });
  // Rows may outlive their healer, and a node's case may come before it: a name is only wrong where it finds nothing.
  if (healer !== undefined && found.length === 0) checkHealer(healer, desk.healers, { all: false });
  const now = desk.clock.now();
  showList(
    desk,
    {
      items: options.open ? found.filter(({ state }) => state === "open") : found,
      none: options.open
        ? "No open cases: nothing is sick that a healer looks after."
        : "No cases: nothing sick has been seen.",
      head: ["CLUSTER", "OBJECT", "HEALER", "VERDICT", "REASON", "AGE", "NEXT LOOK", "WHAT"],
      spare: ["NEXT LOOK", "HEALER", "AGE"],
      row: (item) => caseCells(item, now),
      json: caseJson,
    },
    options,
  );
}

function caseCells(item: Case, now: Instant): readonly Cell[] {
  const { verdict } = item;
  const closed = item.state === "closed";
  const cells: readonly Cell[] = [
    { text: item.key.cluster },
    { text: describeRef(item.object) },
    { text: item.key.healer },
    verdict === undefined ? { text: "not judged yet" } : verdictWords(verdict.kind, verdict.mode),
    { text: verdict?.reason ?? "" },
    { text: ageOf(item.openedAt, now) },
    { text: nextLook(item, now) },
    { text: closed ? `closed: ${item.closedBecause ?? "well"}` : (verdict?.message ?? "") },
  ];
  return closed ? cells.map(({ text }) => ({ text, style: "dim" })) : cells;
}

function nextLook(item: Case, now: Instant): string {
  if (item.state === "closed") return "never";
  return item.nextLookAt === undefined ? "when seen" : untilWords(item.nextLookAt, now);
}

export function caseJson(item: Case): unknown {
  const { key, verdict, escalated, pending } = item;
  return {
    cluster: key.cluster,
    healer: key.healer,
    object: item.object,
    state: item.state,
    verdict: verdict?.kind,
    reason: verdict?.reason,
    message: verdict?.message,
    mode: verdict?.mode,
    judgedAt: rfc3339(verdict?.at),
    openedAt: rfc3339(item.openedAt),
    updatedAt: rfc3339(item.updatedAt),
    nextLookAt: rfc3339(item.nextLookAt),
    attempts: item.attempts,
    pendingActionId: pending?.actionId,
    escalatedAt: rfc3339(escalated?.at),
    escalatedReason: escalated?.reason,
    shadowHeldUntil: rfc3339(item.shadowHeldUntil),
    symptoms: item.symptoms?.map(({ pod, reason, at }) => ({
      pod: `${pod.namespace}/${pod.name}`,
      reason,
      at: rfc3339(at),
    })),
    closedBecause: item.closedBecause,
    traceId: item.traceId,
  };
}
