const binary: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50 };
const decimal: Readonly<Record<string, number>> = { m: 1e-3, "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 };

/** A Kubernetes quantity such as "500m", "2" or "1Gi" as a number of whole units; 0 for what is not one. */
function quantity(text: string | undefined): number {
  const [, digits = "", suffix = ""] = /^([0-9.]+)([A-Za-z]*)$/.exec(text ?? "") ?? [];
  const factor = binary[suffix] ?? decimal[suffix];
  return factor === undefined || digits === "" ? 0 : Number(digits) * factor;
}

export type Amounts = Readonly<Record<string, number>>;

export function amounts(quantities: Readonly<Record<string, string>> | undefined): Record<string, number> {
  return Object.fromEntries(Object.entries(quantities ?? {}).map(([name, text]) => [name, quantity(text)]));
}

export function addTo(total: Record<string, number>, more: Amounts): void {
  for (const [name, amount] of Object.entries(more)) total[name] = (total[name] ?? 0) + amount;
}
