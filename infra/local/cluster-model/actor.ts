import type { Clock } from "../../../shared/time/clock.ts";
import type { AuditLog, AuditRecord } from "./api/audit.ts";
import { assignNode } from "./api/binding.ts";
import { ApiFailure } from "./api/failure.ts";
import { asJson, type JsonObject } from "./objects/json.ts";
import type { Draft, KubeObject } from "./objects/meta.ts";
import type { DeleteOptions } from "./objects/policy.ts";
import type { Registry } from "./registry.ts";
import { type ResourceName, type ResourceTypes, resources } from "./resources.ts";
import type { Store } from "./store.ts";

/** Body of a create: the server fills identity and defaults. */
type NewObject = Omit<Draft<KubeObject>, "apiVersion" | "kind"> & { [field: string]: unknown };

/**
 * A component inside the cluster (controller, scheduler, kubelet) writing under its own name. Refusals are `undefined`, because every
 * controller looks again on its next step anyway; the audit log shows them.
 */
export interface Actor {
  create<Name extends ResourceName>(
    resource: Name,
    namespace: string,
    object: NewObject,
  ): ResourceTypes[Name] | undefined;
  /** Changes a copy of the object under the rules of an update. `quiet` writes no audit record: for heartbeats. */
  modify<Name extends ResourceName>(
    resource: Name,
    object: KubeObject,
    subresource: "" | "status",
    change: (object: ResourceTypes[Name]) => void,
    quiet?: boolean,
  ): ResourceTypes[Name] | undefined;
  /** Puts a whole new status. */
  setStatus<Name extends ResourceName>(
    resource: Name,
    object: KubeObject,
    status: unknown,
  ): ResourceTypes[Name] | undefined;
  remove(resource: ResourceName, object: KubeObject, options?: DeleteOptions): boolean;
  bind(pod: KubeObject, node: string): boolean;
  finalizeNamespace(name: string): boolean;
}

export interface ActorParts {
  store: Store;
  registry: Registry;
  audit: AuditLog;
  clock: Clock;
}

export function actor({ store, registry, audit, clock }: ActorParts, user: string): Actor {
  function attempt<T>(
    record: Omit<AuditRecord, "at" | "user" | "userAgent" | "code" | "dryRun">,
    act: () => T,
  ): T | undefined {
    const before =
      record.name === "" ? undefined : store.get(record.resource as ResourceName, record.namespace, record.name);
    const full: AuditRecord = {
      ...record,
      at: clock.now(),
      user,
      userAgent: "cluster-model",
      code: record.verb === "create" ? 201 : 200,
      dryRun: false,
      ...(before ? { uidBefore: before.metadata.uid, resourceVersionBefore: before.metadata.resourceVersion } : {}),
    };
    try {
      const result = act();
      audit.write(full);
      return result;
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      audit.write({ ...full, code: error.status.code });
      return undefined;
    }
  }

  const place = (resource: ResourceName, object: KubeObject) => ({
    group: resources[resource].group,
    resource,
    namespace: object.metadata.namespace ?? "",
    name: object.metadata.name,
  });

  const modify: Actor["modify"] = <Name extends ResourceName>(
    resource: Name,
    object: KubeObject,
    subresource: "" | "status",
    change: (object: ResourceTypes[Name]) => void,
    quiet = false,
  ) => {
    const { namespace = "", name } = object.metadata;
    const act = () =>
      registry.modify(resources[resource], namespace, name, subresource, (next) => {
        change(next as ResourceTypes[Name]);
        return next;
      }) as ResourceTypes[Name];
    if (!quiet) return attempt({ verb: "patch", subresource, ...place(resource, object) }, act);
    return store.get(resource, namespace, name) ? act() : undefined;
  };

  return {
    create: <Name extends ResourceName>(resource: Name, namespace: string, object: NewObject) =>
      attempt(
        {
          verb: "create",
          group: resources[resource].group,
          resource,
          subresource: "",
          namespace,
          name: object.metadata.name ?? "",
        },
        () => registry.create(resources[resource], namespace, asJson(object), { dryRun: false }) as ResourceTypes[Name],
      ),
    modify,
    setStatus: (resource, object, status) =>
      modify(resource, object, "status", (next) => {
        asJson(next)["status"] = asJson({ status })["status"];
      }),
    remove(resource, object, options = {}) {
      const { uid, resourceVersion } = options.preconditions ?? {};
      const record = {
        verb: "delete" as const,
        subresource: "",
        ...place(resource, object),
        ...(uid === undefined ? {} : { preconditionUid: uid }),
        ...(resourceVersion === undefined ? {} : { preconditionResourceVersion: resourceVersion }),
        ...(options.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
        ...(Object.keys(options).length === 0 ? {} : { requestBody: { ...options } as unknown as JsonObject }),
      };
      const { namespace = "", name } = object.metadata;
      return attempt(record, () => registry.remove(resources[resource], namespace, name, options)) !== undefined;
    },
    bind(pod, node) {
      const { namespace = "", name } = pod.metadata;
      const record = { verb: "create" as const, group: "", resource: "pods", subresource: "binding", namespace, name };
      return attempt(record, () => assignNode(registry, clock.now(), namespace, name, node)) !== undefined;
    },
    finalizeNamespace(name) {
      const record = {
        verb: "update" as const,
        group: "",
        resource: "namespaces",
        subresource: "finalize",
        namespace: "",
        name,
      };
      return attempt(record, () => registry.finalize(name, { spec: { finalizers: [] } })) !== undefined;
    },
  };
}
