import type { Random } from "../../shared/random/random.ts";
import { seededRandom } from "../fakes/seeded-random.ts";

export interface Dice extends Random {
  /** True in this share of all throws. A share of 0 throws nothing, so that a knob that is off changes no other. */
  chance(share: number): boolean;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  pick<T>(items: readonly T[]): T;
}

/** One stream per concern of one seed: what is switched off in one does not shift the others, so that a failing run can be made smaller. */
export function dice(seed: number, concern: string): Dice {
  const random = seededRandom(mixed(seed, concern));
  const between = (least: number, most: number): number => least + Math.floor(random.next() * (most - least + 1));
  return {
    ...random,
    chance: (share) => share > 0 && random.next() < share,
    between,
    pick(items) {
      const picked = items[between(0, items.length - 1)];
      if (picked === undefined) throw new Error("picking one of nothing");
      return picked;
    },
  };
}

/** FNV-1a over the seed and the words. */
function mixed(seed: number, concern: string): number {
  let hash = 0x811c9dc5;
  for (const letter of `${seed} ${concern}`) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash;
}
