/** The group of every user that a product under test acts as. */
export const productGroup = "knitbone";

/**
 * What the API server writes down: every write, and every read by the product. Bodies where a test reads them: of deletes and evictions (their
 * preconditions), and of all that the product writes. Of the rest, what nobody judges and everybody does all the time is left out.
 */
export const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived", "ResponseStarted"],
  rules: [
    { level: "Metadata", userGroups: [productGroup], verbs: ["get", "list", "watch"] },
    { level: "None", verbs: ["get", "list", "watch"] },
    { level: "Request", userGroups: [productGroup] },
    { level: "Request", verbs: ["delete", "deletecollection"] },
    { level: "Request", verbs: ["create"], resources: [{ group: "", resources: ["pods/eviction"] }] },
    { level: "None", resources: [{ group: "coordination.k8s.io", resources: ["leases"] }] },
    {
      level: "None",
      resources: [
        { group: "", resources: ["events"] },
        { group: "events.k8s.io", resources: ["events"] },
      ],
    },
    { level: "Metadata" },
  ],
};
