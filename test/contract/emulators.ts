import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { buildApp } from "fauxqs";
import { type DynamoEmulator, dynamoEmulator } from "./dynamo-emulator.ts";
import { type SqsEmulator, sqsEmulator } from "./sqs-emulator.ts";

/** dynalite ships no types; this is all we use of it. */
type Dynalite = (options: { createTableMs: number; deleteTableMs: number; updateTableMs: number }) => Server;

/** dynalite on a free loopback port. */
export async function startDynalite(): Promise<DynamoEmulator> {
  const dynalite = createRequire(import.meta.url)("dynalite") as Dynalite;
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return dynamoEmulator(
    `http://127.0.0.1:${port}`,
    () => new Promise<void>((resolve) => server.close(() => resolve())),
  );
}

/** fauxqs on a free loopback port. */
export async function startFauxqs(): Promise<SqsEmulator> {
  // Not startFauxqs: that one listens on every interface.
  const app = buildApp({ logger: false });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  // Without a host of its own fauxqs builds queue URLs from the one that was asked.
  return sqsEmulator(`http://127.0.0.1:${port}`, () => app.close());
}
