import type { ResourceName } from "../resources.ts";
import type { StatusDetails } from "./failure.ts";
import { ApiFailure, forbidden } from "./failure.ts";
import type { Target } from "./request.ts";

/** What a ValidatingAdmissionPolicy that never holds refuses. An eviction is a CREATE of `pods/eviction`. */
export interface AdmissionPolicy {
  /** Of the policy and of its binding. */
  readonly name: string;
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  /** `pods`, or with its subresource `pods/eviction`: one does not stand for the other. */
  readonly resource: ResourceName | "pods/eviction" | "pods/status";
  readonly namespace: string;
  readonly message: string;
  /** Default: Invalid, which is 422; Forbidden is 403. */
  readonly reason?: "Forbidden" | "Invalid";
}

/** Asked once a write has been found valid and its preconditions hold, right before it is carried out. Throws what a policy refuses with. */
export type Admit = () => void;

export interface Admission {
  /** Refuses from now on, until the returned function is called. Writes of the cluster's own components are not asked. */
  refuse(policy: AdmissionPolicy): () => void;
  /** `name`: of the object, where the target has none yet. */
  admit(target: Target, name?: string): void;
}

const operations = { create: "CREATE", update: "UPDATE", patch: "UPDATE", delete: "DELETE" } as const;

export function admission(): Admission {
  const policies = new Set<AdmissionPolicy>();
  return {
    refuse(policy) {
      policies.add(policy);
      return () => void policies.delete(policy);
    },
    admit({ verb, resource, subresource, namespace, name }, ownName = name) {
      const operation = verb in operations ? operations[verb as keyof typeof operations] : undefined;
      const whole = subresource === "" ? resource.name : `${resource.name}/${subresource}`;
      for (const policy of policies) {
        if (policy.operation !== operation || policy.resource !== whole || policy.namespace !== namespace) continue;
        const why = `ValidatingAdmissionPolicy '${policy.name}' with binding '${policy.name}' denied request: ${policy.message}`;
        const causes: StatusDetails["causes"] = [{ message: why }];
        const { status } = forbidden(resource, ownName, why, causes);
        const { reason = "Invalid" } = policy;
        throw new ApiFailure({ ...status, reason, code: reason === "Forbidden" ? 403 : 422 });
      }
    },
  };
}
