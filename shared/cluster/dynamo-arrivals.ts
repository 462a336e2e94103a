import * as z from "zod/mini";
import { rowCodec } from "../store/dynamo-row.ts";
import { type DynamoTable, expression, type Row } from "../store/dynamo-table.ts";
import { clusterPk } from "./dynamo-cluster-rows.ts";

/*
 * Table clusters: which sequence numbers arrived.
 *   pk = "cluster#<id>", sk = "arrived#<epoch, 15 digits>#<block, 12 digits>"
 *   sequences    a number set: those of this block of 256; adding is one unconditional write that no race can lose
 */
const blockSize = 256;
const prefix = "arrived#";

const codec = rowCodec(z.object({ sequences: z.set(z.number()) }));

export async function markArrived(
  table: DynamoTable,
  id: string,
  epoch: number,
  sequences: readonly number[],
): Promise<void> {
  const blocks = Map.groupBy(sequences, (each) => Math.floor(each / blockSize));
  for (const [block, members] of blocks) {
    await table.update(
      { pk: clusterPk(id), sk: blockKey(epoch, block) },
      expression("ADD #sequences :sequences", { ":sequences": new Set(members) }),
    );
  }
}

/** Those of `from..to` that never arrived. Blocks that lie wholly before `from`, and those of earlier epochs, are deleted. */
export async function missingOf(
  table: DynamoTable,
  id: string,
  epoch: number,
  from: number,
  to: number,
): Promise<readonly number[]> {
  const firstKey = blockKey(epoch, Math.floor(from / blockSize));
  const epochPrefix = blockPrefix(epoch);
  const seen = new Set<number>();
  for await (const row of arrivedRows(table, id)) {
    if (row.sk < firstKey) await table.delete({ pk: row.pk, sk: row.sk });
    else if (row.sk.startsWith(epochPrefix)) for (const each of codec.read(table, row).sequences) seen.add(each);
  }
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i).filter((each) => !seen.has(each));
}

function arrivedRows(table: DynamoTable, id: string): AsyncIterable<Row> {
  return table.query({ pk: clusterPk(id), skPrefix: prefix, consistent: true });
}

function blockKey(epoch: number, block: number): string {
  return `${blockPrefix(epoch)}${String(block).padStart(12, "0")}`;
}

function blockPrefix(epoch: number): string {
  return `${prefix}${String(epoch).padStart(15, "0")}#`;
}
