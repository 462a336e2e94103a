/**
 * Whether the scheduler's message says that room is what is missing, and nothing else:
 *
 *   0/4 nodes are available: 2 Insufficient cpu, 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/4 nodes are available: …
 *
 * At least one part must name a resource; the others may only say why a node was no candidate: it is cordoned, tainted, or of another pool than the template
 * selects (which is the one thing that a spill changes). Words of kube-scheduler v1.36: `framework/types.go` (FitError) and its plugins.
 */
export function isForLackOfRoom(message: string): boolean {
  const [, before] = /^\d+\/\d+ nodes are available: (.*)$/s.exec(message.split("preemption:")[0] ?? "") ?? [];
  if (before === undefined) return false;
  const parts = before
    .replace(/\.?\s*(no new claims to deallocate,?)?\s*$/, "")
    .split(/, (?=\d+ )/)
    .map((each) => each.replace(/^\d+ /, ""));
  return parts.some(isResource) && parts.every((each) => isResource(each) || isNoCandidate(each));
}

function isResource(part: string): boolean {
  return part === "Too many pods" || /^Insufficient \S+$/.test(part);
}

function isNoCandidate(part: string): boolean {
  return (
    part === "node(s) were unschedulable" ||
    part === "node(s) were not ready" ||
    part === "node(s) didn't match Pod's node affinity/selector" ||
    part.startsWith("node(s) had untolerated taint")
  );
}
