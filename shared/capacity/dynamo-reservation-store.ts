import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { KnitboneError } from "../errors.ts";
import { limits } from "../rail/limits.ts";
import { rowCodec } from "../store/dynamo-row.ts";
import { type DynamoTable, dynamoTable, expression } from "../store/dynamo-table.ts";
import { expiresAt } from "../store/expires-at.ts";
import { type Reservation, type ReservationStore, reserveIn } from "./reservation.ts";

/*
 * Table budgets: one row per pool in which something was reserved.
 *   pk = "room#<mode>#<cluster>#<pool>", sk = "room"
 *   version        rises with every write; each write is conditional on it
 *   reservations   stamp, amounts, until
 */
const sk = "room";

const codec = rowCodec(
  z.object({
    version: z.number(),
    reservations: z.array(
      z.object({ stamp: z.string(), amounts: z.record(z.string(), z.number()), until: z.number() }),
    ),
  }),
);

/** Every lost race is somebody else's spill, and those are few. */
const maxRaces = 20;

interface Standing {
  readonly version: number;
  readonly reservations: readonly Reservation[];
}

export function dynamoReservationStore(client: DynamoDBDocumentClient, tableName: string): ReservationStore {
  const table = dynamoTable(client, tableName);
  return {
    reserve: (room, stamp, amounts, now) =>
      untilWon(table, room.key, async (standing) => {
        const reserved = reserveIn(standing.reservations, room, stamp, amounts, now);
        if (reserved.kind === "taken") return reserved;
        return (await save(table, room.key, reserved.next, standing.version)) === "refused"
          ? "lost"
          : { kind: "reserved" };
      }),
    giveBack: (key, stamp) =>
      untilWon(table, key, async ({ reservations, version }) => {
        const others = reservations.filter((each) => each.stamp !== stamp);
        if (others.length === reservations.length) return undefined;
        return (await save(table, key, others, version)) === "refused" ? "lost" : undefined;
      }),
  };
}

async function untilWon<Answer>(
  table: DynamoTable,
  key: string,
  decide: (standing: Standing) => Promise<Answer | "lost">,
): Promise<Answer> {
  for (let race = 0; race < maxRaces; race++) {
    const answer = await decide(await load(table, key));
    if (answer !== "lost") return answer;
  }
  const what = `writing table ${table.name}: room ${key} lost ${maxRaces} races`;
  throw new KnitboneError("StoreUnavailable", what, { retryable: true });
}

async function load(table: DynamoTable, key: string): Promise<Standing> {
  const row = await table.read({ pk: pkOf(key), sk });
  return row === undefined ? { version: 0, reservations: [] } : codec.read(table, row);
}

function save(
  table: DynamoTable,
  key: string,
  reservations: readonly Reservation[],
  version: number,
): Promise<"written" | "refused"> {
  const last = Math.max(0, ...reservations.map((each) => each.until));
  return table.put(
    { pk: pkOf(key), sk, version: version + 1, reservations, ...expiresAt(last, 2 * limits.roomReservedMs) },
    version === 0
      ? expression("attribute_not_exists(#pk)")
      : expression("#version = :version", { ":version": version }),
  );
}

function pkOf(key: string): string {
  return `room#${key}`;
}
