import type { SQSEvent, SQSRecord } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { dispatcherBatches } from "../../../../shared/lambda/dispatcher-handler.ts";
import { healerBatches } from "../../../../shared/lambda/handler.ts";
import type { SqsMessage } from "../../../../shared/lambda/sqs-event.ts";
import type { LogFields } from "../../../../shared/log/log.ts";
import { type Log, silentLog } from "../../../../shared/log/log.ts";
import { noon } from "../../../build/instant.ts";
import { aSighting } from "../../../build/message.ts";
import { aRef } from "../../../build/object-ref.ts";

function aRecord(messageId: string, body: unknown, attributes: Partial<SQSRecord["attributes"]> = {}): SQSRecord {
  return {
    messageId,
    receiptHandle: "r",
    body: typeof body === "string" ? body : JSON.stringify(body),
    attributes: {
      SentTimestamp: String(noon),
      ApproximateReceiveCount: "2",
      SenderId: "AROA1:x",
      ApproximateFirstReceiveTimestamp: String(noon),
      ...attributes,
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:eu-west-1:1:q",
    awsRegion: "eu-west-1",
  };
}
const event = (...Records: SQSRecord[]): SQSEvent => ({ Records });
const plenty = { getRemainingTimeInMillis: () => 30_000 };
const again = (...ids: string[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });

describe("a healer's batch", () => {
  it("hands each record with the queue's own time and count to the pipeline", async () => {
    const seen: unknown[] = [];
    const handle = healerBatches(async (body, record) => {
      seen.push([body, record]);
      return { kind: "Decided" };
    }, silentLog);
    expect(await handle(event(aRecord("m1", "b1")), plenty)).toEqual(again());
    expect(seen).toEqual([["b1", { messageId: "m1", sentAt: noon, receiveCount: 2 }]]);
  });

  it("brings back exactly the records that threw, also when all did, and says why", async () => {
    const lines: [string, LogFields | undefined][] = [];
    const log: Log = { ...silentLog, error: (message, fields) => lines.push([message, fields]) };
    const handle = healerBatches(async (body) => {
      if (body.startsWith("bad")) throw new Error(`no ${body}`);
      return { kind: "Decided" };
    }, log);
    expect(await handle(event(aRecord("m1", "bad1"), aRecord("m2", "good"), aRecord("m3", "bad2")), plenty)).toEqual(
      again("m1", "m3"),
    );
    expect(await handle(event(aRecord("m4", "bad3")), plenty)).toEqual(again("m4"));
    expect(lines[0]).toEqual([
      "Message will come again",
      { messageId: "m1", receiveCount: "2", code: "Unexpected", err: "no bad1" },
    ]);
  });

  it("looks at one object by one message at a time", async () => {
    const under = new Set<string>();
    let together = 0;
    const handle = healerBatches(async (body) => {
      const { object } = JSON.parse(body) as { object: { uid: string } };
      expect(under.has(object.uid)).toBe(false);
      under.add(object.uid);
      together = Math.max(together, under.size);
      await Promise.resolve();
      under.delete(object.uid);
      return { kind: "Decided" };
    }, silentLog);
    const one = aSighting();
    const other = aSighting({ object: aRef({ name: "web-2" }) });
    const records = [one, other, one, one, other].map((each, index) => aRecord(`m${index}`, each));
    expect(await handle(event(...records), plenty)).toEqual(again());
    expect(together).toBe(2);
  });

  it("begins nothing in the last seconds before its time limit", async () => {
    const handle = healerBatches(() => Promise.reject(new Error("begun")), silentLog);
    expect(await handle(event(aRecord("m1", "b")), { getRemainingTimeInMillis: () => 8_000 })).toEqual(again("m1"));
  });

  it("brings back a record of unknown age: it must not pass for a fresh one", async () => {
    const handle = healerBatches(async () => ({ kind: "Decided" }), silentLog);
    expect(await handle(event(aRecord("m1", "b", { SentTimestamp: "" }), aRecord("m2", "b")), plenty)).toEqual(
      again("m1"),
    );
  });
});

describe("the dispatcher's batch", () => {
  it("goes to the dispatcher as one, and what it names comes back", async () => {
    const seen: SqsMessage[] = [];
    const handle = dispatcherBatches(async (messages) => {
      seen.push(...messages);
      return ["m2", "somebody else's"];
    }, silentLog);
    expect(
      await handle(event(aRecord("m1", "b1"), aRecord("m2", "b2"), aRecord("m3", "b3", { SentTimestamp: "x" }))),
    ).toEqual(again("m2", "m3"));
    expect(seen).toEqual([
      { messageId: "m1", body: "b1", sentAt: noon, receiveCount: 2, senderId: "AROA1:x" },
      { messageId: "m2", body: "b2", sentAt: noon, receiveCount: 2, senderId: "AROA1:x" },
    ]);
  });
});
