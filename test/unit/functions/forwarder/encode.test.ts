import fc from "fast-check";
import { expect, it } from "vitest";
import { encodeAscii } from "../../../../functions/forwarder/encode.ts";

it("escapes what a queue refuses", () => {
  expect(encodeAscii({ note: "\ufffe\uffff é \u0000 \u007f 🐛" })).toBe(
    '{"note":"\\ufffe\\uffff \\u00e9 \\u0000 \\u007f \\ud83d\\udc1b"}',
  );
});

it("keeps every string, in printable ASCII only", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const json = encodeAscii({ text });
      expect(json).toMatch(/^[\x20-\x7e]*$/);
      expect(JSON.parse(json)).toEqual({ text });
    }),
    { numRuns: 1_000 },
  );
});

it("leaves out members that reach a prototype", () => {
  const allocatable = JSON.parse('{"cpu":4,"__proto__":1,"constructor":2,"prototype":3}');
  expect(encodeAscii({ allocatable })).toBe('{"allocatable":{"cpu":4}}');
});
