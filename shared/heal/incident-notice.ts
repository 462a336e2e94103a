import type { Incident } from "../incident/incident.ts";
import type { Instant } from "../time/clock.ts";
import type { PipelineDeps } from "./pipeline-deps.ts";

/** What is told of an incident, once each. No Event: a registry or a class has no object, and one of a hundred pods is not the one to speak of. */
export interface Notice {
  readonly what: "IncidentOpened" | "IncidentClosed";
  readonly incident: Incident;
  readonly message: string;
  readonly healer: string;
  readonly traceId: string;
  /** Whose word allowed it. */
  readonly allowedBy: string;
}

type Deps = Pick<PipelineDeps, "ledger" | "log" | "metrics" | "clock">;

const idOf = ({ what, incident }: Notice) => `${what}-${incident.id}`;

/** Before the incident's row is written: should this process die in between, the ledger says what it was about to do. The same id for all who try. */
export async function planNotice({ ledger, clock }: Deps, notice: Notice): Promise<void> {
  const { incident, message, healer, traceId, what, allowedBy } = notice;
  const about = { kind: "Incident", namespace: "", name: incident.id, uid: incident.id };
  await ledger.plan({
    id: idOf(notice),
    cluster: incident.cluster,
    healer,
    object: about,
    heal: { kind: "Escalate", about },
    reason: what,
    message,
    mode: incident.mode ?? "act",
    attempt: 1,
    traceId,
    plannedAt: clock.now(),
    allowedBy,
    budgets: [],
  });
}

/** After the incident's row was written, by who wrote it; and by whoever finds that it was not told. Said once. */
export async function tellNotice({ ledger, log, metrics, clock }: Deps, notice: Notice): Promise<void> {
  const { what, incident, message } = notice;
  const at: Instant = clock.now();
  const kind = incident.mode === "observe" ? "Observed" : "Done";
  const settled = await ledger.settle(incident.cluster, idOf(notice), { kind, message: "Told.", at });
  if (settled !== "settled") return;
  const { kind: cause, cluster, reason } = incident;
  log.warn(what, { incident: incident.id, cluster, reason, detail: message });
  metrics.count(what, 1, { kind: cause, reason });
}
