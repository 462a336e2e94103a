import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { describeIssues } from "../store/dynamo-row.ts";
import { dynamoTable, expression, type Row } from "../store/dynamo-table.ts";
import { type CatalogueStore, idOf, inOrder, numberOf, type StoredVersion, versionOf } from "./catalogue-store.ts";
import { checkRows } from "./check-catalogue.ts";

/*
 * Table catalogue. Only people write to it, and each version of a row is an item of its own.
 *   pk = "signature", sk = "<id>#<version, nine digits>"
 *   row         the signature as it was written, with samples and near misses; or
 *   removed     true: from this version on the row is not in force
 *   by, at (ms)
 * No TTL: what superseded what is the audit of the catalogue.
 */
const pk = "signature";

const rowSchema = z.object({
  row: z.exactOptional(z.unknown()),
  removed: z.exactOptional(z.literal(true)),
  by: z.string(),
  at: z.number(),
});

export function dynamoCatalogueStore(client: DynamoDBDocumentClient, tableName: string): CatalogueStore {
  const table = dynamoTable(client, tableName);
  const versions = async (): Promise<readonly StoredVersion[]> => {
    const found: StoredVersion[] = [];
    for await (const row of table.query({ pk, consistent: true })) found.push(storedVersion(row));
    return found.sort(inOrder);
  };
  return {
    versions,
    async write(change, by, at) {
      const version = versionOf(change, await versions(), by, at);
      if (version.kind === "refused") return version;
      const sk = `${idOf(version)}#${String(numberOf(version)).padStart(9, "0")}`;
      const content = version.kind === "row" ? { row: version.signature } : { removed: true };
      const written = await table.put({ pk, sk, ...content, by, at }, expression("attribute_not_exists(#pk)"));
      return written === "written"
        ? { kind: "written" }
        : {
            kind: "refused",
            problems: [`row ${idOf(version)}: version: somebody else has just written ${numberOf(version)}`],
          };
    },
  };
}

/** The key names row and version; an item that says something else inside is malformed. */
function storedVersion(item: Row): StoredVersion {
  const [id = "", digits = ""] = item.sk.split("#");
  const version = /^\d+$/.test(digits) ? Number(digits) : 0;
  const malformed = (problems: readonly string[]): StoredVersion => ({ kind: "malformed", id, version, problems });
  const read = z.safeParse(rowSchema, item);
  if (!read.success) return malformed([`row ${id}: ${describeIssues(read.error)}`]);
  const { row, removed, by, at } = read.data;
  if (removed) return { kind: "removed", id, version, by, at };
  const { signatures, problems } = checkRows([row], "table");
  const [signature] = signatures;
  if (signature === undefined || problems.length > 0) return malformed(problems);
  if (signature.id !== id || signature.version !== version) return malformed([`row ${id}: its key says ${item.sk}`]);
  return { kind: "row", signature, by, at };
}
