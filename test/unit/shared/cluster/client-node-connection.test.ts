import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { kubeconfigConnection } from "../../../../shared/cluster/client-node-connection.ts";
import { systemClock } from "../../../../shared/time/system-clock.ts";
import { makeCertificate } from "../../../fakes/certificate.ts";
import { type ScratchDirectory, scratchDirectory } from "../../../fakes/scratch-directory.ts";
import { answerJson, scratchServer } from "../../../fakes/scratch-server.ts";

const authority = makeCertificate({ name: "test authority" });
const serverCertificate = makeCertificate({ name: "api server", issuer: authority, addresses: ["127.0.0.1"] });

function directory(): ScratchDirectory {
  const made = scratchDirectory();
  onTestFinished(() => made[Symbol.dispose]());
  return made;
}

interface Wanted {
  readonly server: string;
  readonly ca?: string;
  readonly user?: object;
  readonly cluster?: object;
}

/** A kubeconfig with one context "a"; JSON is YAML. */
function kubeconfig({ server, ca, user = { token: "t0" }, cluster = {} }: Wanted): string {
  const authorityData = ca === undefined ? {} : { "certificate-authority-data": Buffer.from(ca).toString("base64") };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "a",
    clusters: [{ name: "c", cluster: { server, ...authorityData, ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "a", context: { cluster: "c", user: "u" } }],
  });
}

function connect(text: string, folder = directory(), context?: string) {
  const file = folder.write("config", text);
  const made = kubeconfigConnection({
    file,
    ...(context === undefined ? {} : { context }),
    client: "terminating-reaper",
    version: "1.2.3",
    clock: systemClock,
  });
  onTestFinished(() => made.close());
  return made;
}

const version = { method: "GET", path: "/version", timeoutMs: 5_000 } as const;

describe("a request", () => {
  it("carries token, User-Agent, query and JSON body, and brings back status, lower-case headers and parsed JSON", async () => {
    await using server = await scratchServer((_, response) =>
      answerJson(response, 201, { ok: 1 }, { "X-Thing": "yes" }),
    );
    const answer = await connect(kubeconfig({ server: server.url })).request({
      method: "POST",
      path: "/api/v1/x",
      query: { a: "1 2", b: "=" },
      body: { kind: "Thing" },
      timeoutMs: 5_000,
    });
    expect(answer.status).toBe(201);
    expect(answer.headers["x-thing"]).toBe("yes");
    expect(answer.body).toEqual({ ok: 1 });
    expect(server.requests).toHaveLength(1);
    const [seen] = server.requests;
    expect(seen).toMatchObject({ method: "POST", url: "/api/v1/x?a=1+2&b=%3D", body: '{"kind":"Thing"}' });
    expect(seen?.headers).toMatchObject({
      authorization: "Bearer t0",
      "user-agent": "knitbone/1.2.3 (terminating-reaper)",
      "content-type": "application/json",
      accept: "application/json",
    });
  });

  it("resolves for every status and hands over a body that is no JSON as text", async () => {
    await using server = await scratchServer((_, response) => response.writeHead(503).end("busy"));
    const answer = await connect(kubeconfig({ server: server.url })).request(version);
    expect(answer).toMatchObject({ status: 503, body: "busy" });
  });

  it("goes over a kept-alive TLS connection, however many follow each other", async () => {
    await using server = await scratchServer((_, response) => answerJson(response, 200, {}), serverCertificate);
    const connection = connect(kubeconfig({ server: server.url, ca: authority.cert }));
    for (let each = 0; each < 20; each++) await connection.request(version);
    expect(server.requests).toHaveLength(20);
    // undici opens a second one when a request comes in the very turn in which the first one's answer ended.
    expect(server.connections()).toBeLessThanOrEqual(2);
  });

  it("keeps the path of a server behind a gateway", async () => {
    await using server = await scratchServer((_, response) => answerJson(response, 200, {}));
    await connect(kubeconfig({ server: `${server.url}/k8s/clusters/c-1/` })).request(version);
    expect(server.requests[0]?.url).toBe("/k8s/clusters/c-1/version");
  });

  it("ends after its own time-out (S3-13)", async () => {
    await using server = await scratchServer(() => {});
    await expect(
      connect(kubeconfig({ server: server.url })).request({ ...version, timeoutMs: 50 }),
    ).rejects.toMatchObject({
      code: "ClusterUnreachable",
      retryable: true,
      message: `reaching context "a" at ${server.url}: no answer to GET /version within 50 ms`,
    });
  });

  it("ends after its own time-out when the body stops half-way", async () => {
    await using server = await scratchServer((_, response) => void response.writeHead(200).write('{"a":'));
    await expect(
      connect(kubeconfig({ server: server.url })).request({ ...version, timeoutMs: 100 }),
    ).rejects.toMatchObject({
      message: `reaching context "a" at ${server.url}: no answer to GET /version within 100 ms`,
    });
  });

  it("ends when the caller gives up", async () => {
    await using server = await scratchServer(() => {});
    const caller = new AbortController();
    const pending = connect(kubeconfig({ server: server.url })).request({ ...version, signal: caller.signal });
    caller.abort();
    await expect(pending).rejects.toMatchObject({ code: "ClusterUnreachable" });
  });

  it("sends a read again on a kept-alive connection that died, and a write never", async () => {
    let cutNext = false;
    await using server = await scratchServer((request, response) => {
      if (!cutNext) return answerJson(response, 200, {});
      cutNext = false;
      request.socket.destroy();
    });
    const connection = connect(kubeconfig({ server: server.url }));
    cutNext = true;
    expect((await connection.request(version)).status).toBe(200);
    expect(server.requests).toHaveLength(2);
    cutNext = true;
    await expect(connection.request({ ...version, method: "DELETE" })).rejects.toMatchObject({
      code: "ClusterUnreachable",
    });
    expect(server.requests).toHaveLength(3);
  });
});

