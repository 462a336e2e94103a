import type { Deviations } from "./promises.ts";

/** Where the cluster model is not a real API server: each is shown to be so, on both sides, by the case of that name. */
export const modelDeviations: Deviations = {
  unsupported: [
    {
      promise: "applies fields under their manager's name",
      reason: "nothing here applies, and what owns a field would have to be kept for every write (415)",
    },
    { promise: "says which client manages which field", reason: "comes with server-side apply; nothing here reads it" },
    { promise: "deletes a whole selection at once", reason: "a healer names every object that it deletes (405)" },
    { promise: "prints a table", reason: "kubectl falls back to whole objects" },
    { promise: "speaks YAML", reason: "every client here speaks JSON (406)" },
    {
      promise: "drops fields that its schema does not know",
      reason: "there is no schema: a test may put any field on an object",
    },
    {
      promise: "goes on with a watch that its cache still knows, whatever etcd has forgotten",
      reason: "watches and pages have one history, which goes as a whole: the harder case for a client",
    },
  ],
};
