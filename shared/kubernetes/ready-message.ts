/**
 * Why a kubelet calls its node not Ready. Its message is several, joined (pkg/kubelet/nodestatus/setters.go `ReadyCondition`, v1.36):
 *
 *   [container runtime is down, PLEG is not healthy: pleg was last seen active 3m0.048s ago; threshold is 3m0s, missing node capacity for resources: cpu, memory]
 *
 * Commas also stand within a part, so that a part begins only where one of these words does (S3-08).
 */
const openings = [
  { cause: "Network", begins: "container runtime network not ready" },
  { cause: "Runtime", begins: "container runtime " },
  { cause: "Pleg", begins: "pleg is not healthy" },
  { cause: "Capacity", begins: "missing node capacity" },
  { cause: "Csi", begins: "csinode is not yet initialized" },
  { cause: "Shutdown", begins: "node is shutting down" },
] as const;

export type NotReadyCause = (typeof openings)[number]["cause"] | "Other";

export interface NotReadyPart {
  readonly cause: NotReadyCause;
  readonly text: string;
  /** Pleg only: for how long it has not come round, in ms, where the message says so (S0-61, S2-06). */
  readonly silentForMs?: number;
}

/** The parts of a Ready condition's message, in its order; what no word opens at all is one part of cause Other. */
export function readyMessageParts(message: string): readonly NotReadyPart[] {
  const parts: { cause: NotReadyCause; text: string }[] = [];
  for (const piece of message.replace(/^\[|\]$/g, "").split(", ")) {
    const cause = causeOf(piece);
    const last = parts.at(-1);
    if (cause === "Other" && last !== undefined) last.text += `, ${piece}`;
    else parts.push({ cause, text: piece });
  }
  return parts.filter(({ text }) => text !== "").map(withAge);
}

function causeOf(piece: string): NotReadyCause {
  const words = piece.toLowerCase();
  return openings.find(({ begins }) => words.startsWith(begins))?.cause ?? "Other";
}

function withAge(part: { readonly cause: NotReadyCause; readonly text: string }): NotReadyPart {
  const age = part.cause === "Pleg" ? /last seen active (\S+) ago/.exec(part.text)?.[1] : undefined;
  const silentForMs = age === undefined ? undefined : goDurationMs(age);
  return silentForMs === undefined ? part : { ...part, silentForMs };
}

const goUnits: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  µs: 1e-3,
  us: 1e-3,
  ns: 1e-6,
};

/** Go's way of writing a duration: "3m0.048s", "58h29m1.5s". */
function goDurationMs(text: string): number | undefined {
  const unit = "(\\d+(?:\\.\\d+)?)(ms|µs|us|ns|h|m|s)";
  if (!new RegExp(`^(?:${unit})+$`).test(text)) return undefined;
  const terms = [...text.matchAll(new RegExp(unit, "g"))];
  return terms.reduce((total, [, amount, name]) => total + Number(amount) * (goUnits[name ?? ""] ?? 0), 0);
}
