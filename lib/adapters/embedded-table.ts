/** `Table` on the embedded database: what DynamoDB is to the deployed system, for one machine. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type {
  Clock,
  Conflict,
  Key,
  Saved,
  StoredRecord,
  Table,
  TableQuery,
  TableRecord,
  TableWrite,
} from '../ports.ts';
import { openEmbeddedDatabase } from './embedded-database.ts';
import { checkKey, checkRecord, checkWrites, keyOfWrite } from './record-limits.ts';

/** A query page ends here, as DynamoDB's does. */
const PAGE_BYTES = 1_000_000;
/** Expired records are removed this long after their end, at most so many with one write, looked for once in a while. */
const REMOVAL_GRACE_MS = 3_600_000;
const REMOVALS_AT_ONCE = 2_000;
const REMOVAL_INTERVAL_MS = 10_000;

export interface EmbeddedOptions {
  /** File of the database, made when absent; ":memory:" for a private one that ends with its owner. */
  readonly path: string;
  readonly clock: Clock;
}

export interface EmbeddedTable extends Table {
  readonly changes: () => number;
  /** Ends after pending writes; nothing may be called afterwards. */
  close(): Promise<void>;
}

export function createEmbeddedTable({ path, clock }: EmbeddedOptions): EmbeddedTable {
  const database = openEmbeddedDatabase(path);
  const sql = prepareStatements(database.connection);
  const removeExpired = expiredRemover(sql, clock);
  const write = <T>(work: () => T): Promise<T> =>
    database.write(() => {
      removeExpired();
      return work();
    });
  return {
    load: async (key, nowMs) => {
      checkKey(key);
      const record = find(sql, key);
      return record === null || isExpired(record, nowMs) ? null : record;
    },
    query: async (query, nowMs) => page(sql, query, nowMs),
    putIf: async (record, expected) => {
      checkRecord(record);
      return write(() => putIf(sql, record, expected));
    },
    putAll: async (records) => {
      if (records.length === 0) return;
      for (const record of records) checkRecord(record);
      await write(() => {
        for (const record of records) put(sql, record, 1);
      });
    },
    commit: async (writes) => {
      checkWrites(writes);
      return write(() => commit(sql, writes));
    },
    deleteAll: async (keys) => {
      if (keys.length === 0) return;
      for (const key of keys) checkKey(key);
      await write(() => {
        for (const { pk, sk } of keys) sql.remove.run(pk, sk);
      });
    },
    changes: () => database.changes(clock.nowMs()),
    close: () => database.close(),
  };
}

interface Statements {
  readonly find: StatementSync;
  readonly from: StatementSync;
  readonly after: StatementSync;
  readonly keysFrom: StatementSync;
  readonly keysAfter: StatementSync;
  readonly put: StatementSync;
  readonly remove: StatementSync;
  readonly removeExpired: StatementSync;
}

/** Text compares bytewise in SQLite (UTF-8, BINARY collation), which is the order that the port promises. */
function prepareStatements(connection: DatabaseSync): Statements {
  connection.exec(`
    CREATE TABLE IF NOT EXISTS records (
      pk TEXT NOT NULL, sk TEXT NOT NULL, version INTEGER NOT NULL, expires_at_ms INTEGER, body ANY NOT NULL, PRIMARY KEY (pk, sk)
    ) STRICT;
    CREATE INDEX IF NOT EXISTS records_by_expiry ON records (expires_at_ms) WHERE expires_at_ms IS NOT NULL`);
  const columns = 'SELECT pk, sk, version, expires_at_ms, body FROM records WHERE pk = ?';
  const keys = 'SELECT sk FROM records WHERE pk = ?';
  return {
    find: connection.prepare(`${columns} AND sk = ?`),
    from: connection.prepare(`${columns} AND sk >= ? ORDER BY sk`),
    after: connection.prepare(`${columns} AND sk > ? ORDER BY sk`),
    keysFrom: connection.prepare(`${keys} AND sk >= ? ORDER BY sk`),
    keysAfter: connection.prepare(`${keys} AND sk > ? ORDER BY sk`),
    put: connection.prepare(`INSERT INTO records (pk, sk, version, expires_at_ms, body) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (pk, sk) DO UPDATE SET version = excluded.version, expires_at_ms = excluded.expires_at_ms, body = excluded.body`),
    remove: connection.prepare('DELETE FROM records WHERE pk = ? AND sk = ?'),
    removeExpired: connection.prepare(
      `DELETE FROM records WHERE rowid IN (SELECT rowid FROM records WHERE expires_at_ms <= ? LIMIT ${REMOVALS_AT_ONCE})`,
    ),
  };
}

