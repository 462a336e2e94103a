import {
  type Incident,
  type IncidentCause,
  type IncidentStore,
  idStem,
  isSameCause,
  type Member,
} from "../../shared/incident/incident.ts";
import { rowKey, storedCopy } from "./stored-copy.ts";
import { type WithFaults, withFaults } from "./with-faults.ts";

export function memoryIncidentStore(): WithFaults<IncidentStore> {
  const rows = new Map<string, Incident>();
  const members = new Map<string, Member>();
  const keyOf = (incident: Incident) => rowKey(incident.cluster, incident.id);
  const memberKey = ({ kind, key }: IncidentCause, cluster: string, uid: string) =>
    rowKey(rowKey(kind, key), rowKey(cluster, uid));
  const store: IncidentStore = {
    async openFor(cluster) {
      return [...rows.values()]
        .filter((each) => each.closedAt === undefined && (each.cluster === cluster || each.cluster === "*"))
        .sort((a, b) => a.openedAt - b.openedAt)
        .map(storedCopy);
    },
    async ofCause(cluster, cause) {
      return [...rows.values()]
        .filter((each) => each.cluster === cluster && each.id.startsWith(idStem(cause)))
        .map(storedCopy);
    },
    async open(incident) {
      if (rows.has(keyOf(incident))) return "exists";
      rows.set(keyOf(incident), storedCopy(incident));
      return "opened";
    },
    async close(incident, at, because) {
      const row = rows.get(keyOf(incident));
      if (row === undefined || row.closedAt !== undefined) return "notOpen";
      rows.set(keyOf(incident), { ...row, closedAt: at, closedBecause: because });
      return "closed";
    },
    async count(incident, count) {
      const row = rows.get(keyOf(incident));
      if (row && row.closedAt === undefined) rows.set(keyOf(incident), { ...row, members: count });
    },
    async list() {
      return [...rows.values()].sort((a, b) => b.openedAt - a.openedAt).map(storedCopy);
    },
    async saveMember(member) {
      members.set(memberKey(member, member.cluster, member.object.uid), storedCopy(member));
    },
    async endMember(cause, cluster, uid, ended) {
      const key = memberKey(cause, cluster, uid);
      const row = members.get(key);
      if (row && row.ended === undefined) members.set(key, { ...row, ended });
    },
    async membersOf(cause) {
      return [...members.values()].filter((each) => isSameCause(each, cause)).map(storedCopy);
    },
  };
  return withFaults(store);
}
