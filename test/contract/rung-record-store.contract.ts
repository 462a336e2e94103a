import { expect } from "vitest";
import type { RungRecordStore } from "../../shared/heal/rung-record.ts";
import { contract, type Deviations, racing } from "./promises.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const tried = { rung: "restart-kubelet", cause: "NotReadyPleg" } as const;
const outcome = (id: string, helped = false) => ({ id, helped, at: now });

export function rungRecordStoreContract(create: () => Promise<RungRecordStore>, deviations: Deviations = {}): void {
  contract("RungRecordStore", deviations, (keeps) => {
    keeps("is empty at first, and keeps clusters, causes and rungs apart", async () => {
      const store = await create();
      expect(await store.read("eu-1")).toEqual({});
      await store.add("eu-1", tried, outcome("n1/a"));
      await store.add("eu-1", { ...tried, rung: "reboot" }, outcome("n1/b", true));
      await store.add("us-1", { ...tried, cause: "RuntimeDown" }, outcome("n9/a"));
      expect(await store.read("eu-1")).toEqual({
        "NotReadyPleg#restart-kubelet": [outcome("n1/a")],
        "NotReadyPleg#reboot": [outcome("n1/b", true)],
      });
      expect(await store.read("us-1")).toEqual({ "RuntimeDown#restart-kubelet": [outcome("n9/a")] });
    });

    keeps("the same outcome twice is one, and the first word stands", async () => {
      const store = await create();
      await store.add("eu-1", tried, outcome("n1/a"));
      await store.add("eu-1", tried, outcome("n1/a", true));
      expect(await store.read("eu-1")).toEqual({ "NotReadyPleg#restart-kubelet": [outcome("n1/a")] });
    });

    keeps("of ten at once none is lost (S1-07)", async () => {
      const store = await create();
      await racing(10, (index) => store.add("eu-1", tried, outcome(`n${index}/a`)));
      const all = (await store.read("eu-1"))["NotReadyPleg#restart-kubelet"] ?? [];
      expect(all.map(({ id }) => id).sort()).toEqual(Array.from({ length: 10 }, (_, n) => `n${n}/a`));
    });

    keeps("the last twenty of a cause and rung", async () => {
      const store = await create();
      for (let n = 0; n < 22; n++) await store.add("eu-1", tried, outcome(`n${n}/a`));
      const all = (await store.read("eu-1"))["NotReadyPleg#restart-kubelet"] ?? [];
      expect([all.length, all[0]?.id, all.at(-1)?.id]).toEqual([20, "n2/a", "n21/a"]);
    });
  });
}
