import { describe, expect, it } from "vitest";
import { deploymentFromRaw, isTouched } from "../../../../shared/kubernetes/deployment.ts";
import type { Raw } from "../../../../shared/kubernetes/raw.ts";
import {
  isSpillAsOrdered,
  spillBody,
  spillMarkFromRaw,
  spillNameOf,
  spillScalePatch,
  templateDigest,
} from "../../../../shared/kubernetes/spill.ts";

const pool = { label: "eks.amazonaws.com/nodegroup", value: "b" };
const order = { name: "web-spill", replicas: 2, pool };

function anOriginal(
  members: { readonly spec?: object; readonly template?: object; readonly status?: object } = {},
): Raw {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: "web",
      namespace: "shop",
      uid: "u-web",
      resourceVersion: "800",
      generation: 4,
      labels: { app: "web", team: "checkout" },
      annotations: { "knitbone.io/spill": "other-pool", "kubectl.kubernetes.io/last-applied-configuration": "{}" },
    },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: "web" } },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      template: {
        metadata: { labels: { app: "web", tier: "front" }, annotations: { "prometheus.io/scrape": "true" } },
        spec: {
          nodeSelector: { "eks.amazonaws.com/nodegroup": "a", "kubernetes.io/os": "linux" },
          containers: [{ name: "main", image: "registry.example/web:1", env: [{ name: "A", value: "b" }] }],
        },
        ...members.template,
      },
      ...members.spec,
    },
    status: { observedGeneration: 4, replicas: 3, updatedReplicas: 3, readyReplicas: 1, ...members.status },
  };
}

const made = (): Raw => {
  const body = spillBody(anOriginal(), order) as { readonly metadata: object };
  return { ...body, metadata: { ...body.metadata, uid: "u-spill", generation: 1 } };
};

describe("the body of a spill", () => {
  it("is the original's template with one label more and the other pool, owned by the original without being controlled by it", () => {
    const digest = templateDigest(anOriginal()["spec"] && (anOriginal()["spec"] as Raw)["template"]);
    expect(spillBody(anOriginal(), order)).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: {
        name: "web-spill",
        namespace: "shop",
        labels: { app: "web", team: "checkout", "knitbone.io/spill": "u-web" },
        annotations: {
          "knitbone.io/spill-pool": "b",
          "knitbone.io/spill-template": digest,
          "knitbone.io/spill-generation": "1",
        },
        ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "u-web" }],
      },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: "web", "knitbone.io/spill": "u-web" } },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
        template: {
          metadata: {
            labels: { app: "web", tier: "front", "knitbone.io/spill": "u-web" },
            annotations: { "prometheus.io/scrape": "true" },
          },
          spec: {
            nodeSelector: { "eks.amazonaws.com/nodegroup": "b", "kubernetes.io/os": "linux" },
            containers: [{ name: "main", image: "registry.example/web:1", env: [{ name: "A", value: "b" }] }],
          },
        },
      },
    });
  });

  it("is recognised as what was ordered, and as nothing else", () => {
    const standing = made();
    expect(isSpillAsOrdered(standing, anOriginal(), order)).toBe(true);
    expect(isSpillAsOrdered(standing, anOriginal(), { ...order, replicas: 3 })).toBe(false);
    expect(isSpillAsOrdered(standing, anOriginal(), { ...order, pool: { ...pool, value: "c" } })).toBe(false);
    expect(isSpillAsOrdered(standing, anOriginal({ template: { spec: {} } }), order)).toBe(false);
    const metadata = standing["metadata"] as object;
    expect(isSpillAsOrdered({ ...standing, metadata: { ...metadata, generation: 2 } }, anOriginal(), order)).toBe(
      false,
    );
  });

  it("says whose it is only where label and owner reference agree", () => {
    expect(spillMarkFromRaw(made())).toMatchObject({ of: "u-web", pool: "b", generation: 1 });
    const metadata = made()["metadata"] as object;
    expect(spillMarkFromRaw({ metadata: { ...metadata, ownerReferences: [] } })).toBeUndefined();
    expect(spillMarkFromRaw({ metadata: { ...metadata, labels: { "knitbone.io/spill": "u-x" } } })).toBeUndefined();
    expect(spillMarkFromRaw({ metadata: { ...metadata, annotations: {} } })).toBeUndefined();
  });

  it("is scaled under both preconditions, and the change is known as ours", () => {
    expect(spillScalePatch({ uid: "u-spill", resourceVersion: "9", generation: 1 }, 3)).toEqual({
      metadata: { uid: "u-spill", resourceVersion: "9", annotations: { "knitbone.io/spill-generation": "2" } },
      spec: { replicas: 3 },
    });
    expect(isTouched(deploymentFromRaw(made()))).toBe(false);
    const metadata = { ...(made()["metadata"] as object), generation: 2 };
    expect(isTouched(deploymentFromRaw({ ...made(), metadata }))).toBe(true);
  });
});

