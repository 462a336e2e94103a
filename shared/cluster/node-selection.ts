import { type Raw, rawList, rawObject, rawText, rawTextMap } from "../kubernetes/raw.ts";
import { selectorMatches } from "./label-selector.ts";

/**
 * Whether a pod's spec lets it stand on a node: `nodeSelector` and `requiredDuringSchedulingIgnoredDuringExecution`, whose terms are alternatives
 * (k8s.io/component-helpers scheduling/corev1/nodeaffinity). Against the node's raw labels: facts keep only those that may leave a cluster. What we
 * cannot read (Gt, Lt) admits nowhere.
 */
export function admitsNode(podSpec: Raw, node: Raw): boolean {
  const metadata = rawObject(node["metadata"]);
  const labels = rawTextMap(metadata["labels"]);
  const wanted = Object.entries(rawTextMap(podSpec["nodeSelector"]));
  if (!wanted.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value)) return false;
  const affinity = rawObject(rawObject(podSpec["affinity"])["nodeAffinity"]);
  const required = affinity["requiredDuringSchedulingIgnoredDuringExecution"];
  if (required === undefined || required === null) return true;
  const fields = { "metadata.name": rawText(metadata["name"]) ?? "" };
  return rawList(rawObject(required)["nodeSelectorTerms"]).some((term) => {
    const { matchExpressions, matchFields } = term;
    // A term without any requirement admits nothing.
    if (rawList(matchExpressions).length + rawList(matchFields).length === 0) return false;
    const byLabels = selectorMatches({ matchExpressions }, labels);
    const byFields = selectorMatches({ matchExpressions: matchFields }, fields);
    return byLabels === true && byFields === true;
  });
}
