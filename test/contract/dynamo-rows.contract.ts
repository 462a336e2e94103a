import { type DynamoDBDocumentClient, PutCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { expect } from "vitest";
import type { Case } from "../../shared/case/case.ts";
import { dynamoCaseStore } from "../../shared/case/dynamo-case-store.ts";
import { dynamoClaimStore } from "../../shared/case/dynamo-claim-store.ts";
import { dynamoCatalogueStore } from "../../shared/catalogue/dynamo-catalogue-store.ts";
import { dynamoUnknownStore } from "../../shared/catalogue/dynamo-unknown-store.ts";
import { dynamoClusterStore } from "../../shared/cluster/dynamo-cluster-store.ts";
import { dynamoFlagStore } from "../../shared/flag/dynamo-flag-store.ts";
import { dynamoIncidentStore } from "../../shared/incident/dynamo-incident-store.ts";
import type { Action } from "../../shared/ledger/action.ts";
import { dynamoLeakStore } from "../../shared/ledger/dynamo-leak-store.ts";
import { dynamoLedger } from "../../shared/ledger/dynamo-ledger.ts";
import { dynamoLifecycleStore } from "../../shared/lifecycle/dynamo-lifecycle-store.ts";
import { dynamoBudgetStore } from "../../shared/rail/dynamo-budget-store.ts";
import { aMember } from "../build/member.ts";
import { aSignature } from "../build/signature.ts";
import type { DynamoEmulator } from "./dynamo-emulator.ts";
import { contract, type Deviations, type Keeps, racing } from "./promises.ts";

/* What only the tables can show: the rows themselves, and what becomes of rows and tables that are not as they should be. */

const at = Date.parse("2026-11-21T12:00:00Z");
const day = 86_400_000;
const pod = { kind: "Pod", namespace: "shop", name: "web-1", uid: "u-1" };
const node = { kind: "Node", namespace: "", name: "n1", uid: "u-n1" };

const aCase: Case = {
  key: { healer: "terminating-reaper", cluster: "eu-1", uid: "u-1" },
  object: pod,
  version: 1,
  state: "open",
  openedAt: at,
  updatedAt: at,
  verdict: { kind: "wait", reason: "Margin", message: "", at, mode: "act" },
  attempts: 0,
  traceId: "t",
};

const anAction: Action = {
  id: "a-1",
  cluster: "eu-1",
  healer: "terminating-reaper",
  object: pod,
  heal: { kind: "ForceDeletePod", pod, resourceVersion: "7", node },
  reason: "Overdue",
  message: "",
  mode: "act",
  attempt: 1,
  traceId: "t",
  plannedAt: at,
  allowedBy: "* * act (jo)",
  budgets: ["act#fleet#*"],
};

export function dynamoRowsContract(dynamo: DynamoEmulator, deviations: Deviations = {}): void {
  contract("the tables", deviations, (keeps) => {
    rowPromises(keeps, dynamo);
    unreadablePromises(keeps, dynamo);
    serverPromises(keeps, dynamo);
  });
}

function rowPromises(keeps: Keeps, dynamo: DynamoEmulator): void {
  const { client } = dynamo;
  keeps("rows are plain attributes that a person can read", async () => {
    const table = await dynamo.createTable();
    await dynamoCaseStore(client, table).save(aCase, 0);
    expect(await rowsOf(client, table)).toEqual([
      {
        pk: "eu-1#u-1",
        sk: "case#terminating-reaper",
        healer: "terminating-reaper",
        cluster: "eu-1",
        uid: "u-1",
        objectKind: "Pod",
        objectNamespace: "shop",
        objectName: "web-1",
        objectUid: "u-1",
        version: 1,
        state: "open",
        openedAt: at,
        updatedAt: at,
        verdictKind: "wait",
        verdictReason: "Margin",
        verdictMessage: "",
        verdictAt: at,
        verdictMode: "act",
        attempts: 0,
        traceId: "t",
      },
    ]);
  });

  keeps("rows carry a time to live in seconds once nothing needs them, and an open case carries none", async () => {
    const cases = await dynamo.createTable();
    await dynamoCaseStore(client, cases).save({ ...aCase, state: "closed" }, 0);
    expect((await rowsOf(client, cases))[0]?.["expiresAt"]).toBe((at + 30 * day) / 1_000);

    const lives = await dynamo.createTable();
    const expiries = async () => (await rowsOf(client, lives)).map((each) => each["expiresAt"]);
    await dynamoLifecycleStore(client, lives).record({ cluster: "eu-1", pod, createdAt: at });
    expect(await expiries()).toEqual([undefined, undefined]);
    await dynamoLifecycleStore(client, lives).record({ cluster: "eu-1", pod, goneAt: at });
    expect(await expiries()).toEqual([(at + 30 * day) / 1_000, (at + 30 * day) / 1_000]);

    const incidents = await dynamo.createTable();
    const incident = { id: "i", cluster: "*", kind: "image", key: "", reason: "", message: "", openedAt: at } as const;
    await dynamoIncidentStore(client, incidents).open(incident);
    expect((await rowsOf(client, incidents))[0]?.["expiresAt"]).toBeUndefined();
    await dynamoIncidentStore(client, incidents).close(incident, at, "Quiet");
    expect((await rowsOf(client, incidents))[0]?.["expiresAt"]).toBe((at + 30 * day) / 1_000);

    const members = await dynamo.createTable();
    await dynamoIncidentStore(client, members).saveMember(aMember("web-1", { at }));
    expect((await rowsOf(client, members))[0]?.["expiresAt"]).toBe((at + day) / 1_000);
  });

  keeps("a life is found by its name through a row of its own, which is rewritten only when it changes", async () => {
    const table = await dynamo.createTable();
    const lives = dynamoLifecycleStore(client, table);
    const entry = { pk: "name#eu-1#shop/web-1", sk: `00${at}#u-1`, uid: "u-1" };
    const entries = async () => (await rowsOf(client, table)).filter(({ pk }) => `${pk}`.startsWith("name#"));
    await lives.record({ cluster: "eu-1", pod, createdAt: at });
    expect(await entries()).toEqual([entry]);
    // A mark that a second writing would take away.
    await putRow(client, table, { ...entry, mark: true });
    await lives.record({ cluster: "eu-1", pod, createdAt: at, readyAt: at + 1 });
    expect(await entries()).toEqual([{ ...entry, mark: true }]);
    await lives.record({ cluster: "eu-1", pod, goneAt: at + 2_000 });
    expect(await entries()).toEqual([{ ...entry, expiresAt: (at + 2_000 + 30 * day) / 1_000 }]);
  });

  keeps("an entry of a name whose life was never written, for its writer died in between, is passed over", async () => {
    const table = await dynamo.createTable();
    const lives = dynamoLifecycleStore(client, table);
    await putRow(client, table, { pk: "name#eu-1#shop/web-1", sk: `00${at}#u-0`, uid: "u-0" });
    await lives.record({ cluster: "eu-1", pod, createdAt: at });
    expect((await lives.ofName("eu-1", "shop", "web-1")).map((life) => life.pod.uid)).toEqual(["u-1"]);
  });

  keeps("a claim's row holds its lease apart from the time to live", async () => {
    const table = await dynamo.createTable();
    const claim = { cluster: "eu-1", uid: "u-1", holder: "h", healer: "x", actionId: "a", attempt: 1, expiresAt: at };
    await dynamoClaimStore(client, table).take(claim, at - 1_000);
    expect(await rowsOf(client, table)).toEqual([
      {
        pk: "eu-1#u-1",
        sk: "claim",
        cluster: "eu-1",
        uid: "u-1",
        holder: "h",
        healer: "x",
        actionId: "a",
        attempt: 1,
        unfinished: "",
        leaseUntil: at,
        expiresAt: (at + 30 * day) / 1_000,
      },
    ]);
  });

  keeps("cases and claims of one object stand beside each other, and only cases are listed", async () => {
    const table = await dynamo.createTable();
    const claim = { cluster: "eu-1", uid: "u-1", holder: "h", healer: "x", actionId: "a", attempt: 1, expiresAt: at };
    await dynamoClaimStore(client, table).take(claim, at - 1_000);
    await dynamoCaseStore(client, table).save(aCase, 0);
    expect(await dynamoCaseStore(client, table).list()).toEqual([aCase]);
    expect(await dynamoClaimStore(client, table).read("eu-1", "u-1")).toEqual(claim);
  });

  keeps("actions and leaks stand beside each other", async () => {
    const table = await dynamo.createTable();
    const leak = { cluster: "eu-1", pod, node, bootId: "b", actionId: "a-1", openedAt: at, state: "open" } as const;
    await dynamoLedger(client, table).plan(anAction);
    await dynamoLeakStore(client, table).open(leak);
    expect(await dynamoLedger(client, table).list()).toEqual([anAction]);
    expect(await dynamoLeakStore(client, table).list()).toEqual([leak]);
  });

  keeps("rows of the ledger's list are passed over when their action was never written", async () => {
    const table = await dynamo.createTable();
    const ledger = dynamoLedger(client, table);
    await ledger.plan(anAction);
    const entry = { pk: "recent", cluster: "eu-1", healer: "terminating-reaper" };
    await putRow(client, table, { ...entry, sk: `${"9".repeat(15)}#eu-1#lost`, id: "lost" });
    expect(await ledger.list({ limit: 1 })).toEqual([anAction]);
  });

  keeps("rows of arrivals are forgotten before `from`, and those of earlier epochs", async () => {
    const table = await dynamo.createTable();
    const clusters = dynamoClusterStore(client, table);
    await clusters.markArrived("eu-1", 100, [1, 2]);
    await clusters.markArrived("eu-1", 200, [1, 300, 600]);
    expect(await rowsOf(client, table)).toHaveLength(4);
    expect(await clusters.missing("eu-1", 200, 599, 601)).toEqual([599, 601]);
    expect((await rowsOf(client, table)).map((each) => each["sk"])).toEqual(["arrived#000000000000200#000000000002"]);
  });
}

function unreadablePromises(keeps: Keeps, dynamo: DynamoEmulator): void {
  const { client } = dynamo;
  const unreadable = (pk: string, sk: string) => ({
    code: "StoreUnavailable",
    message: expect.stringContaining(`row pk "${pk}", sk "${sk}" cannot be understood`),
  });

  keeps("a row that cannot be understood is StoreUnavailable in every table, with its keys in the words", async () => {
    const table = await dynamo.createTable();
    const refused = async (pk: string, sk: string, read: () => Promise<unknown>) => {
      await putRow(client, table, { pk, sk, version: "one", state: "?" });
      await expect(read()).rejects.toMatchObject(unreadable(pk, sk));
    };
    const cases = dynamoCaseStore(client, table);
    const key = { healer: "x", cluster: "eu-1", uid: "u-1" };
    await refused("eu-1#u-1", "case#x", () => cases.load(key));
    await refused("eu-1#u-1", "case#x", () => cases.list());
    await refused("eu-1#u-1", "claim", () => dynamoClaimStore(client, table).read("eu-1", "u-1"));
    const budget = { key: "act#x", limit: 2, windowMs: 1_000, title: "" };
    await refused("act#x", "budget", () => dynamoBudgetStore(client, table).spend(budget, "a", at));
    await refused("action#eu-1#a-1", "action", () => dynamoLedger(client, table).read("eu-1", "a-1"));
    await refused("leaks", "eu-1#u-n1#u-1", () => dynamoLeakStore(client, table).list());
    await refused("eu-1", "i-1", () => dynamoIncidentStore(client, table).openFor("eu-1"));
    await refused("eu-1#u-1", "lifecycle", () => dynamoLifecycleStore(client, table).read("eu-1", "u-1"));
    await refused("name#eu-1#shop/web-1", "1#u-1", () =>
      dynamoLifecycleStore(client, table).ofName("eu-1", "shop", "web-1"),
    );
    for (const kind of ["registration", "report", "brake", "breaker"]) {
      await refused(`cluster#eu-${kind}`, `state#${kind}`, () => dynamoClusterStore(client, table).state(`eu-${kind}`));
    }
    await refused("eu-1", "unknown#event##x", () => dynamoUnknownStore(client, table).list());
    await refused("sender#AROA1", "sender", () => dynamoClusterStore(client, table).clusterOfSender("AROA1"));
  });

  keeps("a flag that cannot be understood is malformed, not absent", async () => {
    const table = await dynamo.createTable();
    const flags = dynamoFlagStore(client, table);
    const good = { mode: "act", reason: "", by: "jo", updatedAt: at };
    const detailOf = async (row: Record<string, unknown>) => {
      await putRow(client, table, { pk: "eu-1", sk: "*", ...row });
      const [flag] = (await flags.read([{ scope: "eu-1", healer: "*" }])).flags;
      return flag?.kind === "malformed" ? flag.detail : flag?.kind;
    };
    expect(await detailOf(good)).toBe("row");
    expect(await detailOf({ ...good, schemaVersion: 1 })).toBe("row");
    expect(await detailOf({ ...good, schemaVersion: 2 })).toContain("schemaVersion");
    expect(await detailOf({ ...good, mode: "on" })).toContain("mode");
    expect(await detailOf({ ...good, until: "2026-11-22" })).toContain("until");
    expect(await detailOf({})).toContain("mode");
    expect(await flags.list()).toEqual([
      { kind: "malformed", scope: "eu-1", healer: "*", detail: expect.stringContaining("mode") },
    ]);
  });

  keeps("a log level that cannot be understood has no say, and takes none from the flags (S2-05)", async () => {
    const table = await dynamo.createTable();
    const flags = dynamoFlagStore(client, table);
    await putRow(client, table, { pk: "eu-1", sk: "*", mode: "act", reason: "", by: "jo", updatedAt: at });
    await putRow(client, table, { pk: "eu-1", sk: "log-level#*", level: "loud", until: at, reason: "", by: "jo" });
    const found = await flags.read([{ scope: "eu-1", healer: "*" }], { levels: true });
    expect(found).toMatchObject({ flags: [{ kind: "row" }], levels: [] });
    expect(await flags.listLevels()).toEqual([
      { kind: "malformed", scope: "eu-1", healer: "*", detail: expect.stringContaining("level") },
    ]);
    expect(await flags.list()).toHaveLength(1);
  });

  keeps(
    "a signature that cannot be understood is malformed, with its number, and the version before it is still there",
    async () => {
      const table = await dynamo.createTable();
      const catalogue = dynamoCatalogueStore(client, table);
      const content = aSignature();
      await catalogue.write({ kind: "row", content }, "jo", at);
      const spoil = async (row: Record<string, unknown>) => {
        await putRow(client, table, { pk: "signature", sk: "disk-tired#000000002", ...row });
        const [newest, before] = await catalogue.versions();
        expect(before).toMatchObject({ kind: "row", signature: content });
        expect(newest).toMatchObject({ kind: "malformed", id: "disk-tired", version: 2 });
        return newest?.kind === "malformed" ? newest.problems.join("; ") : "";
      };
      const good = { row: { ...content, version: 2 }, by: "jo", at };
      expect(await spoil({ ...good, by: 1 })).toContain("by");
      expect(await spoil({ by: "jo", at })).toContain("must be a group of fields");
      expect(await spoil({ ...good, row: { ...content, version: 2, remedy: "handOver" } })).toContain(
        "handOver comes only",
      );
      expect(await spoil({ ...good, row: { ...content, version: 3 } })).toContain("its key says disk-tired#000000002");
      await putRow(client, table, { pk: "signature", sk: "disk-tired#000000002", ...good });
      expect((await catalogue.versions())[0]).toMatchObject({ kind: "row", signature: { version: 2 } });
    },
  );

  keeps("a row that cannot be understood does not keep a cluster from being removed", async () => {
    const table = await dynamo.createTable();
    await putRow(client, table, { pk: "cluster#eu-1", sk: "state#registration", sender: "AROA1" });
    await putRow(client, table, { pk: "sender#AROA1", sk: "sender", cluster: "eu-1" });
    expect(await dynamoClusterStore(client, table).remove("eu-1")).toBe("removed");
    expect(await rowsOf(client, table)).toEqual([]);
  });
}

function serverPromises(keeps: Keeps, dynamo: DynamoEmulator): void {
  const { client } = dynamo;
  keeps("two containers over one budget never spend more than the limit together", async () => {
    const table = await dynamo.createTable();
    const containers = [dynamoBudgetStore(client, table), dynamoBudgetStore(client, table)] as const;
    const budget = { key: "act#fleet#*", limit: 7, windowMs: 60_000, title: "" };
    const answers = await racing(20, (index) =>
      containers[index % 2 === 0 ? 0 : 1].spend(budget, `stamp-${index}`, at),
    );
    expect(answers.filter((each) => each.kind === "spent")).toHaveLength(7);
  });

  keeps("a table that is not there is StoreUnavailable, in the server's own words", async () => {
    await expect(dynamoFlagStore(client, "no-such-table").list()).rejects.toMatchObject({
      code: "StoreUnavailable",
      message: expect.stringMatching(/^reading table no-such-table: \S.*(not found|non-existent)/),
    });
  });
}

async function rowsOf(client: DynamoDBDocumentClient, table: string): Promise<Record<string, unknown>[]> {
  return (await client.send(new ScanCommand({ TableName: table }))).Items ?? [];
}

async function putRow(client: DynamoDBDocumentClient, table: string, row: Record<string, unknown>): Promise<void> {
  await client.send(new PutCommand({ TableName: table, Item: row }));
}
