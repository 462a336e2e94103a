import type { ClusterState } from "../../shared/cluster/cluster-state.ts";
import type { ClusterAuthentication } from "../../shared/cluster/registered-cluster.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { ageOf, rfc3339, untilWords } from "./brief-time.ts";
import { type Desk, type ListOptions, type Place, showList } from "./desk.ts";
import type { Cell } from "./text-table.ts";

export interface ClusterListOptions extends Place, ListOptions {
  readonly cluster?: string;
}

type ListedCluster = ClusterState & { readonly id: string };

/** No healer acts on a cluster whose last report is older (`design.md` §2). */
const freshMs = 120_000;

export async function listClusters(desk: Desk, options: ClusterListOptions): Promise<void> {
  const { clusters } = await desk.open(options);
  const { cluster } = options;
  const items = (await clusters.list()).filter(({ id }) => cluster === undefined || id === cluster);
  const now = desk.clock.now();
  showList(
    desk,
    {
      items,
      none:
        cluster === undefined
          ? "No clusters: nothing is watched until one is added (cluster add <id> …)."
          : `No cluster ${cluster}: see cluster list.`,
      head: ["CLUSTER", "RING", "LAST REPORT", "NODES", "SUSPECTS", "BRAKE", "BREAKER", "AUTH", "ENDPOINT"],
      spare: ["AUTH", "RING", "BREAKER", "SUSPECTS"],
      row: (item) => clusterCells(item, now),
      json: (item) => clusterJson(item, now),
    },
    options,
  );
}

function clusterCells(item: ListedCluster, now: Instant): readonly Cell[] {
  const { registered, report } = item;
  return [
    { text: item.id },
    { text: registered === undefined ? "" : String(registered.ring) },
    reportCell(item, now),
    nodesCell(item),
    { text: report === undefined ? "" : String(report.report.suspects) },
    brakeCell(item),
    item.breaker === undefined
      ? { text: "closed" }
      : { text: `open, retry ${untilWords(item.breaker.openUntil, now)}`, style: "red" },
    registered === undefined
      ? { text: "not registered", style: "red" }
      : { text: authWords[registered.authentication.kind] },
    { text: registered?.endpoint ?? "" },
  ];
}

const authWords = {
  kubeconfig: "kubeconfig",
  serviceAccountToken: "token",
  eks: "eks",
} as const satisfies Record<ClusterAuthentication["kind"], string>;

function isFresh({ report }: ListedCluster, now: Instant): boolean {
  return report !== undefined && now - report.sentAt <= freshMs;
}

function reportCell(item: ListedCluster, now: Instant): Cell {
  if (item.report === undefined) return { text: "never", style: "yellow" };
  const age = `${ageOf(item.report.sentAt, now)} ago`;
  return isFresh(item, now) ? { text: age, style: "green" } : { text: `${age}, cannot see`, style: "red" };
}

function nodesCell({ report }: ListedCluster): Cell {
  if (report === undefined) return { text: "" };
  const total = { ready: 0, all: 0 };
  for (const { ready, notReady, unknown } of report.report.zones) {
    total.ready += ready;
    total.all += ready + notReady + unknown;
  }
  const text = `${total.ready}/${total.all} ready`;
  return total.ready === total.all ? { text } : { text, style: "yellow" };
}

function brakeCell({ brake }: ListedCluster): Cell {
  if (brake === undefined) return { text: "" };
  if (brake.state === "released") return { text: "released" };
  return { text: `${brake.state}: ${brake.reason}`, style: brake.state === "frozen" ? "red" : "yellow" };
}

function clusterJson(item: ListedCluster, now: Instant): unknown {
  const { registered, report, brake, breaker } = item;
  return {
    id: item.id,
    registered: registered && { ...registered, registeredAt: rfc3339(registered.registeredAt) },
    fresh: isFresh(item, now),
    report: report && { ...report, sentAt: rfc3339(report.sentAt) },
    brake: brake && {
      ...brake,
      betterSince: rfc3339(brake.betterSince),
      releasedAt: rfc3339(brake.releasedAt),
      updatedAt: rfc3339(brake.updatedAt),
    },
    breaker: breaker && { ...breaker, openUntil: rfc3339(breaker.openUntil) },
  };
}
