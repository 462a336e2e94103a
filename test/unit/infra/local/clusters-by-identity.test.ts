import { describe, expect, it } from "vitest";
import { clustersByIdentity } from "../../../../infra/local/kubernetes-context.ts";
import { manualClock } from "../../../fakes/manual-clock.ts";
import { scriptedConnection } from "../../../fakes/scripted-connection.ts";

describe("clustersByIdentity", () => {
  const connection = scriptedConnection(manualClock());

  it("refuses a second context that leads to the same cluster, and names both", () => {
    const doubled = clustersByIdentity();
    expect(doubled("one", { connection, identity: "uid-1" })).toBeUndefined();
    expect(doubled("two", { connection, identity: "uid-2" })).toBeUndefined();
    expect(doubled("same", { connection, identity: "uid-1" })).toMatchObject({
      code: "KubeconfigUnusable",
      message: `context "same" leads to the same cluster as context "one" (${connection.endpoint}): it is watched once`,
    });
  });

  it("knows a context again that went and came back", () => {
    const doubled = clustersByIdentity();
    doubled("one", { connection, identity: "uid-1" });
    expect(doubled("one", { connection, identity: "uid-1" })).toBeUndefined();
  });
});
