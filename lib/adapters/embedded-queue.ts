/** `Queue` on the embedded database: what SQS is to the deployed system, for one machine. Delays are exact to the millisecond. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Queue, QueueName, ReceivedMessage } from '../ports.ts';
import { openEmbeddedDatabase } from './embedded-database.ts';
import type { EmbeddedOptions } from './embedded-table.ts';
import { checkDelay, checkMessage } from './record-limits.ts';

/** Most messages of one `receive`, as in SQS. */
const MAX_RECEIVED = 10;
/** Messages and dead letters older than this are removed, as in SQS at its longest retention. */
const RETENTION_MS = 14 * 86_400_000;

export interface EmbeddedQueueOptions extends EmbeddedOptions {
  /** Deliveries without a delete after which a message becomes a dead letter. */
  readonly maxReceives: number;
}

export interface EmbeddedQueue extends Queue {
  /** Ends after pending writes; nothing may be called afterwards. */
  close(): Promise<void>;
}

export function createEmbeddedQueue({ path, clock, maxReceives }: EmbeddedQueueOptions): EmbeddedQueue {
  const database = openEmbeddedDatabase(path);
  const sql = prepareStatements(database.connection);
  return {
    send: async (queue, messages) => {
      if (messages.length === 0) return;
      for (const message of messages) checkMessage(message);
      const nowMs = clock.nowMs();
      await database.write(() => {
        for (const { body, delayMs } of messages) sql.send.run(queue, body, nowMs, nowMs + delayMs);
      });
    },
    receive: async (queue, limit, visibilityMs) => {
      const nowMs = clock.nowMs();
      // Polling an idle queue must cost a read only, not a transaction.
      if (sql.anyDue.get(queue, nowMs) === undefined) return [];
      return database.write(() => {
        sql.bury.run(queue, nowMs, maxReceives);
        sql.expire.run(nowMs - RETENTION_MS);
        const rows = sql.receive.all(nowMs + visibilityMs, queue, nowMs, Math.min(limit, MAX_RECEIVED));
        return rows.map(decodeMessage);
      });
    },
    delete: async (_queue, receipts) => {
      if (receipts.length === 0) return;
      await database.write(() => {
        for (const receipt of receipts) sql.remove.run(...parseReceipt(receipt));
      });
    },
    release: async (_queue, receipt, delayMs) => {
      checkDelay(delayMs);
      const dueAtMs = clock.nowMs() + delayMs;
      await database.write(() => sql.release.run(dueAtMs, ...parseReceipt(receipt)));
    },
    depth: async (queue) => countMessages(sql, queue, { nowMs: clock.nowMs(), maxReceives }),
    close: () => database.close(),
  };
}

interface Statements {
  readonly send: StatementSync;
  readonly anyDue: StatementSync;
  readonly bury: StatementSync;
  readonly expire: StatementSync;
  readonly receive: StatementSync;
  readonly remove: StatementSync;
  readonly release: StatementSync;
  readonly depth: StatementSync;
}

/** A message that was received and neither deleted nor released is simply due again later; `due_at_ms` says both. */
function prepareStatements(connection: DatabaseSync): Statements {
  connection.exec(`
    CREATE TABLE IF NOT EXISTS messages (
      id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, body TEXT NOT NULL,
      sent_at_ms INTEGER NOT NULL, due_at_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, dead INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS messages_by_due ON messages (queue, dead, due_at_ms);
    CREATE INDEX IF NOT EXISTS messages_by_age ON messages (sent_at_ms)`);
  const due = 'queue = ? AND dead = 0 AND due_at_ms <= ?';
  const received = 'id = ? AND attempts = ? AND dead = 0';
  return {
    send: connection.prepare(
      'INSERT INTO messages (queue, body, sent_at_ms, due_at_ms, attempts, dead) VALUES (?, ?, ?, ?, 0, 0)',
    ),
    anyDue: connection.prepare(`SELECT 1 FROM messages WHERE ${due} LIMIT 1`),
    bury: connection.prepare(`UPDATE messages SET dead = 1 WHERE ${due} AND attempts >= ?`),
    expire: connection.prepare('DELETE FROM messages WHERE sent_at_ms <= ?'),
    receive: connection.prepare(`UPDATE messages SET attempts = attempts + 1, due_at_ms = ? WHERE id IN
      (SELECT id FROM messages WHERE ${due} ORDER BY due_at_ms, id LIMIT ?) RETURNING id, attempts, body`),
    remove: connection.prepare(`DELETE FROM messages WHERE ${received}`),
    release: connection.prepare(`UPDATE messages SET due_at_ms = ? WHERE ${received}`),
    depth:
      connection.prepare(`SELECT count(*) AS messages, coalesce(sum(dead = 1 OR (due_at_ms <= ? AND attempts >= ?)), 0) AS dead
      FROM messages WHERE queue = ?`),
  };
}

/** A receipt is "id.attempt": a later delivery has a later attempt, which outdates it. */
function parseReceipt(receipt: string): [id: number, attempt: number] {
  const match = /^(\d{1,15})\.(\d{1,9})$/.exec(receipt);
  return match === null ? [0, 0] : [Number(match[1]), Number(match[2])];
}

/** The casts hold by the STRICT column types above. */
function decodeMessage(row: Record<string, unknown>): ReceivedMessage {
  const attempt = row['attempts'] as number;
  return { id: String(row['id']), receipt: `${row['id']}.${attempt}`, body: row['body'] as string, attempt };
}

function countMessages(
  sql: Statements,
  queue: QueueName,
  { nowMs, maxReceives }: { readonly nowMs: number; readonly maxReceives: number },
): { readonly waiting: number; readonly dead: number } {
  const row = sql.depth.get(nowMs, maxReceives, queue) ?? {};
  const dead = Number(row['dead']);
  return { waiting: Number(row['messages']) - dead, dead };
}
