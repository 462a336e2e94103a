import { expect } from "vitest";
import type { Incident, IncidentStore, Member } from "../../shared/incident/incident.ts";
import { aRef } from "../build/object-ref.ts";
import { contract, type Deviations, racing } from "./promises.ts";

const at = Date.parse("2026-11-21T12:00:00Z");

/** Every member is there: one that an implementation forgets to store is missed, and a new one must be added here. */
const fullIncident: Required<Incident> = {
  id: "registry-1",
  cluster: "*",
  kind: "registry",
  key: "registry.example.com",
  reason: "RegistryUnreachable",
  message: "12 pods in 3 clusters",
  openedAt: at,
  mode: "observe",
  members: 12,
  closedAt: at + 1,
  closedBecause: "Repaired",
};

const fullMember: Required<Member> = {
  kind: "registry",
  key: "registry.example.com",
  place: "n1",
  zone: "zone-a",
  part: "registry.example.com/web:1",
  said: "RegistryFailing",
  cluster: "eu-1",
  object: aRef(),
  mode: "act",
  at,
  ended: { how: "well", at: at + 9 },
};

function aMember(overrides: Partial<Member> = {}): Member {
  const { ended: _ended, ...member } = fullMember;
  return { ...member, ...overrides };
}

function anIncident(id: string, cluster: string, overrides: Partial<Incident> = {}): Incident {
  const { closedAt: _at, closedBecause: _because, mode: _mode, ...incident } = fullIncident;
  return { ...incident, id, cluster, ...overrides };
}