describe("the name of a spill", () => {
  it("is a label's length at most, and tells long names apart", () => {
    expect(spillNameOf("web")).toBe("web-spill");
    expect(spillNameOf("a".repeat(57))).toBe(`${"a".repeat(57)}-spill`);
    const [one, other] = [spillNameOf(`${"a".repeat(80)}1`), spillNameOf(`${"a".repeat(80)}2`)];
    expect(one).toMatch(/^a+-[0-9a-f]{8}-spill$/);
    expect(one).toHaveLength(63);
    expect(one).not.toBe(other);
    expect(spillNameOf(`${"a".repeat(47)}.${"b".repeat(30)}`)).toMatch(/^a+-[0-9a-f]{8}-spill$/);
  });
});

describe("the digest of a template", () => {
  it("does not depend on the order of keys, and on everything else", () => {
    expect(templateDigest({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(templateDigest({ b: [{ d: 3, c: 2 }], a: 1 }));
    expect(templateDigest({ a: 1, b: [1, 2] })).not.toBe(templateDigest({ a: 1, b: [2, 1] }));
    expect(templateDigest({ a: 1 })).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe("what is known of a Deployment", () => {
  it("projects its pool, and names what else binds its pods without the values", () => {
    const spec = {
      nodeSelector: { "eks.amazonaws.com/nodegroup": "a", team: "secret" },
      schedulerName: "volcano",
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}] } },
      topologySpreadConstraints: [{ whenUnsatisfiable: "DoNotSchedule" }],
      containers: [],
    };
    const facts = deploymentFromRaw(
      anOriginal({ template: { metadata: { labels: { "scheduling.x-k8s.io/pod-group": "g" } }, spec } }),
    );
    expect(facts.template).toMatchObject({
      nodeSelector: { "eks.amazonaws.com/nodegroup": "a" },
      bindings: ["nodeSelector team", "affinity", "topologySpreadConstraints", "schedulerName volcano", "gang"],
    });
    expect(JSON.stringify(facts)).not.toContain("secret");
  });

  it("preferences bind nothing", () => {
    const spec = {
      affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{}] } },
      topologySpreadConstraints: [{ whenUnsatisfiable: "ScheduleAnyway" }],
    };
    expect(deploymentFromRaw(anOriginal({ template: { spec } })).template.bindings).toEqual([]);
  });

  it.each([
    ["settled", {}, false],
    ["its last change is not observed yet", { observedGeneration: 3 }, true],
    ["not all pods are of the new template", { updatedReplicas: 2 }, true],
    ["pods of the old template stand", { replicas: 4 }, true],
  ])("its rollout: %s", (_, status, expected) => {
    expect(deploymentFromRaw(anOriginal({ status })).rollingOut).toBe(expected);
  });

  it("knows its own pool label only where the cluster was registered with it", () => {
    const spec = { nodeSelector: { pool: "a" } };
    const raw = anOriginal({ template: { spec } });
    expect(deploymentFromRaw(raw, new Set(["pool"])).template).toMatchObject({
      nodeSelector: { pool: "a" },
      bindings: [],
    });
    expect(deploymentFromRaw(raw).template.bindings).toEqual(["nodeSelector pool"]);
  });
});
