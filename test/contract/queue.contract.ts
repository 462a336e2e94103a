import { expect } from "vitest";
import type { OutgoingMessage, Queue, ReceivedMessage } from "../../shared/queue/queue.ts";
import { contract, type Deviations, type Keeps } from "./promises.ts";

/** One queue, the one where its messages go after two receives, and a way to let time pass for both. */
export interface QueueUnderTest {
  readonly queue: Queue;
  /** `maxReceiveCount` is 2. */
  readonly deadLetters: Queue;
  readonly passTime: (ms: number) => Promise<void>;
  readonly now: () => number;
}

const visibilityMs = 30_000;

export function queueContract(create: () => Promise<QueueUnderTest>, deviations: Deviations = {}): void {
  contract("Queue", deviations, (keeps) => {
    sendingPromises(keeps, create);
    receivingPromises(keeps, create);
    visibilityPromises(keeps, create);
  });
}

function sendingPromises(keeps: Keeps, create: () => Promise<QueueUnderTest>): void {
  keeps("delivers body and attributes as they were sent", async () => {
    const { queue, now } = await create();
    const before = now();
    const body = JSON.stringify({ text: 'tab\t, quote ", é, \\u2028' });
    const attributes = { traceId: "trace-1", blank: " " };
    expect(await queue.send([{ body, attributes, group: "eu-1" }])).toEqual([{ kind: "sent" }]);
    const [message, ...others] = await take(queue);
    expect(others).toEqual([]);
    expect(message).toMatchObject({ body, attributes, receiveCount: 1 });
    expect(message?.sentAt).toBeGreaterThanOrEqual(before - 1_000);
    expect(message?.sentAt).toBeLessThanOrEqual(now() + 1_000);
    expect(message?.senderId).not.toBe("");
  });

  keeps("delivers a message without attributes", async () => {
    const { queue } = await create();
    await queue.send([{ body: "bare" }]);
    expect((await take(queue))[0]?.attributes).toEqual({});
  });

  keeps("returns the group", async () => {
    const { queue } = await create();
    await queue.send([{ body: "grouped", group: "eu-1" }]);
    expect((await take(queue))[0]?.group).toBe("eu-1");
  });

  keeps("sends more than ten at once, one result each, and every one arrives once", async () => {
    const { queue } = await create();
    const bodies = Array.from({ length: 25 }, (_, index) => `message-${String(index).padStart(2, "0")}`);
    const results = await queue.send(bodies.map((body) => ({ body })));
    expect(results).toEqual(bodies.map(() => ({ kind: "sent" })));
    const received = await takeAll(queue);
    expect(received.map((each) => each.body).toSorted()).toEqual(bodies);
    expect(new Set(received.map((each) => each.id)).size).toBe(25);
  });

  keeps("sends messages that together exceed 1 MiB", async () => {
    const { queue } = await create();
    const results = await queue.send(["a", "b", "c"].map((letter) => ({ body: letter.repeat(500_000) })));
    expect(results).toEqual([{ kind: "sent" }, { kind: "sent" }, { kind: "sent" }]);
    const received = await takeAll(queue);
    expect(received.map((each) => each.body.slice(0, 1)).toSorted()).toEqual(["a", "b", "c"]);
  });

  keeps("refuses a bad message for good, by itself, and sends those beside it", async () => {
    const { queue } = await create();
    const bad: readonly OutgoingMessage[] = [
      { body: "" },
      { body: "not a character: \uffff" },
      { body: "too late", delayMs: 900_001 },
      { body: "too early", delayMs: -1 },
      { body: "x".repeat(1_048_577) },
      { body: "empty attribute", attributes: { traceId: "" } },
      { body: "eleven attributes", attributes: attributes(11) },
    ];
    const results = await queue.send([{ body: "first" }, ...bad, { body: "last" }]);
    expect(results.map((each) => each.kind)).toEqual(["sent", ...bad.map(() => "failed"), "sent"]);
    expect(results.filter((each) => each.kind === "failed").every((each) => each.permanent)).toBe(true);
    expect((await takeAll(queue)).map((each) => each.body).toSorted()).toEqual(["first", "last"]);
  });

  keeps("sends what stands exactly at the limits", async () => {
    const { queue } = await create();
    const results = await queue.send([
      { body: "x".repeat(1_048_576 - "aStringv".length), attributes: { a: "v" } },
      { body: "ten attributes", attributes: attributes(10) },
      { body: "edges: \t\n\r ~\ud7ff\ue000\ufffd" },
      { body: "a quarter of an hour", delayMs: 900_000 },
    ]);
    expect(results.map((each) => each.kind)).toEqual(["sent", "sent", "sent", "sent"]);
    expect((await takeAll(queue)).map(({ body }) => body.slice(0, 20)).toSorted()).toEqual([
      "edges: \t\n\r ~\ud7ff\ue000\ufffd",
      "ten attributes",
      "x".repeat(20),
    ]);
  });

  keeps("delivers characters beyond the first 65,536", async () => {
    const { queue } = await create();
    const body = "\u{10000} \u{1f600} \u{10ffff}";
    expect(await queue.send([{ body }])).toEqual([{ kind: "sent" }]);
    expect((await take(queue))[0]?.body).toBe(body);
  });

  keeps("sends nothing when there is nothing to send", async () => {
    const { queue } = await create();
    expect(await queue.send([])).toEqual([]);
    expect(await take(queue)).toEqual([]);
  });
}

