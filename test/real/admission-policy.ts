import type { Refusal } from "../contract/kubernetes-api-server.ts";
import type { ApiClient } from "./api-client.ts";

const root = "/apis/admissionregistration.k8s.io/v1";

/** A ValidatingAdmissionPolicy that never holds, bound to one namespace. Returns what takes it away. The API server heeds either within seconds. */
export async function admissionPolicy(api: ApiClient, refusal: Refusal): Promise<() => Promise<void>> {
  const { name, operation, resource, namespace, message, reason } = refusal;
  await api.create(`${root}/validatingadmissionpolicies`, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: [operation], resources: [resource] }],
      },
      validations: [{ expression: "false", message, ...(reason === undefined ? {} : { reason }) }],
    },
  });
  await api.create(`${root}/validatingadmissionpolicybindings`, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name },
    spec: { policyName: name, validationActions: ["Deny"] },
  });
  return async () => {
    await api.delete(`${root}/validatingadmissionpolicybindings/${name}`);
    await api.delete(`${root}/validatingadmissionpolicies/${name}`);
  };
}
