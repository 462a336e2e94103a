import { expect, it } from "vitest";
import { withFaults } from "../../fakes/with-faults.ts";

function setup() {
  const written: string[] = [];
  const store = withFaults({
    async write(text: string) {
      written.push(text);
      return written.length;
    },
    async read() {
      return [...written];
    },
  });
  return { store, written };
}

const error = new Error("down");

it("passes calls through while nothing is wrong", async () => {
  const { store } = setup();
  expect(await store.write("a")).toBe(1);
  expect(await store.read()).toEqual(["a"]);
  expect(store.calls("write")).toBe(1);
});

it("breaks every method, or one, until mended", async () => {
  const { store, written } = setup();
  store.breakWith(error);
  await expect(store.write("a")).rejects.toBe(error);
  await expect(store.read()).rejects.toBe(error);
  store.mend();
  store.breakWith(error, "write");
  await expect(store.write("a")).rejects.toBe(error);
  expect(await store.read()).toEqual([]);
  store.mend();
  await store.write("b");
  expect(written).toEqual(["b"]);
});

it("fails the next calls only", async () => {
  const { store, written } = setup();
  store.failNext("write", error, 2);
  await expect(store.write("a")).rejects.toBe(error);
  await expect(store.write("b")).rejects.toBe(error);
  await store.write("c");
  expect(written).toEqual(["c"]);
});

it("loses one answer of a call that took effect", async () => {
  const { store, written } = setup();
  store.loseAnswer("write", error);
  await expect(store.write("a")).rejects.toBe(error);
  expect(written).toEqual(["a"]);
  expect(await store.write("b")).toBe(2);
});

it("stalls calls until released", async () => {
  const { store, written } = setup();
  const release = store.stall("write");
  const pending = store.write("a");
  expect(await store.read()).toEqual([]);
  release();
  expect(await pending).toBe(1);
  expect(written).toEqual(["a"]);
});
