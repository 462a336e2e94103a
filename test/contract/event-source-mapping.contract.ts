import type { SQSEvent } from "aws-lambda";
import { describe, expect, type TestContext, test } from "vitest";
import type { PolledQueue } from "../../infra/local/batch-gathering.ts";
import type { InvocationResult } from "../../infra/local/batch-response.ts";
import { type MappingSettings, startEventSourceMapping } from "../../infra/local/event-source-mapping.ts";
import { silentLog } from "../../shared/log/log.ts";
import type { OutgoingMessage } from "../../shared/queue/queue.ts";
import type { Clock } from "../../shared/time/clock.ts";

/** A queue with a dead-letter queue behind it (after three receives), and the clock that it lives by. */
export interface MappingStage {
  readonly clock: Clock;
  readonly queue: PolledQueue;
  readonly deadLetters: PolledQueue;
  send(messages: readonly OutgoingMessage[]): Promise<unknown>;
  /** Lets time pass, by hand or really, and everything that is due in it happen. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

const visibilityMs = 2_000;

/** What a function may rely on behind an SQS event-source mapping, whatever the queue. */
export function eventSourceMappingContract(createStage: () => Promise<MappingStage>): void {
  const start = async (
    { onTestFinished }: TestContext,
    answer: (event: SQSEvent, call: number, stage: MappingStage) => Promise<InvocationResult> | InvocationResult,
    settings: Partial<MappingSettings> = {},
  ) => {
    const stage = await createStage();
    const batches: (readonly string[])[] = [];
    const run = () => {
      const mapping = startEventSourceMapping({
        queue: stage.queue,
        clock: stage.clock,
        log: silentLog,
        settings: {
          batchSize: 10,
          windowMs: 0,
          partialFailures: true,
          concurrency: 1,
          visibilityMs,
          sourceArn: "arn:aws:sqs:local:000000000000:in",
          region: "local",
          ...settings,
        },
        invoke: async (event) => {
          batches.push(event.Records.map(({ body }) => body).sort());
          return answer(event, batches.length, stage);
        },
      });
      onTestFinished(async () => {
        const stopped = mapping.stop();
        await stage.pass(100);
        await stopped;
        await stage.close();
      });
      return mapping;
    };
    const send = (...bodies: readonly string[]) => stage.send(bodies.map((body) => ({ body })));
    const left = (queue: PolledQueue) => queue.receive({ limit: 10, waitMs: 0, visibilityMs: 0 });
    return { stage, batches, run, send, left };
  };
  const done: InvocationResult = { kind: "returned", value: { batchItemFailures: [] } };
  const failing = (event: SQSEvent, body: string): InvocationResult => ({
    kind: "returned",
    value: {
      batchItemFailures: event.Records.filter((record) => record.body === body).map(({ messageId }) => ({
        itemIdentifier: messageId,
      })),
    },
  });

  describe("batches", () => {
    test("what waits is handed over together, once", async (context) => {
      const { stage, batches, run, send } = await start(context, () => done);
      await send("a", "b", "c");
      run();
      await stage.pass(2 * visibilityMs + 500);
      expect(batches).toEqual([["a", "b", "c"]]);
    });

    test("a batch is never larger than the batch size", async (context) => {
      const { stage, batches, run, send } = await start(context, () => done, { batchSize: 2 });
      await send("a", "b", "c", "d", "e");
      run();
      await stage.pass(2 * visibilityMs + 500);
      expect(batches.map((batch) => batch.length)).toEqual([2, 2, 1]);
    });

    test("a window gathers more than one receive brings", async (context) => {
      const { stage, batches, run, send } = await start(context, () => done, { batchSize: 100, windowMs: 1_000 });
      run();
      for (const tens of [0, 1]) await send(...Array.from({ length: 10 }, (_, index) => `m${tens}${index}`));
      await stage.pass(300);
      await send("late");
      await stage.pass(1_500);
      expect(batches.map((batch) => batch.length)).toEqual([21]);
    });

    test("a delayed message comes when its delay is over", async (context) => {
      const { stage, batches, run } = await start(context, () => done);
      await stage.send([{ body: "later", delayMs: 1_000 }]);
      run();
      await stage.pass(700);
      expect(batches).toEqual([]);
      await stage.pass(800);
      expect(batches).toEqual([["later"]]);
    });
  });

  describe("failures", () => {
    test("only what the function names comes again, after its visibility", async (context) => {
      const { stage, batches, run, send } = await start(context, (event, call) =>
        call === 1 ? failing(event, "bad") : done,
      );
      await send("bad", "good");
      run();
      await stage.pass(visibilityMs - 700);
      expect(batches).toEqual([["bad", "good"]]);
      await stage.pass(1_400);
      expect(batches).toEqual([["bad", "good"], ["bad"]]);
      await stage.pass(visibilityMs + 500);
      expect(batches).toHaveLength(2);
    });

    test("an id that is not in the batch makes all of it come again", async (context) => {
      const strange: InvocationResult = {
        kind: "returned",
        value: { batchItemFailures: [{ itemIdentifier: "no-such-message" }] },
      };
      const { stage, batches, run, send } = await start(context, (_event, call) => (call === 1 ? strange : done));
      await send("a", "b");
      run();
      await stage.pass(visibilityMs + 700);
      expect(batches).toEqual([
        ["a", "b"],
        ["a", "b"],
      ]);
    });

    test("a function that throws gets the whole batch again", async (context) => {
      const thrown: InvocationResult = { kind: "failed", errorType: "Error", message: "no" };
      const { stage, batches, run, send } = await start(context, (_event, call) => (call === 1 ? thrown : done));
      await send("a", "b");
      run();
      await stage.pass(visibilityMs + 700);
      expect(batches).toEqual([
        ["a", "b"],
        ["a", "b"],
      ]);
    });

    test("after three receives a message goes to the dead letters", async (context) => {
      const { stage, batches, run, send, left } = await start(context, (event) => failing(event, "poison"));
      await send("poison");
      run();
      await stage.pass(3 * visibilityMs + 1_000);
      expect(batches).toEqual([["poison"], ["poison"], ["poison"]]);
      expect((await left(stage.deadLetters)).map(({ body }) => body)).toEqual(["poison"]);
    });
  });

  describe("concurrency", () => {
    test("no more invocations run at once than allowed, and the others' messages are not received meanwhile", async (context) => {
      let running = 0;
      let most = 0;
      const slowly = async (_event: SQSEvent, _call: number, { clock }: MappingStage) => {
        running += 1;
        most = Math.max(most, running);
        await clock.sleep(1_000);
        running -= 1;
        return done;
      };
      const { stage, batches, run, send } = await start(context, slowly, { batchSize: 1, concurrency: 2 });
      await send("a", "b", "c", "d");
      run();
      await stage.pass(700);
      expect([most, batches.length]).toEqual([2, 2]);
      await stage.pass(3_000);
      expect([most, batches.length]).toEqual([2, 4]);
    });
  });

  describe("the end", () => {
    test("stopping waits for the running invocation and acknowledges it", async (context) => {
      const { stage, run, send, left } = await start(context, async (_event, _call, { clock }) => {
        await clock.sleep(1_000);
        return done;
      });
      await send("a");
      const mapping = run();
      await stage.pass(500);
      const stopped = mapping.stop();
      await stage.pass(1_000);
      await stopped;
      await stage.pass(visibilityMs + 500);
      expect(await left(stage.queue)).toEqual([]);
    });
  });
}
