import { expect } from "vitest";
import type { CurrentBench } from "./kubernetes-api.contract.ts";
import { deploymentManifest, podManifest } from "./kubernetes-api-bench.ts";
import { namesOf } from "./kubernetes-api-pages.ts";
import { contract, type Deviations } from "./promises.ts";

/** What a real API server does, this project does not ask for, and the model may therefore be without: each declared with its reason. */
export function beyond(bench: CurrentBench, deviations: Deviations): void {
  contract("beyond what is used", deviations, (keeps) => {
    keeps("applies fields under their manager's name", async () => {
      const { call, at, fresh } = bench();
      const name = fresh();
      const path = at("apps", "deployments", name);
      const apply = (fieldManager: string, body: object, force = "false") =>
        call("PATCH", path, { type: "application/apply-patch+yaml", query: { fieldManager, force }, body });
      const made = await apply("one", { apiVersion: "apps/v1", kind: "Deployment", ...deploymentManifest(name) });
      expect(made).toMatchObject({ status: 201, body: { metadata: { name } } });
      const other = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name }, spec: { replicas: 1 } };
      expect(await apply("another", other)).toMatchObject({ status: 409, body: { reason: "Conflict" } });
      expect(await apply("another", other, "true")).toMatchObject({ status: 200, body: { spec: { replicas: 1 } } });
    });

    keeps("says which client manages which field", async () => {
      const { boundPod } = bench();
      const { metadata } = await boundPod();
      expect(metadata).toMatchObject({ managedFields: [expect.objectContaining({ operation: "Update" })] });
    });

    keeps("deletes a whole selection at once", async () => {
      const { call, create, pods, fresh } = bench();
      const labels = { group: fresh() };
      for (let n = 0; n < 2; n++) await create(pods(), podManifest({ name: fresh(), labels }));
      const query = { labelSelector: `group=${labels.group}` };
      expect(await call("DELETE", pods(), { query })).toMatchObject({ status: 200, body: { kind: "PodList" } });
      expect((await call("GET", pods(), { query })).body.items).toEqual([]);
    });

    keeps("prints a table", async () => {
      const { call, pods } = bench();
      const headers = { accept: "application/json;as=Table;g=meta.k8s.io;v=v1,application/json" };
      expect((await call("GET", pods(), { headers })).body.kind).toBe("Table");
    });

    keeps("speaks YAML", async () => {
      const { call, pods } = bench();
      const reply = await call("GET", pods(), { headers: { accept: "application/yaml" } });
      expect(reply).toMatchObject({ status: 200, headers: { "content-type": "application/yaml" } });
    });

    keeps("drops fields that its schema does not know", async () => {
      const { call, pods, fresh } = bench();
      const body = podManifest({ name: fresh(), spec: { schedulerName: "nobody", neverHeardOf: 1 } });
      const reply = await call("POST", pods(), { body });
      expect(reply.status).toBe(201);
      expect(reply.body.spec["neverHeardOf"]).toBeUndefined();
    });

    keeps("lists exactly at an older version that it still knows", async () => {
      const { call, create, pods, fresh } = bench();
      const labels = { group: fresh() };
      const query = { labelSelector: `group=${labels.group}` };
      const first = await create(pods(), podManifest({ name: fresh(), labels }));
      const { resourceVersion } = (await call("GET", pods(), { query })).body.metadata;
      await create(pods(), podManifest({ name: fresh(), labels }));
      const reply = await call("GET", pods(), { query: { ...query, resourceVersion, resourceVersionMatch: "Exact" } });
      expect(reply.status).toBe(200);
      expect(namesOf(reply.body)).toEqual([first.metadata.name]);
    });

    keeps("goes on with a watch that its cache still knows, whatever etcd has forgotten", async () => {
      const { create, pods, fresh, forgetHistory, open } = bench();
      const labels = { group: fresh() };
      const first = await create(pods(), podManifest({ name: fresh(), labels, spec: { schedulerName: "nobody" } }));
      const second = await create(pods(), podManifest({ name: fresh(), labels, spec: { schedulerName: "nobody" } }));
      await forgetHistory();
      const query = { resourceVersion: first.metadata.resourceVersion, labelSelector: `group=${labels.group}` };
      const watch = await open(pods(), query);
      const { name } = second.metadata;
      expect(await watch.next()).toMatchObject({ type: "ADDED", object: { metadata: { name } } });
    });
  });
}
