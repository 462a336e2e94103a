import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startDynamoDbLocal } from "./aws/dynamodb-local.ts";
import { startElasticMq } from "./aws/elasticmq.ts";
import { jars } from "./aws/jars.ts";
import { freePort } from "./free-port.ts";

const goodJava = "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2";
/** Its last argument is -DoutputDirectory=… */
const goodMaven = 'for last; do :; done; IFS==; set -- $last; /bin/mkdir -p "$2"';

/** A cache of its own, and a PATH with nothing in it but these shell scripts. */
function machine(programs: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), "kb-jars-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const install = (name: string, script: string) => {
    const path = join(root, "bin", name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  };
  mkdirSync(join(root, "bin"));
  for (const [name, script] of Object.entries(programs)) install(name, script);
  const said: string[] = [];
  return {
    said,
    uninstall: (name: string) => rmSync(join(root, "bin", name)),
    cached: () => readdirSync(join(root, "cache", "aws")),
    jars: () => jars({ PATH: join(root, "bin"), KNITBONE_CACHE: join(root, "cache") }, (line) => said.push(line)),
  };
}

test.each([
  { lack: "no Java", programs: {}, message: /needs Java 17 .* there is no `java` in the PATH: get it from https:/ },
  {
    lack: "an old Java",
    programs: { java: "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2" },
    message: /needs Java 17 .* this one is 11\.0\.2: get it from https:/,
  },
  {
    lack: "a very old Java",
    programs: { java: "echo 'java version \"1.8.0_402\"' >&2" },
    message: /needs Java 17 .* this one is 1\.8\.0_402: get it/,
  },
  {
    lack: "a Java that does not run",
    programs: { java: "exit 127" },
    message: /needs Java 17 .* this one does not run .*: get it/s,
  },
  {
    lack: "no Maven",
    programs: { java: goodJava },
    message: /needs Maven .* there is no `mvn` in the PATH: get it from https:/,
  },
])("$lack is said in one message that says where to get it", async ({ programs, message }) => {
  await expect(machine(programs).jars()).rejects.toThrow(message);
});

test("a download that fails is told in Maven's words, and leaves nothing in the cache", async () => {
  const mvn = `${goodMaven}\necho '[INFO] Downloading'\necho '[ERROR] Could not transfer artifact a:b:jar:1 -> [Help 1]'\nexit 1`;
  const offline = machine({ java: goodJava, mvn });
  await expect(offline.jars()).rejects.toThrow(
    /ended with 1: Could not transfer artifact a:b:jar:1 \(a proxy or a mirror .*\)$/,
  );
  expect(offline.cached()).toEqual([]);
});

test("a fetch that is killed halfway leaves nothing in the cache", async () => {
  const killed = machine({ java: goodJava, mvn: `${goodMaven}\nkill -9 $$` });
  await expect(killed.jars()).rejects.toThrow(/ended with SIGKILL/);
  expect(killed.cached()).toEqual([]);
});

test("what was fetched once needs no Maven any more", async () => {
  const fresh = machine({ java: goodJava, mvn: goodMaven });
  const folder = await fresh.jars();
  expect(fresh.cached()).toEqual([folder.split("/").at(-1)]);
  expect(fresh.said.at(-1)).toMatch(/^fetched DynamoDB Local and ElasticMQ in \d+ s$/);
  fresh.uninstall("mvn");
  expect(await fresh.jars()).toBe(folder);
});

test.each([
  { name: "DynamoDB Local", start: startDynamoDbLocal },
  { name: "ElasticMQ", start: startElasticMq },
])("$name listens on loopback only, and leaves its port when it is stopped", async ({ start }) => {
  const port = await freePort();
  const server = await start(port);
  try {
    expect(addressesListeningOn(port)).toEqual(["127.0.0.1"]);
  } finally {
    await server.stop();
  }
  expect(addressesListeningOn(port)).toEqual([]);
});

test.each([
  { name: "DynamoDB Local", start: startDynamoDbLocal },
  { name: "ElasticMQ", start: startElasticMq },
])("a port that is taken is said in one message: $name", async ({ name, start }) => {
  const port = await freePort();
  const other = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => void other.close());
  await expect(start(port)).rejects.toThrow(
    new RegExp(`^starting ${name}: port ${port} on 127\\.0\\.0\\.1 is in use: .*run again, on another port$`),
  );
});

/** Linux's own tables; a program that listens on IPv4 by way of IPv6 stands in the second one. */
function addressesListeningOn(port: number): string[] {
  const rows = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) => readFileSync(path, "utf8").trim().split("\n"));
  const addresses: string[] = [];
  for (const row of rows) {
    const [, local = "", , state] = row.trim().split(/\s+/);
    const [address = "", hexPort = ""] = local.split(":");
    if (state !== "0A" || Number.parseInt(hexPort, 16) !== port) continue;
    addresses.push(isLoopback(address) ? "127.0.0.1" : address);
  }
  return addresses;
}

/** Words of four bytes in the machine's (little-endian) order: 127.0.0.1, or ::ffff:127.0.0.1. */
function isLoopback(hex: string): boolean {
  return hex === "0100007F" || hex === "0000000000000000FFFF00000100007F";
}