function expiredRemover(sql: Statements, clock: Clock): () => void {
  let nextAtMs = clock.nowMs();
  return () => {
    const nowMs = clock.nowMs();
    if (nowMs < nextAtMs) return;
    nextAtMs = nowMs + REMOVAL_INTERVAL_MS;
    sql.removeExpired.run(nowMs - REMOVAL_GRACE_MS);
  };
}

function page(
  sql: Statements,
  query: TableQuery,
  nowMs: number,
): { readonly records: readonly StoredRecord[]; readonly next: string | null } {
  const { skPrefix, limit } = query;
  const records: StoredRecord[] = [];
  let sizeBytes = 0;
  for (const record of recordsOf(sql, query)) {
    if (!record.sk.startsWith(skPrefix)) break;
    if (isExpired(record, nowMs)) continue;
    const last = records.at(-1);
    if (last !== undefined && (records.length >= limit || sizeBytes >= PAGE_BYTES)) return { records, next: last.sk };
    records.push(record);
    sizeBytes += Buffer.byteLength(record.body);
  }
  return { records, next: null };
}

function* recordsOf(sql: Statements, { pk, skPrefix, after, except }: TableQuery): Generator<StoredRecord> {
  const startsAfter = after !== null && Buffer.compare(Buffer.from(after), Buffer.from(skPrefix)) >= 0;
  const start = startsAfter ? after : skPrefix;
  if (except === undefined || except.size === 0) {
    for (const row of (startsAfter ? sql.after : sql.from).iterate(pk, start)) yield decodeRow(row);
    return;
  }
  // The index alone tells the keys: what the caller has is passed over without touching its body.
  for (const row of (startsAfter ? sql.keysAfter : sql.keysFrom).iterate(pk, start)) {
    // STRICT column of text.
    const sk = row['sk'] as string;
    if (!sk.startsWith(skPrefix)) return;
    const record = except.has(sk) ? null : find(sql, { pk, sk });
    if (record !== null) yield record;
  }
}

function putIf(sql: Statements, record: TableRecord, expected: 'absent' | number): Saved | Conflict {
  const conflict = compare(sql, record, expected);
  if (conflict !== null) return conflict;
  const version = expected === 'absent' ? 1 : expected + 1;
  put(sql, record, version);
  return { kind: 'saved', version };
}

function commit(sql: Statements, writes: readonly TableWrite[]): { readonly kind: 'committed' } | Conflict {
  for (const write of writes) {
    const conflict = compare(sql, keyOfWrite(write), write.expected);
    if (conflict !== null) return conflict;
  }
  for (const write of writes) {
    const { pk, sk } = keyOfWrite(write);
    if (write.kind === 'delete') sql.remove.run(pk, sk);
    else put(sql, write.record, (find(sql, write.record)?.version ?? 0) + 1);
  }
  return { kind: 'committed' };
}

function compare(sql: Statements, { pk, sk }: Key, expected: 'absent' | 'any' | number): Conflict | null {
  if (expected === 'any') return null;
  const current = find(sql, { pk, sk });
  const matches = expected === 'absent' ? current === null : current?.version === expected;
  return matches ? null : { kind: 'conflict', key: { pk, sk }, current };
}

function put(sql: Statements, { pk, sk, body, expiresAtMs }: TableRecord, version: number): void {
  sql.put.run(pk, sk, version, expiresAtMs, body);
}

function find(sql: Statements, { pk, sk }: Key): StoredRecord | null {
  const row = sql.find.get(pk, sk);
  return row === undefined ? null : decodeRow(row);
}

function isExpired({ expiresAtMs }: StoredRecord, nowMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs <= nowMs;
}

/** The casts hold by the STRICT column types above; `body` is written as text or bytes only. */
function decodeRow(row: Record<string, unknown>): StoredRecord {
  return {
    pk: row['pk'] as string,
    sk: row['sk'] as string,
    version: row['version'] as number,
    expiresAtMs: row['expires_at_ms'] as number | null,
    body: row['body'] as string | Uint8Array,
  };
}