function receivingPromises(keeps: Keeps, create: () => Promise<QueueUnderTest>): void {
  keeps("hands out no more than asked for", async () => {
    const { queue } = await create();
    await queue.send(["a", "b", "c"].map((body) => ({ body })));
    expect(await queue.receive({ limit: 2, waitMs: 0, visibilityMs })).toHaveLength(2);
  });

  keeps("waits for a message that comes late", async () => {
    const { queue } = await create();
    const waiting = queue.receive({ limit: 10, waitMs: 20_000, visibilityMs });
    await queue.send([{ body: "late" }]);
    expect((await waiting).map((each) => each.body)).toEqual(["late"]);
  });

  keeps("answers with nothing when the wait is over", async () => {
    const { queue, passTime } = await create();
    const waiting = queue.receive({ limit: 10, waitMs: 1_000, visibilityMs });
    await passTime(1_000);
    expect(await waiting).toEqual([]);
  });

  keeps("stops waiting when told to", async () => {
    const { queue } = await create();
    const stop = new AbortController();
    const waiting = queue.receive({ limit: 10, waitMs: 20_000, visibilityMs, signal: stop.signal });
    stop.abort();
    expect(await waiting).toEqual([]);
  });

  keeps("holds a delayed message back until it is due", async () => {
    const { queue, passTime } = await create();
    await queue.send([{ body: "delayed", delayMs: 1_001 }, { body: "now" }]);
    expect((await take(queue)).map((each) => each.body)).toEqual(["now"]);
    await passTime(2_200);
    expect((await take(queue)).map((each) => each.body)).toEqual(["delayed"]);
  });
}

function visibilityPromises(keeps: Keeps, create: () => Promise<QueueUnderTest>): void {
  keeps("hides a message that somebody works on, and hands it out again when that takes too long", async () => {
    const { queue, passTime } = await create();
    await queue.send([{ body: "work" }]);
    const [first] = await queue.receive({ limit: 10, waitMs: 0, visibilityMs: 2_000 });
    expect(await take(queue)).toEqual([]);
    await passTime(2_200);
    const [again] = await take(queue);
    expect(again).toMatchObject({ id: first?.id, body: "work", receiveCount: 2, sentAt: first?.sentAt });
    expect(again?.receipt).not.toBe(first?.receipt);
  });

  keeps("never hands out again what was acknowledged, twenty-five at once, twice over", async () => {
    const { queue, passTime } = await create();
    await queue.send(Array.from({ length: 25 }, (_, index) => ({ body: `${index}` })));
    const received = await takeAll(queue, 2_000);
    const receipts = received.map((each) => each.receipt);
    await queue.acknowledge(receipts);
    await queue.acknowledge(receipts);
    await queue.acknowledge([]);
    await passTime(2_200);
    expect(await take(queue)).toEqual([]);
  });

  keeps("shows a message at once when its visibility becomes 0", async () => {
    const { queue } = await create();
    await queue.send([{ body: "back" }]);
    const [first] = await take(queue);
    await queue.changeVisibility(first?.receipt ?? "", 0);
    expect((await take(queue)).map((each) => each.receiveCount)).toEqual([2]);
  });

  keeps("hides a message for longer when asked to", async () => {
    const { queue, passTime } = await create();
    await queue.send([{ body: "longer" }]);
    const [first] = await queue.receive({ limit: 1, waitMs: 0, visibilityMs: 2_000 });
    await queue.changeVisibility(first?.receipt ?? "", 60_000);
    await passTime(2_200);
    expect(await take(queue)).toEqual([]);
  });

  keeps("takes no offence when the visibility of a message changes that is gone", async () => {
    const { queue } = await create();
    await queue.send([{ body: "gone" }]);
    const [first] = await take(queue);
    await queue.acknowledge([first?.receipt ?? ""]);
    await expect(queue.changeVisibility(first?.receipt ?? "", 60_000)).resolves.toBeUndefined();
  });

  keeps("moves a message to the dead letters when it is due for a third receive", async () => {
    const { queue, deadLetters } = await create();
    await queue.send([{ body: "poison", attributes: { traceId: "trace-1" } }]);
    for (const receiveCount of [1, 2]) {
      const [message] = await take(queue);
      expect(message?.receiveCount).toBe(receiveCount);
      await queue.changeVisibility(message?.receipt ?? "", 0);
    }
    expect(await take(queue)).toEqual([]);
    const [dead] = await take(deadLetters);
    expect(dead).toMatchObject({ body: "poison", attributes: { traceId: "trace-1" } });
    expect(await take(queue)).toEqual([]);
  });
}

function attributes(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, "v"]));
}

/** What is visible now, in one receive. */
function take(queue: Queue): Promise<readonly ReceivedMessage[]> {
  return queue.receive({ limit: 10, waitMs: 0, visibilityMs });
}

/** What is visible now, in as many receives as it takes. */
async function takeAll(queue: Queue, hiddenMs = visibilityMs): Promise<readonly ReceivedMessage[]> {
  const received: ReceivedMessage[] = [];
  for (;;) {
    const batch = await queue.receive({ limit: 10, waitMs: 0, visibilityMs: hiddenMs });
    if (batch.length === 0) return received;
    received.push(...batch);
  }
}
