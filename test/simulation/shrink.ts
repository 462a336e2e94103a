import { type Knobs, knobNames } from "./knobs.ts";

/**
 * The fewest faults that still make it fail: knobs are switched off one by one, and stay off where it fails all the same, until none can be spared
 * (S2-11). Each knob has dice of its own, so that what is left happens as it did.
 */
export async function shrink(knobs: Knobs, fails: (smaller: Knobs) => Promise<boolean>): Promise<Knobs> {
  let smallest = knobs;
  for (let before: Knobs | undefined; before !== smallest; ) {
    before = smallest;
    for (const knob of knobNames.filter((each) => smallest[each] > 0)) {
      const without = { ...smallest, [knob]: 0 };
      if (await fails(without)) smallest = without;
    }
  }
  return smallest;
}
