import { expect, it, onTestFinished } from "vitest";
import { transport } from "../../../../shared/cluster/client-node-transport.ts";
import { refusedAddress } from "../../../../shared/cluster/endpoint-rules.ts";
import { systemClock } from "../../../../shared/time/system-clock.ts";
import { makeCertificate } from "../../../fakes/certificate.ts";
import { answerJson, scratchServer } from "../../../fakes/scratch-server.ts";

it("refuses a name by the address it resolves to, before a byte is sent", async () => {
  const authority = makeCertificate({ name: "ca" });
  const certificate = makeCertificate({ name: "s", issuer: authority, addresses: ["localhost", "127.0.0.1"] });
  await using server = await scratchServer((_, response) => answerJson(response, 200, {}), certificate);
  const connection = (refuseAddress?: (address: string) => string | undefined) => {
    const made = transport({
      endpoint: `https://localhost:${server.port}`,
      title: 'cluster "a"',
      source: {
        credentials: async () => ({ headers: { authorization: "Bearer t" }, tls: { ca: authority.cert } }),
        renew: () => false,
      },
      userAgent: "test",
      clock: systemClock,
      ...(refuseAddress === undefined ? {} : { refuseAddress }),
    });
    onTestFinished(() => made.close());
    return made;
  };
  const version = { method: "GET", path: "/version", timeoutMs: 5_000 } as const;
  await expect(connection(refusedAddress).request(version)).rejects.toMatchObject({
    code: "ClusterUnreachable",
    message: expect.stringMatching(/localhost must not be connected to: (127\.0\.0\.1|::1) is a loopback address/),
  });
  expect(server.connections()).toBe(0);
  // The same way in with a rule that lets it pass: the guard is what refused.
  expect((await connection(() => undefined).request(version)).status).toBe(200);
});

it("follows no redirect: credentials stay where they were meant to go", async () => {
  await using elsewhere = await scratchServer((_, response) => answerJson(response, 200, {}));
  await using server = await scratchServer((_, response) => response.writeHead(302, { location: elsewhere.url }).end());
  const made = transport({
    endpoint: server.url,
    title: 'cluster "a"',
    source: { credentials: async () => ({ headers: { authorization: "Bearer t" }, tls: {} }), renew: () => false },
    userAgent: "test",
    clock: systemClock,
  });
  onTestFinished(() => made.close());
  expect((await made.request({ method: "GET", path: "/version", timeoutMs: 5_000 })).status).toBe(302);
  expect(elsewhere.requests).toEqual([]);
});
