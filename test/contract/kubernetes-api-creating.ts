import { expect, test } from "vitest";
import type { CurrentBench } from "./kubernetes-api.contract.ts";
import { container, deploymentManifest, podManifest } from "./kubernetes-api-bench.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function creating(bench: CurrentBench): void {
  test("gives an object its identity", async () => {
    const { create, pods, fresh, namespace } = bench();
    const name = fresh();
    const pod = await create(pods(), podManifest({ name }));
    expect(pod).toMatchObject({
      kind: "Pod",
      apiVersion: "v1",
      metadata: {
        name,
        namespace,
        uid: expect.stringMatching(uuid),
        resourceVersion: expect.stringMatching(/^\d+$/),
        generation: 1,
        creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
      status: { phase: "Pending", qosClass: "BestEffort" },
    });
  });

  test("refuses a second object under one name", async () => {
    const { create, call, pods, fresh } = bench();
    const name = fresh();
    await create(pods(), podManifest({ name }));
    expect(await call("POST", pods(), { body: podManifest({ name }) })).toMatchObject({
      status: 409,
      body: {
        reason: "AlreadyExists",
        message: `pods "${name}" already exists`,
        details: { name, kind: "pods" },
        code: 409,
      },
    });
  });

  test("makes up the rest of a name", async () => {
    const { create, pods } = bench();
    const manifest = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { generateName: "web-" },
      spec: { containers: [container] },
    };
    const pod = await create(pods(), manifest);
    expect(pod.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  test("needs a name", async () => {
    const { call, pods } = bench();
    expect(await call("POST", pods(), { body: podManifest({}) })).toMatchObject({
      status: 422,
      body: {
        reason: "Invalid",
        message: expect.stringContaining("metadata.name: Required value: name or generateName is required"),
      },
    });
  });

  test("needs a valid name", async () => {
    const { call, pods } = bench();
    const reply = await call("POST", pods(), { body: podManifest({ name: "Not_Valid" }) });
    expect(reply).toMatchObject({
      status: 422,
      body: {
        reason: "Invalid",
        message: expect.stringMatching(/^Pod "Not_Valid" is invalid: metadata\.name: Invalid value: "Not_Valid": /),
        details: {
          name: "Not_Valid",
          kind: "Pod",
          causes: [{ reason: "FieldValueInvalid", field: "metadata.name", message: expect.any(String) }],
        },
      },
    });
  });

  test("needs a container in a pod", async () => {
    const { call, pods, fresh } = bench();
    const name = fresh();
    expect(await call("POST", pods(), { body: podManifest({ name, spec: { containers: [] } }) })).toMatchObject({
      status: 422,
      body: {
        message: `Pod "${name}" is invalid: spec.containers: Required value`,
        details: { causes: [{ reason: "FieldValueRequired", field: "spec.containers", message: "Required value" }] },
      },
    });
  });

  test("needs a selector that the template has", async () => {
    const { call, at, fresh } = bench();
    const name = fresh();
    const body = deploymentManifest(name, { selector: { matchLabels: { other: "label" } } });
    expect(await call("POST", at("apps", "deployments"), { body })).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining("`selector` does not match template `labels`") },
    });
  });

  test("needs the namespace", async () => {
    const { call } = bench();
    const path = "/api/v1/namespaces/no-such-place/pods";
    expect(await call("POST", path, { body: podManifest({ name: "x" }) })).toMatchObject({
      status: 404,
      body: { reason: "NotFound", message: 'namespaces "no-such-place" not found' },
    });
  });

  test("does not take an object of another namespace", async () => {
    const { call, pods } = bench();
    const body = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "x", namespace: "elsewhere" },
      spec: { containers: [container] },
    };
    expect(await call("POST", pods(), { body })).toMatchObject({
      status: 400,
      body: {
        reason: "BadRequest",
        message: "the namespace of the provided object does not match the namespace sent on the request",
      },
    });
  });

  test("ignores identity, deletion and status that a client makes up", async () => {
    const { create, pods, fresh } = bench();
    const name = fresh();
    const uid = "00000000-0000-4000-8000-000000000000";
    const pod = await create(pods(), {
      ...podManifest({ name }),
      metadata: { name, uid, deletionTimestamp: "2020-01-01T00:00:00Z", creationTimestamp: "2020-01-01T00:00:00Z" },
      status: { phase: "Running" },
    });
    expect(pod.metadata.uid).not.toBe(uid);
    expect(pod.metadata.deletionTimestamp).toBeUndefined();
    expect(pod.metadata.creationTimestamp).not.toBe("2020-01-01T00:00:00Z");
    expect(pod.status["phase"]).toBe("Pending");
  });

  test("gives a pod its defaults", async () => {
    const { create, pods, fresh } = bench();
    const pod = await create(pods(), podManifest({ name: fresh() }));
    expect(pod.spec).toMatchObject({
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
      schedulerName: "default-scheduler",
      priority: 0,
      preemptionPolicy: "PreemptLowerPriority",
      enableServiceLinks: true,
      containers: [{ name: "app", imagePullPolicy: "IfNotPresent" }],
    });
  });

  test("lets a pod stay five minutes on a node that is not ready or unreachable", async () => {
    const { create, pods, fresh } = bench();
    const pod = await create(pods(), podManifest({ name: fresh() }));
    expect(pod.spec["tolerations"]).toEqual([
      { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
      { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
    ]);
  });

  test("leaves a pod's own toleration of these as it is", async () => {
    const { create, pods, fresh } = bench();
    const own = {
      key: "node.kubernetes.io/unreachable",
      operator: "Exists",
      effect: "NoExecute",
      tolerationSeconds: 10,
    };
    const pod = await create(pods(), podManifest({ name: fresh(), spec: { tolerations: [own] } }));
    expect(pod.spec["tolerations"]).toEqual([
      own,
      { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
    ]);
  });

  test("ranks a pod's quality of service by its requests and limits", async () => {
    const { create, pods, fresh } = bench();
    const classOf = async (resources: object) => {
      const spec = { containers: [{ ...container, resources }] };
      return (await create(pods(), podManifest({ name: fresh(), spec }))).status["qosClass"];
    };
    const amount = { cpu: "100m", memory: "64Mi" };
    expect(await classOf({ requests: { cpu: "100m" } })).toBe("Burstable");
    expect(await classOf({ requests: amount, limits: amount })).toBe("Guaranteed");
  });

  test("gives a Deployment its defaults", async () => {
    const { create, at, fresh } = bench();
    const deployment = await create(at("apps", "deployments"), deploymentManifest(fresh()));
    expect(deployment.spec).toMatchObject({
      replicas: 0,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      template: { spec: { restartPolicy: "Always", terminationGracePeriodSeconds: 30 } },
    });
  });

  test("ties a Job's pods to it by its uid", async () => {
    const { create, at, fresh } = bench();
    const name = fresh("job");
    const job = await create(at("batch", "jobs"), {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name },
      spec: { suspend: true, template: { spec: { restartPolicy: "Never", containers: [container] } } },
    });
    const label = { "batch.kubernetes.io/controller-uid": job.metadata.uid };
    expect(job.spec).toMatchObject({
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      podReplacementPolicy: "TerminatingOrFailed",
      selector: { matchLabels: label },
      template: { metadata: { labels: { ...label, "batch.kubernetes.io/job-name": name } } },
    });
  });

  test("taints a new node until it is seen ready", async () => {
    const { create, remove, fresh } = bench();
    const name = fresh("node");
    const { spec } = await create("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name } });
    expect(spec["taints"]).toEqual([{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }]);
    await remove(`/api/v1/nodes/${name}`);
  });

  test("labels a namespace with its name", async () => {
    const { get, namespace } = bench();
    const found = await get(`/api/v1/namespaces/${namespace}`);
    expect(found).toMatchObject({
      metadata: { labels: { "kubernetes.io/metadata.name": namespace } },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
  });

  test("stores nothing on a dry run, but answers as if", async () => {
    const { call, pods, fresh } = bench();
    const name = fresh();
    const reply = await call("POST", pods(), { query: { dryRun: "All" }, body: podManifest({ name }) });
    expect(reply).toMatchObject({ status: 201, body: { metadata: { name, uid: expect.stringMatching(uuid) } } });
    expect((await call("GET", pods(name))).status).toBe(404);
  });

  test("does not know any other dry run", async () => {
    const { call, pods, fresh } = bench();
    const reply = await call("POST", pods(), { query: { dryRun: "Some" }, body: podManifest({ name: fresh() }) });
    expect(reply).toMatchObject({ status: 422, body: { reason: "Invalid" } });
  });

  test("refuses a body that is not JSON", async () => {
    const { call, pods } = bench();
    expect(await call("POST", pods(), { raw: "{" })).toMatchObject({ status: 400, body: { reason: "BadRequest" } });
  });

  test("refuses a media type that it does not read", async () => {
    const { call, pods } = bench();
    expect(await call("POST", pods(), { raw: "a,b", type: "text/csv" })).toMatchObject({
      status: 415,
      body: {
        reason: "UnsupportedMediaType",
        message: expect.stringContaining(
          "the body of the request was in an unknown format - accepted media types include: application/json",
        ),
      },
    });
  });

  test("numbers writes upwards across objects of one kind", async () => {
    const { create, pods, fresh } = bench();
    const versions: number[] = [];
    for (let n = 0; n < 4; n++) {
      const pod = await create(pods(), podManifest({ name: fresh() }));
      versions.push(Number(pod.metadata.resourceVersion));
    }
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  });

  test("binds a pod once", async () => {
    const { create, call, get, pods, fresh, node } = bench();
    const name = fresh();
    await create(pods(), podManifest({ name, spec: { schedulerName: "nobody" } }));
    const binding = { apiVersion: "v1", kind: "Binding", metadata: { name }, target: { kind: "Node", name: node } };
    expect((await call("POST", pods(name, "binding"), { body: binding })).status).toBe(201);
    expect((await get(pods(name))).spec["nodeName"]).toBe(node);
    expect((await call("POST", pods(name, "binding"), { body: binding })).status).toBe(409);
  });

  test("shows one Event through both of its groups", async () => {
    const { create, get, at, fresh, namespace } = bench();
    const name = fresh("event");
    await create(at("", "events"), {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name },
      involvedObject: { kind: "Pod", apiVersion: "v1", namespace, name: "web", uid: "u-1" },
      reason: "Tested",
      message: "one message",
      type: "Normal",
      source: { component: "contract" },
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:00:00Z",
      count: 3,
    });
    expect(await get(at("events.k8s.io", "events", name))).toMatchObject({
      apiVersion: "events.k8s.io/v1",
      regarding: { name: "web", uid: "u-1" },
      note: "one message",
      reason: "Tested",
      deprecatedCount: 3,
      deprecatedSource: { component: "contract" },
    });
  });

  test("takes an Event of the newer group, and selects by its fields there", async () => {
    const { create, call, get, at, fresh, namespace } = bench();
    const [name, uid] = [fresh("event"), fresh("uid")];
    await create(at("events.k8s.io", "events"), {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name },
      eventTime: "2026-01-01T00:00:00.000000Z",
      regarding: { kind: "Pod", apiVersion: "v1", namespace, name: "web", uid },
      reason: "Tested",
      note: "one note",
      type: "Warning",
      action: "Testing",
      reportingController: "example.com/contract",
      reportingInstance: "contract-1",
    });
    expect(await get(at("", "events", name))).toMatchObject({
      apiVersion: "v1",
      involvedObject: { name: "web", uid },
      message: "one note",
      reportingComponent: "example.com/contract",
      eventTime: "2026-01-01T00:00:00.000000Z",
    });
    const query = { fieldSelector: `regarding.uid=${uid},reportingController=example.com/contract` };
    const { body } = await call("GET", at("events.k8s.io", "events"), { query });
    expect(body.items.map((item) => item.metadata.name)).toEqual([name]);
  });
}