describe("credentials", () => {
  it("of a token file are read, trimmed and win over a token", async () => {
    await using server = await scratchServer((_, response) => answerJson(response, 200, {}));
    const folder = directory();
    folder.write("token", "from-file\n");
    const connection = connect(kubeconfig({ server: server.url, user: { token: "t0", tokenFile: "token" } }), folder);
    await connection.request(version);
    expect(server.requests[0]?.headers.authorization).toBe("Bearer from-file");
  });

  it("are read anew once after a 401, for a write as well: it was not executed", async () => {
    const folder = directory();
    await using server = await scratchServer((request, response) =>
      answerJson(response, request.headers.authorization === "Bearer new" ? 200 : 401, {}),
    );
    const connection = connect(kubeconfig({ server: server.url, user: { token: "old" } }), folder);
    folder.write("config", kubeconfig({ server: server.url, user: { token: "new" } }));
    expect((await connection.request({ ...version, method: "POST", body: {} })).status).toBe(200);
    expect(server.requests.map((each) => each.headers.authorization)).toEqual(["Bearer old", "Bearer new"]);
  });

  it("that stay refused leave the 401 to the caller", async () => {
    await using server = await scratchServer((_, response) => answerJson(response, 401, { kind: "Status" }));
    expect((await connect(kubeconfig({ server: server.url })).request(version)).status).toBe(401);
    expect(server.requests).toHaveLength(2);
  });

  it("come from an exec plugin, once for many requests", async () => {
    await using server = await scratchServer((_, response) => answerJson(response, 200, {}));
    const folder = directory();
    const credential = {
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: "plugged" },
    };
    const plugin = folder.write(
      "plugin",
      `#!/bin/sh\necho run >> "${folder.path}/runs"\necho '${JSON.stringify(credential)}'\n`,
      0o700,
    );
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: plugin, interactiveMode: "Never" };
    const connection = connect(kubeconfig({ server: server.url, user: { exec } }), folder);
    await Promise.all([connection.request(version), connection.request(version)]);
    await connection.request(version);
    expect(server.requests.map((each) => each.headers.authorization)).toEqual(Array(3).fill("Bearer plugged"));
    expect(readFileSync(`${folder.path}/runs`, "utf8")).toBe("run\n");
  });

  it("of a failing exec plugin are told in one line without what looks like a token", async () => {
    const folder = directory();
    const plugin = folder.write(
      "plugin",
      `#!/bin/sh\necho 'bad Bearer abc.def eyJhbGciOi.eyJzdWIi.sig' >&2; echo more >&2; exit 1\n`,
      0o700,
    );
    const connection = connect(
      kubeconfig({ server: "https://127.0.0.1:1", user: { exec: { command: plugin } } }),
      folder,
    );
    await expect(connection.request(version)).rejects.toMatchObject({
      code: "ClusterUnauthorized",
      message: 'getting credentials of context "a": bad Bearer <token> <token> more',
    });
  });

  it("can be a client certificate", async () => {
    const clientCertificate = makeCertificate({ name: "client", issuer: authority });
    await using server = await scratchServer(
      (request, response) =>
        answerJson(response, 200, { authorized: (request.socket as { authorized?: boolean }).authorized }),
      { ...serverCertificate, ca: authority.cert, requestCert: true },
    );
    const user = {
      "client-certificate-data": Buffer.from(clientCertificate.cert).toString("base64"),
      "client-key-data": Buffer.from(clientCertificate.key).toString("base64"),
    };
    const answer = await connect(kubeconfig({ server: server.url, ca: authority.cert, user })).request(version);
    expect(answer.body).toEqual({ authorized: true });
  });
});

