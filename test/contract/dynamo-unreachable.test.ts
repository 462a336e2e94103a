import { createServer, type Server, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { Case } from "../../shared/case/case.ts";
import { dynamoCaseStore } from "../../shared/case/dynamo-case-store.ts";
import { dynamoClient } from "../../shared/lambda/dynamo-client.ts";

/* What needs no server that speaks DynamoDB, but one that does not. */

const local = { region: "eu-west-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } };
const at = Date.parse("2026-11-21T12:00:00Z");

const aCase: Case = {
  key: { healer: "terminating-reaper", cluster: "eu-1", uid: "u-1" },
  object: { kind: "Pod", namespace: "shop", name: "web-1", uid: "u-1" },
  version: 1,
  state: "open",
  openedAt: at,
  updatedAt: at,
  attempts: 0,
  traceId: "t",
};

describe("a server that does not serve", () => {
  it("is StoreUnavailable when nobody listens", async () => {
    const nobody = dynamoClient({ ...local, endpoint: `http://127.0.0.1:${await freePort()}` });
    await expect(dynamoCaseStore(nobody, "t-1").load(aCase.key)).rejects.toMatchObject({ code: "StoreUnavailable" });
    await expect(dynamoCaseStore(nobody, "t-1").save(aCase, 0)).rejects.toMatchObject({ code: "StoreUnavailable" });
  });

  it("is StoreUnavailable when it takes the call and never answers", async () => {
    const sockets: Socket[] = [];
    const silent = await listening((socket) => sockets.push(socket));
    const hung = dynamoClient({ ...local, endpoint: `http://127.0.0.1:${portOf(silent)}` });
    await expect(dynamoCaseStore(hung, "t-1").save(aCase, 0)).rejects.toMatchObject({
      code: "StoreUnavailable",
      retryable: true,
    });
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
});

function listening(onConnection: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer(onConnection).listen(0, "127.0.0.1", () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

async function freePort(): Promise<number> {
  const server = await listening(() => {});
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
