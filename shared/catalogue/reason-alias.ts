/** Spellings that are about and that no component writes, with what it does write. */
const aliases: ReadonlyMap<string, string> = new Map([
  // The seed notes' own (S0-27).
  ["ErrPullImage", "ErrImagePull"],
  // What people and other tools write for the kubelet's capital B.
  ["FailedCreatePodSandbox", "FailedCreatePodSandBox"],
]);

/** The reason as its component spells it. */
export function canonicalReason(reason: string): string {
  return aliases.get(reason) ?? reason;
}
