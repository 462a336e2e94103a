import { expect } from "vitest";
import type { Incident, IncidentStore } from "../../shared/incident/incident.ts";
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
  closedAt: at + 1,
};

function anIncident(id: string, cluster: string, overrides: Partial<Incident> = {}): Incident {
  const { closedAt: _closedAt, ...incident } = fullIncident;
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
      await incidents.close(incident, at + 5);
      expect(await incidents.open(incident)).toBe("exists");
      expect(await incidents.openFor("eu-1")).toEqual([]);
    });

    keeps("lets one of twenty racing openings win", async () => {
      const incidents = await create();
      const answers = await racing(20, (index) => incidents.open(anIncident("reg", "*", { message: `${index}` })));
      expect(answers.filter((each) => each === "opened")).toHaveLength(1);
      expect((await incidents.openFor("eu-1"))[0]?.message).toBe(`${answers.indexOf("opened")}`);
    });

    keeps("closes once and keeps the first instant", async () => {
      const incidents = await create();
      const incident = anIncident("reg", "eu-1");
      await incidents.open(incident);
      await incidents.close(incident, at + 5);
      await incidents.close(incident, at + 6);
      expect(await incidents.openFor("eu-1")).toEqual([]);
      expect(await incidents.list()).toEqual([{ ...incident, closedAt: at + 5 }]);
    });

    keeps("writes nothing when it closes an incident that is not there", async () => {
      const incidents = await create();
      await incidents.close(anIncident("reg", "eu-1"), at);
      expect(await incidents.list()).toEqual([]);
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
