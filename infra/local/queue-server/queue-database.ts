import { DatabaseSync } from "node:sqlite";
import type { Random } from "../../../shared/random/random.ts";
import type { Clock, Instant } from "../../../shared/time/clock.ts";
import type { QueueSpec } from "../template.ts";
import { type MessageAttributes, md5 } from "./message-digest.ts";

export interface NewMessage {
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly delayMs?: number;
  readonly group?: string;
  /** Who signed the request. */
  readonly sender: string;
}

export interface StoredMessage {
  readonly id: string;
  readonly receipt: string;
  readonly body: string;
  readonly md5: string;
  readonly attributes: MessageAttributes;
  readonly sender: string;
  readonly group?: string;
  readonly sentAt: Instant;
  readonly firstReceivedAt: Instant;
  readonly receiveCount: number;
}

export interface QueueCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/**
 * Queues in one SQLite file, with SQS's promises for standard queues. Each call is one transaction that stands in the file before it
 * returns: a killed process loses nothing that was acknowledged. (WAL with `synchronous = NORMAL`: safe against the end of the
 * process; a power cut may take the last moments with it.)
 *
 *   send ──► visible ──receive──► in flight ──delete──► gone
 *              ▲                      │ visibility over
 *              └──────────────────────┘ after maxReceiveCount receives: to the dead-letter queue, in the same statement
 */
export interface QueueDatabase {
  /** Makes the queues that are missing and gives all of them these settings. */
  declare(specs: readonly QueueSpec[]): void;
  spec(queue: string): QueueSpec | undefined;
  names(): readonly string[];
  send(queue: string, messages: readonly NewMessage[]): readonly string[];
  receive(queue: string, limit: number, visibilityMs: number): readonly StoredMessage[];
  /** Resolves when a receive may find something, at the latest after `waitMs`, or when `signal` aborts. */
  arrival(queue: string, waitMs: number, signal?: AbortSignal): Promise<void>;
  /** Unknown and outdated receipts are ignored, as SQS does for standard queues. */
  delete(queue: string, receipts: readonly string[]): void;
  changeVisibility(queue: string, receipt: string, visibilityMs: number): "changed" | "notInFlight";
  counts(queue: string): QueueCounts;
  purge(queue: string): void;
  close(): void;
}

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS messages (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    md5 TEXT NOT NULL,
    attributes TEXT NOT NULL,
    sender TEXT NOT NULL,
    message_group TEXT,
    sent_at INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,
    first_received_at INTEGER,
    receive_count INTEGER NOT NULL DEFAULT 0,
    receipt TEXT UNIQUE
  );
  CREATE INDEX IF NOT EXISTS messages_by_visibility ON messages (queue, visible_at, position);
