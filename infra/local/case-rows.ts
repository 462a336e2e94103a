import type { Case } from "../../shared/case/case.ts";
import type { LiveRow } from "./live-table.ts";

/** What is wrong, in two or three words, by who looks after it. */
const complaints: Readonly<Record<string, string>> = {
  "terminating-reaper": "stuck Terminating",
  "orphan-sweeper": "Failed, left over",
  "notready-handler": "sick node",
  "dependency-watch": "shared cause",
};

/** `shop/web…x8k2p` for a pod of a Deployment, without its template's hash; workloads without their kind. */
export const objectWords = ({ namespace, name }: Case["object"]): string => {
  const short = name.replace(/-[a-z0-9]{8,10}-(?=[a-z0-9]{5}$)/, "…");
  return namespace === "" ? short : `${namespace}/${short}`;
};

export function rowOf(each: Case): LiveRow {
  const { key, object, verdict, state, closedBecause } = each;
  return {
    cluster: key.cluster,
    object: objectWords(object),
    what: complaints[key.healer] ?? key.healer,
    ...(verdict === undefined ? {} : { verdict }),
    reason: state === "closed" && closedBecause !== "Healed" ? (closedBecause ?? "") : (verdict?.reason ?? ""),
    since: each.openedAt,
    healed: closedBecause === "Healed",
  };
}

/** Who is still sick first, each part with the latest change on top: what moves is where people look. */
export function orderedCases(cases: readonly Case[]): readonly Case[] {
  const rank = ({ state }: Case) => (state === "open" ? 0 : 1);
  return cases.toSorted((a, b) => rank(a) - rank(b) || b.updatedAt - a.updatedAt);
}

export function tally(cases: readonly Case[]): string {
  const count = (test: (each: Case) => boolean) => cases.filter(test).length;
  const open = (kind: string) => count(({ state, verdict }) => state === "open" && verdict?.kind === kind);
  return [
    `${count(({ closedBecause }) => closedBecause === "Healed")} healed`,
    `${open("wait")} waiting`,
    `${open("leave")} left alone`,
    `${open("escalate") + open("handOver")} told to people`,
  ].join(" · ");
}
