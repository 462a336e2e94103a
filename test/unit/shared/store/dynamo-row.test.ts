import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { refSchema, rowCodec } from "../../../../shared/store/dynamo-row.ts";
import type { DynamoTable } from "../../../../shared/store/dynamo-table.ts";

const table = { name: "knitbone-x" } as DynamoTable;
const codec = rowCodec(
  z.object({
    version: z.number(),
    pod: refSchema,
    podding: z.exactOptional(z.string()),
    verdict: z.exactOptional(z.object({ kind: z.string(), actionId: z.exactOptional(z.string()) })),
  }),
  ["pod", "verdict"],
);
const pod = { kind: "Pod", namespace: "", name: "web-1", uid: "u" };
const podAttributes = { podKind: "Pod", podNamespace: "", podName: "web-1", podUid: "u" };

describe("rowCodec", () => {
  it("writes parts as attributes of their own", () => {
    const row = codec.attributes({ version: 1, pod, verdict: { kind: "heal", actionId: "a" } });
    expect(row).toEqual({ version: 1, ...podAttributes, verdictKind: "heal", verdictActionId: "a" });
  });

  it("reads them back, with keys and attributes of others ignored", () => {
    const row = { pk: "p", sk: "s", expiresAt: 1, version: 1, ...podAttributes, verdictKind: "heal" };
    expect(codec.read(table, row)).toEqual({ version: 1, pod, verdict: { kind: "heal" } });
  });

  it("does not take an attribute for a part that only begins with the part's letters", () => {
    const row = { pk: "p", sk: "s", version: 1, ...podAttributes, podding: "x" };
    expect(codec.read(table, row)).toEqual({ version: 1, pod, podding: "x" });
  });

  it("says table, keys and members of a row that cannot be understood", () => {
    const row = { pk: "eu-1#u", sk: "case#x", version: "1", ...podAttributes, podUid: 7 };
    expect(() => codec.read(table, row)).toThrow(
      'reading table knitbone-x: row pk "eu-1#u", sk "case#x" cannot be understood: version: Invalid input; pod.uid: Invalid input',
    );
  });

  it("throws StoreUnavailable, which no repetition mends", () => {
    const thrown = (() => {
      try {
        return codec.read(table, { pk: "p", sk: "s" });
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toMatchObject({ code: "StoreUnavailable", retryable: false });
  });
});
