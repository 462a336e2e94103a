const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of a duration text such as "90s", "5m" or "1h30m"; undefined when the text is not one. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(digits) * unitMs[unit as keyof typeof unitMs];
  }
  return total;
}

/** Shortest whole-unit text for a duration: 90_000 → "1m30s", 250 → "250ms". Drops milliseconds from one second on. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  const seconds = Math.floor(ms / 1_000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor((seconds % 86_400) / 3_600), "h"],
    [Math.floor((seconds % 3_600) / 60), "m"],
    [seconds % 60, "s"],
  ];
  return parts
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n}${unit}`)
    .join("");
}

export const seconds = (n: number): number => n * unitMs.s;
export const minutes = (n: number): number => n * unitMs.m;
export const hours = (n: number): number => n * unitMs.h;
export const days = (n: number): number => n * unitMs.d;
