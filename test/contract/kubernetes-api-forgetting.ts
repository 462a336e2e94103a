import { expect, test } from "vitest";
import type { CurrentBench } from "./kubernetes-api.contract.ts";
import { type Bench, podManifest } from "./kubernetes-api-bench.ts";
import type { Body } from "./kubernetes-api-client.ts";
import { namesOf } from "./kubernetes-api-pages.ts";

/** What is left of history after five minutes: versions, pages and watches that reach back further are 410. */
export function forgetting(bench: CurrentBench): void {
  const event = (own: Bench, uid: string) =>
    own.create(own.at("", "events"), {
      metadata: { name: own.fresh("event") },
      involvedObject: { kind: "Pod", namespace: own.namespace, name: "web", uid },
      reason: "Tested",
      type: "Warning",
    });

  /** Three objects of one kind, and the first page of two of them, whose token is then too old. */
  async function expiredPage(own: Bench, path: string, make: (n: number) => Promise<Body>, query: Query) {
    const made: Body[] = [];
    for (let n = 0; n < 3; n++) made.push(await make(n));
    const names = made.map((each) => each.metadata.name).sort();
    const first = await own.call("GET", path, { query: { ...query, limit: "2" } });
    expect(namesOf(first.body)).toEqual(names.slice(0, 2));
    await make(3);
    await own.forgetHistory();
    const next = { ...query, limit: "2", continue: first.body.metadata.continue ?? "" };
    const reply = await own.eventually(async () => {
      const answer = await own.call("GET", path, { query: next });
      return answer.status === 200 ? undefined : answer;
    });
    return { names, first: first.body, reply };
  }

  type Query = Readonly<Record<string, string>>;
  const tooOld = {
    status: 410,
    body: {
      kind: "Status",
      reason: "Expired",
      message: expect.stringMatching(
        /^The provided continue parameter is too old to display a consistent list result\./,
      ),
      metadata: { continue: expect.stringMatching(/./) },
      code: 410,
    },
  };

  const podsOf = (own: Bench) => {
    const group = own.fresh("group");
    const make = () => own.create(own.pods(), podManifest({ name: own.fresh("p"), labels: { group } }));
    return { make, query: { labelSelector: `group=${group}` } };
  };

  test("lets a list's pages and its version expire, and offers the rest of what is there now", async () => {
    const own = bench();
    const { make, query } = podsOf(own);
    const { names, first, reply } = await expiredPage(own, own.pods(), make, query);
    expect(reply).toMatchObject(tooOld);
    const rest = await own.call("GET", own.pods(), {
      query: { ...query, limit: "9", continue: reply.body.metadata.continue ?? "" },
    });
    expect(rest.status).toBe(200);
    // The third and what came after the first page, under a version of its own.
    expect(namesOf(rest.body)).toHaveLength(2);
    expect(namesOf(rest.body)).toContain(names[2]);
    expect(Number(rest.body.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
    const { resourceVersion } = first.metadata;
    const exactly = { ...query, resourceVersion, resourceVersionMatch: "Exact" };
    expect(await own.call("GET", own.pods(), { query: exactly })).toMatchObject({
      status: 410,
      body: { reason: "Expired", code: 410 },
    });
    // What a client does then.
    expect((await own.call("GET", own.pods(), { query: { ...query, limit: "9" } })).body.items).toHaveLength(4);
  }, 60_000);

  test("lets the pages of Events expire, which no cache keeps", async () => {
    const own = bench();
    const uid = own.fresh("uid");
    const query = { fieldSelector: `involvedObject.uid=${uid},type=Warning` };
    const { reply } = await expiredPage(own, own.at("", "events"), () => event(own, uid), query);
    expect(reply).toMatchObject(tooOld);
  }, 60_000);

  test("ends a watch from a forgotten version with an error in the stream", async () => {
    const own = bench();
    const uid = own.fresh("uid");
    const from = (await event(own, uid)).metadata.resourceVersion;
    await event(own, uid);
    await event(own, uid);
    await own.forgetHistory();
    const watch = await own.open(own.at("", "events"), { resourceVersion: from });
    expect(watch.status).toBe(200);
    expect(await watch.next()).toMatchObject({
      type: "ERROR",
      object: {
        kind: "Status",
        status: "Failure",
        reason: "Expired",
        message: expect.stringMatching(/too old/),
        code: 410,
      },
    });
    expect(await watch.next()).toBeUndefined();
  });

  test("watches on from the newest version, whatever is forgotten", async () => {
    const own = bench();
    const uid = own.fresh("uid");
    await event(own, uid);
    const query = { fieldSelector: `involvedObject.uid=${uid}` };
    const { resourceVersion } = (await own.call("GET", own.at("", "events"), { query })).body.metadata;
    await own.forgetHistory();
    const watch = await own.open(own.at("", "events"), { ...query, resourceVersion });
    const { name } = (await event(own, uid)).metadata;
    expect(await watch.next()).toMatchObject({ type: "ADDED", object: { metadata: { name } } });
  });
}
