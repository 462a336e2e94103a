import { afterEach, expect, test } from "vitest";
import { createPod } from "../../../../../infra/local/cluster-model/builder.ts";
import type { RestFace } from "../../../../../infra/local/cluster-model/rest.ts";
import { systemClock } from "../../../../../shared/time/system-clock.ts";
import { smallCluster } from "./small-cluster.ts";

const headers = { authorization: "Bearer admin" };
let face: RestFace | undefined;
afterEach(() => face?.close());

async function listening(overrides: Parameters<typeof smallCluster>[0] = {}) {
  const cluster = smallCluster(overrides);
  face = await cluster.model.listen();
  return { ...cluster, url: face.url };
}

/** Text of a body that is still open, until it contains `wanted`. */
async function until(response: Response, wanted: string): Promise<string> {
  let text = "";
  for await (const part of response.body ?? []) {
    text += new TextDecoder().decode(part);
    if (text.includes(wanted)) break;
  }
  return text;
}

test("listens on loopback and tells the model's time", async () => {
  const { url } = await listening();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const response = await fetch(`${url}/api/v1/nodes`, { headers });
  expect(response.headers.get("date")).toBe("Sat, 21 Nov 2026 12:00:00 GMT");
});

test("puts a garbage line into an open watch, between whole ones", async () => {
  const { url, model } = await listening();
  const response = await fetch(`${url}/api/v1/pods?watch=1`, { headers });
  createPod(model, { name: "before" });
  model.api.faults.garbageLine("not json");
  createPod(model, { name: "after" });
  const lines = (await until(response, '"after"')).split("\n");
  expect(lines).toContain("not json");
  expect(lines.filter((line) => line.startsWith('{"type":"ADDED"')).length).toBe(2);
});

test("breaks the connection where the reply is lost, after the work is done", async () => {
  const { url, model, pod } = await listening();
  createPod(model, { name: "web" });
  model.api.faults.loseReply(1);
  await expect(fetch(`${url}/api/v1/namespaces/default/pods/web`, { method: "DELETE", headers })).rejects.toThrow();
  expect(pod("web")).toBeUndefined();
});

test("drips its bytes when told to, and they are still whole", async () => {
  const { url, model } = await listening({ clock: systemClock });
  createPod(model, { name: "web" });
  const end = model.api.faults.slowBytes(200, 1);
  const slow = await (await fetch(`${url}/api/v1/pods`, { headers })).text();
  end();
  expect(slow).toBe(await (await fetch(`${url}/api/v1/pods`, { headers })).text());
});

test("goes on serving others while it is stalled for some", async () => {
  const { url, model } = await listening();
  const release = model.api.faults.stall((request) => request.path.endsWith("/pods"));
  const held = fetch(`${url}/api/v1/pods`, { headers });
  expect((await fetch(`${url}/api/v1/nodes`, { headers })).status).toBe(200);
  release();
  expect((await held).status).toBe(200);
});

test("refuses a body that is larger than a real server takes", async () => {
  const { url } = await listening();
  const body = JSON.stringify({ metadata: { name: "x", annotations: { big: "y".repeat(4_000_000) } } });
  const response = await fetch(`${url}/api/v1/namespaces/default/pods`, { method: "POST", headers, body });
  expect(response.status).toBe(413);
});
