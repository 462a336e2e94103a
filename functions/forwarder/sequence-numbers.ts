/** The numbers of one epoch's messages, from 1, and which of them the queue has for certain. */
export interface SequenceNumbers {
  next(): number;
  /** This one will never be acknowledged; it and all before it leave the range that is vouched for. */
  abandon(sequence: number): void;
  /** Inclusive range of at most 1,024 that were all acknowledged, given those that still wait for it. */
  acknowledged(waiting: readonly number[]): { readonly from: number; readonly to: number } | undefined;
}

const rangeLimit = 1_024;

export function sequenceNumbers(): SequenceNumbers {
  let last = 0;
  let floor = 1;
  return {
    next() {
      last += 1;
      return last;
    },
    abandon(sequence) {
      floor = Math.max(floor, sequence + 1);
    },
    acknowledged(waiting) {
      const to = Math.min(last, ...waiting.map((each) => each - 1));
      const from = Math.max(floor, to - rangeLimit + 1);
      return from > to ? undefined : { from, to };
    },
  };
}
