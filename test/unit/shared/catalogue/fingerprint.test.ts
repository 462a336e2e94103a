import fc from "fast-check";
import { expect, it } from "vitest";
import { fingerprintOf } from "../../../../shared/catalogue/fingerprint.ts";

it.each([
  [
    "back-off 20s restarting failed container=main pod=web_crash(fdacb7e7-a045-44d5-8266-e7209ebbe16d)",
    "back-off * restarting failed container=main pod=*)",
  ],
  ['Failed to pull image "registry.example.com/shop/web:9": odd', 'Failed to pull image "*": odd'],
  [
    "PLEG is not healthy: pleg was last seen active 3m2.515548275s ago; threshold is 3m0s",
    "PLEG is not healthy: pleg was last seen active * ago; threshold is *",
  ],
  ["mkdir /sys/fs/cgroup/kubepods/pod5d2f: no space left on device", "mkdir *: no space left on device"],
  ["dial tcp 192.0.2.7:443: connect: refused", "dial tcp *: connect: refused"],
  ["sandbox 8a4f61c2b0d95e37a1c86f20d4b7e953 is gone", "sandbox * is gone"],
  ["Volume is already used by pod(s) web-7f9c-x2x8p", "Volume is already used by pod(s) *"],
  ["didn't match 'shop' and isn't here", "didn't match '*' and isn't here"],
  ['with KillContainerError: "rpc error: \\"inner\\" more"', 'with KillContainerError: "*"inner"*"'],
  ["exit status 137, ulimit=1024", "exit status *, ulimit=*"],
  ["two  spaces\tand\nlines\u001b[31m", "two spaces and lines [*"],
  ["", "(empty)"],
  ["\u0000\u0001", "(empty)"],
])("%j", (text, fingerprint) => {
  expect(fingerprintOf(text)).toBe(fingerprint);
});

it("is one for texts that differ only in names, numbers, paths, ids and times", () => {
  const say = (id: string, path: string, took: string, pod: string) =>
    `failed to reserve "${pod}" at ${path} after ${took}: id ${id} (attempt ${took.length}) is taken`;
  const first = say("5d2f0b9e-6c1a-4f7e-9b3d-2a8c4e6f1b07", "/var/lib/a", "3s", "web_shop");
  const second = say(
    "0b1d23f4-a596-4877-8695-a4b3c2d1e0f0",
    "/run/containerd/b.sock",
    "1m30.5s",
    "cart_basket-and-more",
  );
  expect(fingerprintOf(second)).toBe(fingerprintOf(first));
  expect(fingerprintOf(first.replace("reserve", "release"))).not.toBe(fingerprintOf(first));
});

it("does not move when a forwarder has cut the text", () => {
  const text = `failed to do what was asked of it by "${"n".repeat(80)}": ${"and then some more of it happened ".repeat(60)}`;
  expect(fingerprintOf(text.slice(0, 1_024))).toBe(fingerprintOf(text));
});

it("is printable, at most 200 characters and never empty, and the same each time", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      const fingerprint = fingerprintOf(text);
      expect(fingerprint).toMatch(/^[\x20-\x7e]{1,200}$/);
      expect(fingerprintOf(text)).toBe(fingerprint);
    }),
  );
});
