import { type NodeFacts, readyStatus } from "../../shared/kubernetes/node.ts";

/** Other nodes whose pods are read for a comparison. */
const nodesAsked = 10;

/** Names of a few Ready nodes beside this one: those that follow it by name, so that it is not the same ten of a thousand whichever node is asked about. */
export function fewOtherNodes(nodes: readonly NodeFacts[], nodeName: string): readonly string[] {
  const ready = nodes.filter((each) => readyStatus(each) === "True").map(({ ref }) => ref.name);
  const inOrder = ready.filter((each) => each !== nodeName).sort();
  const from = Math.max(
    0,
    inOrder.findIndex((each) => each > nodeName),
  );
  return [...inOrder.slice(from), ...inOrder.slice(0, from)].slice(0, nodesAsked);
}
