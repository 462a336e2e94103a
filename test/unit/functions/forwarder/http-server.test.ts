import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HttpServer, startHttpServer } from "../../../../functions/forwarder/http-server.ts";
import { type ForwarderStatus, isHealthy, isReady } from "../../../../functions/forwarder/status.ts";

const resource = { synced: true, watching: true, heardMsAgo: 100, activeMsAgo: 100, objects: 1 };

function status(over: Partial<ForwarderStatus> = {}): ForwarderStatus {
  return {
    cluster: "eu-1",
    epoch: 1,
    synced: true,
    resources: { pods: resource, nodes: resource, events: resource, leases: resource },
    lastSend: "ok",
    sentMsAgo: 1_000,
    unsent: 0,
    coalesced: 0,
    suspects: 0,
    ...over,
  };
}

const stuck = (activeMsAgo: number) =>
  status({ resources: { ...status().resources, events: { ...resource, activeMsAgo } } });

describe("the probes (S0-71)", () => {
  it.each([
    ["all loops moving", status(), true],
    ["one still for five minutes", stuck(300_000), true],
    ["one still for longer", stuck(300_001), false],
    ["an API server that is away", status({ synced: false, lastSend: "failed", trouble: "no answer" }), true],
  ])("healthy: %s", (_, given, expected) => {
    expect(isHealthy(given)).toBe(expected);
  });

  it.each([
    ["synced, last send ok", status(), true],
    ["not synced", status({ synced: false }), false],
    ["nothing sent yet", status({ lastSend: "none" }), false],
    ["last send failed", status({ lastSend: "failed" }), false],
    ["last acknowledgement two minutes ago", status({ sentMsAgo: 120_000 }), true],
    ["and longer", status({ sentMsAgo: 120_001 }), false],
  ])("ready: %s", (_, given, expected) => {
    expect(isReady(given)).toBe(expected);
  });
});

describe("the server", () => {
  let server: HttpServer;
  let current = status();
  beforeEach(async () => {
    current = status();
    server = await startHttpServer({
      host: "127.0.0.1",
      port: 0,
      forwarder: { status: () => current, metricsText: async () => "knitbone_forwarder_suspects 3\n" },
    });
  });
  afterEach(() => server.close());
  const get = (path: string, method = "GET") => fetch(`http://127.0.0.1:${server.port}${path}`, { method });

  it("answers probes with the status as JSON", async () => {
    const answers = [await get("/healthz"), await get("/readyz?verbose")];
    expect(answers.map((each) => each.status)).toEqual([200, 200]);
    expect(await answers[0]?.json()).toEqual(current);
    current = stuck(900_000);
    expect((await get("/healthz")).status).toBe(503);
    current = status({ synced: false });
    expect((await get("/readyz")).status).toBe(503);
  });

  it("answers with metrics", async () => {
    const answer = await get("/metrics");
    expect([answer.headers.get("content-type"), await answer.text()]).toEqual([
      "text/plain; version=0.0.4; charset=utf-8",
      "knitbone_forwarder_suspects 3\n",
    ]);
  });

  it("knows nothing else and takes nothing", async () => {
    expect([(await get("/")).status, (await get("/metrics", "POST")).status]).toEqual([404, 405]);
  });

  it("says so when its port is taken", async () => {
    const second = startHttpServer({
      host: "127.0.0.1",
      port: server.port,
      forwarder: { status, metricsText: async () => "" },
    });
    await expect(second).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
