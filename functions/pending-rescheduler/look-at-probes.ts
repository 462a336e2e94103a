import type { Cause } from "../../shared/catalogue/signature.ts";
import type { EventFacts } from "../../shared/kubernetes/event.ts";
import { describeRef } from "../../shared/kubernetes/object-ref.ts";
import { isReady, type PodFacts, unreadySince } from "../../shared/kubernetes/pod.ts";
import type { ProbesAlike, UnreadyAround } from "./facts.ts";
import { fewOtherNodes } from "./few-other-nodes.ts";
import type { Asking } from "./look-around.ts";
import { saidOf } from "./said.ts";
import { mayBeOfNode, ofProbes, severalWorkloads } from "./unready.ts";

/** Other pods whose Events are read, here and elsewhere. */
const podsAsked = 10;

/** What its probes say; and, only where that may be its node's doing, whether others there say the same, and none elsewhere. */
export async function lookAtProbes(
  asking: Asking,
  pod: PodFacts,
  events: readonly EventFacts[],
): Promise<UnreadyAround> {
  const { cluster, known } = asking;
  const words = saidOf(pod, events, known.catalogue, cluster.now() ?? 0);
  const signature = ofProbes(words.said)?.signature;
  if (signature === undefined || !mayBeOfNode(signature)) return { kind: "unready", ...words };
  return { kind: "unready", ...words, alike: await alike(asking, pod, signature.cause) };
}

async function alike(asking: Asking, pod: PodFacts, cause: Cause): Promise<ProbesAlike> {
  const { cluster, podsOn } = asking;
  const nodeName = pod.nodeName ?? "";
  const workloads = new Set([workloadNamed(pod)]);
  for (const each of unreadyOf(await podsOn(nodeName))) {
    if (workloads.size >= severalWorkloads) break;
    const named = workloadNamed(each);
    if (!workloads.has(named) && (await saysTheSame(asking, each, cause))) workloads.add(named);
  }
  const here = [...workloads].sort();
  // Nobody asks about other nodes for the sake of one workload's own command.
  if (cause === "ExecProbeTimeout" && here.length < severalWorkloads) {
    return { here, elsewhere: [], wellElsewhere: false };
  }
  let wellElsewhere = false;
  let left = podsAsked;
  for (const name of fewOtherNodes(await cluster.nodes(), nodeName)) {
    const pods = await podsOn(name);
    wellElsewhere ||= pods.some(isReady);
    for (const each of unreadyOf(pods).slice(0, left)) {
      left--;
      // One is enough: then it is not this node's fault.
      if (await saysTheSame(asking, each, cause)) return { here, elsewhere: [name], wellElsewhere };
    }
  }
  return { here, elsewhere: [], wellElsewhere };
}

function unreadyOf(pods: readonly PodFacts[]): readonly PodFacts[] {
  return pods.filter((each) => unreadySince(each) !== undefined).slice(0, podsAsked);
}

async function saysTheSame({ cluster, known }: Asking, pod: PodFacts, cause: Cause): Promise<boolean> {
  const events = await cluster.eventsAbout(pod.ref);
  const { said } = saidOf(pod, events, known.catalogue, cluster.now() ?? 0);
  return said.some(({ signature }) => signature?.cause === cause);
}

/** "ReplicaSet shop/web". A ReplicaSet and a Job are named after what is above them: two of them may be of one workload. */
function workloadNamed({ ref, owner }: PodFacts): string {
  if (owner === undefined) return describeRef(ref);
  const isOfMany = owner.kind === "ReplicaSet" || owner.kind === "Job";
  return `${owner.kind} ${ref.namespace}/${isOfMany ? owner.name.replace(/-[^-]*$/, "") : owner.name}`;
}
