import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { KnitboneError } from "../../shared/errors.ts";
import type { dynamoClient } from "../../shared/lambda/dynamo-client.ts";
import { tableNames } from "../../shared/store/table-names.ts";
import { openStateDirectory, type StackKind, type StateDirectory, storeFailure } from "../local/state-directory.ts";
import { startTables } from "../local/tables.ts";

/** The tables of a stack that has ended, opened by this process alone until `close`. */
export interface RestingStack {
  readonly endpoint: string;
  readonly region: string;
  close(): Promise<void>;
}

/** What the embedded table server is asked for; it keeps no tables by region. */
const region = "local";

/**
 * Opens what a stack left in `directory`; undefined where none ever ran. Holds the directory's lock meanwhile, so that a stack that is just coming up
 * or going down is told of (StateInUse) and never shares its files.
 */
export async function openRestingStack(directory: string): Promise<RestingStack | undefined> {
  const left = (name: string) => join(directory, name);
  if (!["lock.db", "kind", "tables"].every((name) => existsSync(left(name)))) return undefined;
  const kind = readFileSync(left("kind"), "utf8").trim() === "real" ? "real" : "demo";
  const state = held(directory, kind);
  try {
    const tables = await startTables({
      directory: state.file("tables"),
      region,
      tables: [],
      onFailure: (error) => {
        throw storeFailure(resolve(directory), error);
      },
    });
    return {
      endpoint: tables.endpoint,
      region,
      async close() {
        await tables.close();
        state.release();
      },
    };
  } catch (error) {
    state.release();
    throw error;
  }
}

function held(path: string, kind: StackKind): StateDirectory {
  try {
    return openStateDirectory({ path, kind, pid: process.pid, empty: false });
  } catch (error) {
    if (!(error instanceof KnitboneError && error.code === "StateInUse")) throw error;
    const words = `the stack on ${path} is coming up or going down: try again in a moment`;
    throw new KnitboneError("StateInUse", words, { cause: error });
  }
}

/** The prefix of the tables that are there: the one with a table of lives. */
export async function prefixOf(client: ReturnType<typeof dynamoClient>): Promise<string> {
  const { TableNames: names = [] } = await client.send(new ListTablesCommand({}));
  const ending = tableNames("").lifecycle;
  const found = names.find((name) => name.endsWith(ending));
  if (found !== undefined) return found.slice(0, -ending.length);
  throw new KnitboneError(
    "StoreUnavailable",
    "a stack that has ended left no tables there; start it again with npm start",
  );
}
