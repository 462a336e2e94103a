import { expect } from "vitest";
import type { Bench } from "./kubernetes-api-bench.ts";
import type { Body } from "./kubernetes-api-client.ts";

export const namesOf = (list: Body): string[] => list.items.map((item) => item.metadata.name);

/** Every page of a list, in order. */
export async function pages(
  bench: Bench,
  path: string,
  query: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Body[]> {
  const all: Body[] = [];
  let continueToken = "";
  do {
    const reply = await bench.call("GET", path, {
      query: { ...query, ...(continueToken ? { continue: continueToken } : {}) },
      headers,
    });
    expect(reply, reply.text).toMatchObject({ status: 200 });
    all.push(reply.body);
    continueToken = reply.body.metadata.continue ?? "";
  } while (continueToken !== "");
  return all;
}
