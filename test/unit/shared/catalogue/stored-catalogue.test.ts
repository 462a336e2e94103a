import { expect, it } from "vitest";
import { storedCatalogue } from "../../../../shared/catalogue/stored-catalogue.ts";
import { seconds } from "../../../../shared/time/duration.ts";
import { aSignature } from "../../../build/signature.ts";
import { manualClock } from "../../../fakes/manual-clock.ts";
import { memoryCatalogueStore } from "../../../fakes/memory-catalogue-store.ts";

function setup() {
  const clock = manualClock();
  const store = memoryCatalogueStore();
  const live = storedCatalogue(store, [aSignature({ id: "released", fragments: ["is asleep"] })], clock);
  const causeOf = async (text: string) => {
    const match = (await live.current()).catalogue.match({ channel: "event", reason: "FailedSync", text });
    return match.kind === "known" ? match.signature.id : match.kind;
  };
  const add = (version: number, overrides = {}) =>
    store.write({ kind: "row", content: aSignature({ version, ...overrides }) }, "jo", clock.now());
  return { clock, store, live, causeOf, add };
}

it("matches with the rows of the release and of the table", async () => {
  const { causeOf, add } = setup();
  await add(1);
  expect(await causeOf("the disk is asleep")).toBe("released");
  expect(await causeOf("disk sda is tired")).toBe("disk-tired");
  expect(await causeOf("disk sda is odd")).toBe("unknown");
});

it("reads the table once in 30 s, and sees a new row then (S0-77)", async () => {
  const { clock, store, causeOf, add } = setup();
  expect(await causeOf("disk sda is tired")).toBe("unknown");
  await add(1);
  await clock.advance(seconds(30) - 1);
  expect(await causeOf("disk sda is tired")).toBe("unknown");
  expect(store.calls("versions")).toBe(1);
  await clock.advance(1);
  expect(await causeOf("disk sda is tired")).toBe("disk-tired");
  expect(store.calls("versions")).toBe(2);
});

it("keeps what it knew when the table cannot be read, says so, and asks again after 30 s", async () => {
  const { clock, store, live, causeOf, add } = setup();
  await add(1);
  expect(await causeOf("disk sda is tired")).toBe("disk-tired");
  store.breakWith(new Error("no answer"));
  await clock.advance(seconds(30));
  expect(await causeOf("disk sda is tired")).toBe("disk-tired");
  expect((await live.current()).problems).toEqual(["no answer"]);
  expect(store.calls("versions")).toBe(2);
  store.mend();
  await clock.advance(seconds(30));
  expect((await live.current()).problems).toEqual([]);
});

it("has the release's rows when the table was never read", async () => {
  const { store, live, causeOf } = setup();
  store.breakWith(new Error("no such table"));
  expect(await causeOf("the disk is asleep")).toBe("released");
  expect((await live.current()).problems).toEqual(["no such table"]);
});

it("does not wait for a table longer than a second", async () => {
  const { clock, store, live } = setup();
  store.stall();
  const waiting = live.current();
  await clock.advance(seconds(1));
  expect((await waiting).problems).toEqual(["reading the catalogue's table: no answer within 1000 ms"]);
});

it("keeps the old version when somebody spoils the only one by hand", async () => {
  const { clock, store, live, causeOf, add } = setup();
  await add(1);
  expect(await causeOf("disk sda is tired")).toBe("disk-tired");
  store.putMalformed("disk-tired", 1, "cause: is bad");
  for (let reads = 0; reads < 3; reads++) {
    await clock.advance(seconds(30));
    expect(await causeOf("disk sda is tired")).toBe("disk-tired");
  }
  expect((await live.current()).problems).toEqual(["version 1 is not in force: row disk-tired: cause: is bad"]);
});