describe("a server that cannot be reached is named with its cause", () => {
  it("when nothing listens", async () => {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    await expect(connect(kubeconfig({ server: `https://127.0.0.1:${port}` })).request(version)).rejects.toMatchObject({
      code: "ClusterUnreachable",
      message: `reaching context "a" at https://127.0.0.1:${port}: connection refused (ECONNREFUSED 127.0.0.1:${port})`,
    });
  });

  it("when another authority signed its certificate", async () => {
    await using server = await scratchServer((_, response) => answerJson(response, 200, {}), serverCertificate);
    const other = makeCertificate({ name: "another authority" });
    await expect(connect(kubeconfig({ server: server.url, ca: other.cert })).request(version)).rejects.toMatchObject({
      code: "ClusterUnreachable",
      message: `reaching context "a" at ${server.url}: TLS: the server's certificate is not signed by the certificate authority that was given (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
    });
    expect(server.requests).toEqual([]);
  });

  it("when its certificate is for another host", async () => {
    const elsewhere = makeCertificate({ name: "x", issuer: authority, addresses: ["192.0.2.1"] });
    await using server = await scratchServer((_, response) => answerJson(response, 200, {}), elsewhere);
    await expect(
      connect(kubeconfig({ server: server.url, ca: authority.cert })).request(version),
    ).rejects.toMatchObject({
      message: `reaching context "a" at ${server.url}: TLS: the server's certificate is for another host name (ERR_TLS_CERT_ALTNAME_INVALID)`,
    });
  });

  it("when its certificate has expired", async () => {
    const old = makeCertificate({
      name: "x",
      issuer: authority,
      addresses: ["127.0.0.1"],
      notAfter: new Date("2021-01-01"),
    });
    await using server = await scratchServer((_, response) => answerJson(response, 200, {}), old);
    await expect(
      connect(kubeconfig({ server: server.url, ca: authority.cert })).request(version),
    ).rejects.toMatchObject({
      message: `reaching context "a" at ${server.url}: TLS: the server's certificate has expired (CERT_HAS_EXPIRED)`,
    });
  });
});

