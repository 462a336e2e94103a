/**
 * Labels or annotations of pods that start together or not at all (KEP-4671): the scheduler plugins' and Volcano's pod groups, Kueue, LeaderWorkerSet. Moving one
 * of them breaks the others.
 */
export const gangKeys: readonly string[] = [
  "pod-group.scheduling.sigs.k8s.io",
  "scheduling.x-k8s.io/pod-group",
  "scheduling.k8s.io/group-name",
  "kueue.x-k8s.io/queue-name",
  "kueue.x-k8s.io/pod-group-name",
  "leaderworkerset.sigs.k8s.io/name",
];

export function isOfGang(
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
): boolean {
  return gangKeys.some((key) => labels[key] !== undefined || annotations[key] !== undefined);
}