export function incidentStoreContract(create: () => Promise<IncidentStore>, deviations: Deviations = {}): void {
  contract("IncidentStore", deviations, (keeps) => {
    keeps("gives back every member of what was opened", async () => {
      const incidents = await create();
      expect(await incidents.open(fullIncident)).toBe("opened");
      expect(await incidents.list()).toEqual([fullIncident]);
    });

    keeps("finds what is open for a cluster and for all of them, oldest first", async () => {
      const incidents = await create();
      const own = anIncident("csi", "eu-1", { kind: "csiDriver", key: "ebs", openedAt: at + 2 });
      const everywhere = anIncident("reg", "*", { openedAt: at + 1 });
      await incidents.open(own);
      await incidents.open(everywhere);
      await incidents.open(anIncident("zone", "eu-2"));
      expect(await incidents.openFor("eu-1")).toEqual([everywhere, own]);
      expect(await incidents.openFor("eu-3")).toEqual([everywhere]);
      expect(await incidents.openFor("*")).toEqual([everywhere]);
    });

    keeps("opens an id once, also after it was closed", async () => {
      const incidents = await create();
      const incident = anIncident("reg", "eu-1");
      expect(await incidents.open(incident)).toBe("opened");
      expect(await incidents.open(anIncident("reg", "eu-1", { reason: "Other" }))).toBe("exists");
      expect(await incidents.openFor("eu-1")).toEqual([incident]);
      await incidents.close(incident, at + 5, "Repaired");
      expect(await incidents.open(incident)).toBe("exists");
      expect(await incidents.openFor("eu-1")).toEqual([]);
    });

    keeps("lets one of twenty racing openings win", async () => {
      const incidents = await create();
      const answers = await racing(20, (index) => incidents.open(anIncident("reg", "*", { message: `${index}` })));
      expect(answers.filter((each) => each === "opened")).toHaveLength(1);
      expect((await incidents.openFor("eu-1"))[0]?.message).toBe(`${answers.indexOf("opened")}`);
    });

    keeps("closes once, keeps the first word, and says who was first", async () => {
      const incidents = await create();
      const incident = anIncident("reg", "eu-1");
      await incidents.open(incident);
      expect(await incidents.close(incident, at + 5, "Quiet")).toBe("closed");
      expect(await incidents.close(incident, at + 6, "Repaired")).toBe("notOpen");
      expect(await incidents.openFor("eu-1")).toEqual([]);
      expect(await incidents.list()).toEqual([{ ...incident, closedAt: at + 5, closedBecause: "Quiet" }]);
    });

    keeps("writes nothing when it closes an incident that is not there", async () => {
      const incidents = await create();
      expect(await incidents.close(anIncident("reg", "eu-1"), at, "Quiet")).toBe("notOpen");
      expect(await incidents.list()).toEqual([]);
    });

    keeps("lets one of twenty racing closings win", async () => {
      const incidents = await create();
      const incident = anIncident("reg", "*");
      await incidents.open(incident);
      const answers = await racing(20, (index) => incidents.close(incident, at + index, "Quiet"));
      expect(answers.filter((each) => each === "closed")).toHaveLength(1);
    });

    keeps("counts what fails by an open one, and leaves a closed one as it was", async () => {
      const incidents = await create();
      const incident = anIncident("reg", "eu-1");
      await incidents.count(incident, 3);
      expect(await incidents.list()).toEqual([]);
      await incidents.open(incident);
      await incidents.count(incident, 14);
      expect(await incidents.openFor("eu-1")).toEqual([{ ...incident, members: 14 }]);
      await incidents.close(incident, at + 5, "Quiet");
      await incidents.count(incident, 15);
      expect((await incidents.list())[0]?.members).toBe(14);
    });

    keeps("finds those of one cause in one cluster, open and closed", async () => {
      const incidents = await create();
      const cause = { kind: "registry", key: "registry.example.com" } as const;
      const first = anIncident("registry:registry.example.com#1", "eu-1");
      const second = anIncident("registry:registry.example.com#2", "eu-1");
      await incidents.open(first);
      await incidents.close(first, at + 5, "Repaired");
      await incidents.open(second);
      await incidents.open(anIncident("registry:registry.example.com#1", "*"));
      await incidents.open(anIncident("registry:registry.example#1", "eu-1", { key: "registry.example" }));
      const found = await incidents.ofCause("eu-1", cause);
      expect(found.map(({ id, closedAt }) => [id, closedAt]).sort()).toEqual([
        [first.id, at + 5],
        [second.id, undefined],
      ]);
    });

    keeps("gives back every member of a member, of all clusters, by its cause", async () => {
      const incidents = await create();
      await incidents.saveMember(fullMember);
      const elsewhere = aMember({ cluster: "eu-2" });
      await incidents.saveMember(elsewhere);
      await incidents.saveMember(aMember({ key: "other.example.com" }));
      await incidents.saveMember(aMember({ kind: "image" }));
      const found = await incidents.membersOf(fullMember);
      expect(found).toHaveLength(2);
      expect(found).toEqual(expect.arrayContaining([fullMember, elsewhere]));
      expect(await incidents.list()).toEqual([]);
    });

    keeps("has one row for an object and a cause: the latest look's", async () => {
      const incidents = await create();
      await incidents.saveMember(aMember());
      await incidents.endMember(fullMember, "eu-1", fullMember.object.uid, { how: "changed", at: at + 1 });
      await incidents.endMember(fullMember, "eu-1", fullMember.object.uid, { how: "gone", at: at + 2 });
      expect(await incidents.membersOf(fullMember)).toEqual([aMember({ ended: { how: "changed", at: at + 1 } })]);
      await incidents.saveMember(aMember({ at: at + 3 }));
      expect(await incidents.membersOf(fullMember)).toEqual([aMember({ at: at + 3 })]);
    });

    keeps("ends nothing that is not there", async () => {
      const incidents = await create();
      await incidents.endMember(fullMember, "eu-1", "nobody", { how: "gone", at });
      expect(await incidents.membersOf(fullMember)).toEqual([]);
    });

    keeps("lists open and closed ones, newest first", async () => {
      const incidents = await create();
      await incidents.open(anIncident("a", "eu-1", { openedAt: at + 1 }));
      await incidents.open(anIncident("b", "*", { openedAt: at + 3, closedAt: at + 4 }));
      await incidents.open(anIncident("c", "eu-2", { openedAt: at + 2 }));
      expect((await incidents.list()).map((each) => each.id)).toEqual(["b", "c", "a"]);
    });
  });
}
