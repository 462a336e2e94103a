import { expect, it } from "vitest";
import { sequenceNumbers } from "../../../../functions/forwarder/sequence-numbers.ts";

function after(count: number) {
  const numbers = sequenceNumbers();
  for (let at = 0; at < count; at += 1) numbers.next();
  return numbers;
}

it("begins at 1 and rises by one", () => {
  const numbers = sequenceNumbers();
  expect([numbers.next(), numbers.next(), numbers.next()]).toEqual([1, 2, 3]);
});

it("vouches for nothing before the first acknowledgement", () => {
  expect(sequenceNumbers().acknowledged([])).toBeUndefined();
  expect(after(1).acknowledged([1])).toBeUndefined();
});

it("vouches for what lies before the first number that still waits", () => {
  expect(after(9).acknowledged([])).toEqual({ from: 1, to: 9 });
  expect(after(9).acknowledged([8, 6])).toEqual({ from: 1, to: 5 });
});

it("vouches for 1,024 numbers at most", () => {
  expect(after(1_024).acknowledged([])).toEqual({ from: 1, to: 1_024 });
  expect(after(1_025).acknowledged([])).toEqual({ from: 2, to: 1_025 });
});

it("never vouches for a number that was given up, nor for those before it", () => {
  const numbers = after(9);
  numbers.abandon(5);
  numbers.abandon(3);
  expect(numbers.acknowledged([])).toEqual({ from: 6, to: 9 });
  expect(numbers.acknowledged([6])).toBeUndefined();
});