`;

interface Row {
  readonly position: number;
  readonly id: string;
  readonly body: string;
  readonly md5: string;
  readonly attributes: string;
  readonly sender: string;
  readonly message_group: string | null;
  readonly sent_at: number;
  readonly first_received_at: number | null;
  readonly receive_count: number;
}

export function queueDatabase(file: string, { clock, random }: { clock: Clock; random: Random }): QueueDatabase {
  const database = new DatabaseSync(file);
  database.exec(schema);
  const specs = new Map<string, QueueSpec>();
  const waiting = new Map<string, Set<AbortController>>();
  const statements = {
    insert: database.prepare(
      `INSERT INTO messages (queue, id, body, md5, attributes, sender, message_group, sent_at, visible_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    due: database.prepare(
      `SELECT position, id, body, md5, attributes, sender, message_group, sent_at, first_received_at, receive_count
       FROM messages WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, position LIMIT ?`,
    ),
    take: database.prepare(
      "UPDATE messages SET receive_count = ?, first_received_at = ?, visible_at = ?, receipt = ? WHERE position = ?",
    ),
    redrive: database.prepare(
      "UPDATE messages SET queue = ?, visible_at = ?, receipt = NULL, receive_count = 0, first_received_at = NULL WHERE position = ?",
    ),
    remove: database.prepare("DELETE FROM messages WHERE queue = ? AND receipt = ?"),
    expire: database.prepare("DELETE FROM messages WHERE queue = ? AND sent_at <= ?"),
    hide: database.prepare("UPDATE messages SET visible_at = ? WHERE queue = ? AND receipt = ? AND visible_at > ?"),
    next: database.prepare("SELECT MIN(visible_at) AS at FROM messages WHERE queue = ?"),
    counts: database.prepare(
      `SELECT COALESCE(SUM(visible_at <= :now), 0) AS visible,
              COALESCE(SUM(visible_at > :now AND receipt IS NOT NULL), 0) AS inFlight,
              COALESCE(SUM(visible_at > :now AND receipt IS NULL), 0) AS delayed
       FROM messages WHERE queue = :queue`,
    ),
    purge: database.prepare("DELETE FROM messages WHERE queue = ?"),
  };
  const atomically = <T>(work: () => T): T => {
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec("COMMIT");
      return result;
    } catch (error) {
      // A full disk may have ended the transaction already.
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  };
  const wake = (queue: string) => {
    for (const waiter of waiting.get(queue) ?? []) waiter.abort();
  };

  return {
    declare(wanted) {
      for (const spec of wanted) specs.set(spec.name, spec);
    },
    spec: (queue) => specs.get(queue),
    names: () => [...specs.keys()],
    send(queue, messages) {
      const now = clock.now();
      const delay = specs.get(queue)?.delayMs ?? 0;
      const ids = atomically(() =>
        messages.map((message) => {
          const id = random.id();
          const { body, attributes, sender } = message;
          const visibleAt = now + (message.delayMs ?? delay);
          const group = message.group ?? null;
          statements.insert.run(queue, id, body, md5(body), JSON.stringify(attributes), sender, group, now, visibleAt);
          return id;
        }),
      );
      wake(queue);
      return ids;
    },
    receive(queue, limit, visibilityMs) {
      const now = clock.now();
      const spec = specs.get(queue);
      const redriven = new Set<string>();
      const received = atomically(() => {
        if (spec) statements.expire.run(queue, now - spec.retentionMs);
        const taken: StoredMessage[] = [];
        for (const row of statements.due.all(queue, now, limit) as unknown as readonly Row[]) {
          if (spec?.redrive && row.receive_count >= spec.redrive.maxReceiveCount) {
            statements.redrive.run(spec.redrive.deadLetterQueue, now, row.position);
            redriven.add(spec.redrive.deadLetterQueue);
            continue;
          }
          const receipt = random.id();
          const firstReceivedAt = row.first_received_at ?? now;
          statements.take.run(row.receive_count + 1, firstReceivedAt, now + visibilityMs, receipt, row.position);
          taken.push(storedMessage(row, receipt, firstReceivedAt));
        }
        return taken;
      });
      for (const deadLetters of redriven) wake(deadLetters);
      return received;
    },
    async arrival(queue, waitMs, signal) {
      const next = (statements.next.get(queue) as { at: number | null } | undefined)?.at ?? undefined;
      const now = clock.now();
      const sleepMs = Math.min(waitMs, next === undefined ? waitMs : Math.max(0, next - now));
      if (sleepMs <= 0) return;
      const waiter = new AbortController();
      const waiters = waiting.get(queue) ?? new Set();
      waiting.set(queue, waiters.add(waiter));
      await clock.sleep(sleepMs, signal ? AbortSignal.any([signal, waiter.signal]) : waiter.signal);
      waiters.delete(waiter);
    },
    delete(queue, receipts) {
      atomically(() => {
        for (const receipt of receipts) statements.remove.run(queue, receipt);
      });
    },
    changeVisibility(queue, receipt, visibilityMs) {
      const now = clock.now();
      const { changes } = statements.hide.run(now + visibilityMs, queue, receipt, now);
      wake(queue);
      return Number(changes) === 0 ? "notInFlight" : "changed";
    },
    counts: (queue) => statements.counts.get({ queue, now: clock.now() }) as unknown as QueueCounts,
    purge(queue) {
      statements.purge.run(queue);
    },
    close() {
      database.close();
    },
  };
}

function storedMessage(row: Row, receipt: string, firstReceivedAt: Instant): StoredMessage {
  return {
    id: row.id,
    receipt,
    body: row.body,
    md5: row.md5,
    attributes: JSON.parse(row.attributes) as MessageAttributes,
    sender: row.sender,
    ...(row.message_group === null ? {} : { group: row.message_group }),
    sentAt: row.sent_at,
    firstReceivedAt,
    receiveCount: row.receive_count + 1,
  };
}