describe("a kubeconfig that cannot be used is told in one line", () => {
  const refusal = (text: string, context?: string) => {
    const folder = directory();
    try {
      connect(text, folder, context);
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      return `${code}: ${message.replaceAll(`${folder.path}/config`, "F")}`;
    }
    return "accepted";
  };
  const server = "https://127.0.0.1:6443";

  it("when the file is missing", () => {
    expect(() =>
      kubeconfigConnection({ file: "/nowhere/config", client: "c", version: "1", clock: systemClock }),
    ).toThrow("reading kubeconfig /nowhere/config: no such file");
  });

  it.each([
    ["the context is unknown", kubeconfig({ server }), "x", 'context "x" is not in F; it has: a'],
    ["it is no YAML", "a: [secret-token", undefined, "reading kubeconfig F: it is not YAML (line 1)"],
    ["it is no kubeconfig", "hello", undefined, "reading kubeconfig F: it is no kubeconfig, it has no contexts"],
    [
      "the server is no URL",
      kubeconfig({ server: "nowhere" }),
      undefined,
      'context "a" in F: server nowhere is no http or https URL',
    ],
    [
      "the server would go without TLS over a network",
      kubeconfig({ server: "http://192.0.2.1:80" }),
      undefined,
      'context "a" in F: http://192.0.2.1:80 is not https; only a loopback server may do without',
    ],
    [
      "the authority is no certificate",
      kubeconfig({ server, ca: "garbage" }),
      undefined,
      'context "a" in F: the certificate authority of cluster "c" is no PEM certificate',
    ],
    [
      "the user is missing",
      kubeconfig({ server }).replace('"users":[{"name":"u"', '"users":[{"name":"v"'),
      undefined,
      'context "a" in F names user "u", which is not there',
    ],
    [
      "the cluster is missing",
      kubeconfig({ server }).replace('"clusters":[{"name":"c"', '"clusters":[{"name":"d"'),
      undefined,
      'context "a" in F names cluster "c", which is not there',
    ],
  ])("when %s", (_, text, context, words) => {
    expect(refusal(text, context)).toBe(`KubeconfigUnusable: ${words}`);
  });
});

describe("a stream", () => {
  const watch = { method: "GET", path: "/api/v1/pods", query: { watch: "1" }, timeoutMs: 5_000 } as const;
  const read = async (chunks: AsyncIterable<Uint8Array>) => {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(chunk);
    return Buffer.concat(parts).toString();
  };

  it("resolves with the headers and goes on past its time-out", async () => {
    let finish = () => {};
    await using server = await scratchServer((_, response) => {
      response.writeHead(200, { date: "Sat, 21 Nov 2026 12:00:00 GMT" });
      response.write("one\n");
      finish = () => response.end("two\n");
    });
    const stream = await connect(kubeconfig({ server: server.url })).stream({ ...watch, timeoutMs: 500 });
    expect(stream.status).toBe(200);
    expect(stream.headers["date"]).toBe("Sat, 21 Nov 2026 12:00:00 GMT");
    await systemClock.sleep(600);
    finish();
    expect(await read(stream.chunks)).toBe("one\ntwo\n");
  });

  it("fails when the headers do not come in time", async () => {
    await using server = await scratchServer(() => {});
    await expect(connect(kubeconfig({ server: server.url })).stream({ ...watch, timeoutMs: 50 })).rejects.toMatchObject(
      {
        code: "ClusterUnreachable",
      },
    );
  });

  it("throws when the server cuts it, and ends quietly when the caller does", async () => {
    await using server = await scratchServer((_, response) => void response.writeHead(200).write("one\n"));
    const connection = connect(kubeconfig({ server: server.url }));
    const cut = await connection.stream(watch);
    const reading = read(cut.chunks);
    server.cut();
    await expect(reading).rejects.toMatchObject({
      code: "ClusterUnreachable",
      message: `reaching context "a" at ${server.url}: connection closed by the server (UND_ERR_SOCKET)`,
    });
    const caller = new AbortController();
    const ended = await connection.stream({ ...watch, signal: caller.signal });
    const quiet = read(ended.chunks);
    caller.abort();
    expect(await quiet).toBe("one\n");
  });

  it("that nobody reads can be aborted without harm", async () => {
    await using server = await scratchServer((_, response) => void response.writeHead(200).write("one\n"));
    const caller = new AbortController();
    await connect(kubeconfig({ server: server.url })).stream({ ...watch, signal: caller.signal });
    caller.abort();
    await systemClock.sleep(20);
    expect(server.requests).toHaveLength(1);
  });

  it("holds the server back when it is not read", async () => {
    let written = 0;
    await using server = await scratchServer((_, response) => {
      response.writeHead(200);
      const push = () => {
        while (written < 256 && response.write(Buffer.alloc(262_144, 97))) written++;
        if (written < 256) response.once("drain", push);
      };
      push();
    });
    const stream = await connect(kubeconfig({ server: server.url })).stream(watch);
    await systemClock.sleep(300);
    expect(written).toBeLessThan(256);
    let bytes = 0;
    for await (const chunk of stream.chunks) {
      bytes += chunk.length;
      if (bytes >= 60 * 262_144) break;
    }
    expect(bytes).toBeGreaterThanOrEqual(60 * 262_144);
  });
});
