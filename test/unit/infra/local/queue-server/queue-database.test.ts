import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type QueueDatabase, queueDatabase } from "../../../../../infra/local/queue-server/queue-database.ts";
import { type ManualClock, manualClock } from "../../../../fakes/manual-clock.ts";
import { seededRandom } from "../../../../fakes/seeded-random.ts";

let directory: string;
let clock: ManualClock;
let database: QueueDatabase;

const specs = [
  {
    name: "in",
    visibilityMs: 30_000,
    delayMs: 0,
    retentionMs: 3_600_000,
    redrive: { deadLetterQueue: "dead", maxReceiveCount: 2 },
  },
  { name: "dead", visibilityMs: 30_000, delayMs: 0, retentionMs: 3_600_000 },
];
const open = () => {
  const opened = queueDatabase(join(directory, "queues.db"), { clock, random: seededRandom(7) });
  opened.declare(specs);
  return opened;
};
const message = (body: string, more: { delayMs?: number; group?: string } = {}) => ({
  body,
  attributes: {},
  sender: "s",
  ...more,
});
const bodies = (queue = "in", visibilityMs = 30_000) =>
  database.receive(queue, 10, visibilityMs).map(({ body }) => body);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "knitbone-queue-"));
  clock = manualClock();
  database = open();
});
afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

test("a message is hidden while somebody works on it and comes back on the instant its visibility ends", () => {
  database.send("in", [message("a")]);
  expect(bodies("in", 5_000)).toEqual(["a"]);
  clock.set(clock.now() + 4_999);
  expect(bodies()).toEqual([]);
  clock.set(clock.now() + 1);
  expect(bodies()).toEqual(["a"]);
});

test("a delayed message shows on the instant its delay ends", () => {
  database.send("in", [message("a", { delayMs: 2_000 })]);
  expect(database.counts("in")).toEqual({ visible: 0, inFlight: 0, delayed: 1 });
  clock.set(clock.now() + 1_999);
  expect(bodies()).toEqual([]);
  clock.set(clock.now() + 1);
  expect(bodies()).toEqual(["a"]);
});

test("only the newest receipt deletes", () => {
  database.send("in", [message("a")]);
  const [first] = database.receive("in", 1, 1_000);
  clock.set(clock.now() + 1_000);
  const [second] = database.receive("in", 1, 1_000);
  database.delete("in", [first?.receipt ?? ""]);
  expect(database.counts("in").inFlight).toBe(1);
  database.delete("in", [second?.receipt ?? ""]);
  expect(database.counts("in")).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
});

test("after maxReceiveCount receives a message goes to the dead letters with its id, body, sender and age", () => {
  const [id] = database.send("in", [message("a", { group: "c" })]);
  const sentAt = clock.now();
  for (const _ of [1, 2]) {
    expect(bodies("in", 1_000)).toEqual(["a"]);
    clock.set(clock.now() + 1_000);
  }
  expect(bodies()).toEqual([]);
  expect(database.counts("in")).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  expect(database.receive("dead", 1, 0)).toMatchObject([
    { id, body: "a", sender: "s", group: "c", sentAt, receiveCount: 1 },
  ]);
});

test("visibility 0 gives a message back at once; a message that is not in flight is not touched", () => {
  database.send("in", [message("a")]);
  const [taken] = database.receive("in", 1, 60_000);
  expect(database.changeVisibility("in", taken?.receipt ?? "", 0)).toBe("changed");
  expect(database.changeVisibility("in", taken?.receipt ?? "", 0)).toBe("notInFlight");
  expect(bodies()).toEqual(["a"]);
});

test("a message older than the retention is gone", () => {
  database.send("in", [message("a")]);
  clock.set(clock.now() + 3_599_999);
  expect(database.counts("in").visible).toBe(1);
  clock.set(clock.now() + 1);
  expect(bodies()).toEqual([]);
});

test("a waiting receiver hears of a new message, of an ending delay and of its own hang-up", async () => {
  const heard: string[] = [];
  const hangUp = new AbortController();
  const wait = (name: string, signal?: AbortSignal) =>
    void database.arrival("in", 20_000, signal).then(() => heard.push(name));
  wait("hung up", hangUp.signal);
  hangUp.abort();
  await clock.advance(0);
  expect(heard).toEqual(["hung up"]);
  wait("sent");
  database.send("in", [message("a", { delayMs: 3_000 })]);
  await clock.advance(0);
  expect(heard).toEqual(["hung up", "sent"]);
  wait("due");
  await clock.advance(2_999);
  expect(heard).toEqual(["hung up", "sent"]);
  await clock.advance(1);
  expect(heard).toEqual(["hung up", "sent", "due"]);
});

test("everything stands in the file: in-flight, delayed, counts and order survive a restart", () => {
  database.send("in", [message("a"), message("b"), message("c", { delayMs: 10_000 })]);
  database.receive("in", 1, 5_000);
  database.close();
  database = open();
  expect(database.counts("in")).toEqual({ visible: 1, inFlight: 1, delayed: 1 });
  clock.set(clock.now() + 10_000);
  expect(database.receive("in", 10, 1_000).map(({ body, receiveCount }) => [body, receiveCount])).toEqual([
    ["b", 1],
    ["a", 2],
    ["c", 1],
  ]);
});
