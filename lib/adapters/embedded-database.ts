/**
 * One SQLite file shared by the embedded table and the embedded queue, by several processes if need be.
 *
 * Writes are grouped: all that are asked for in one turn of the event loop become one transaction, so that the price of
 * durability (one fsync, `synchronous = FULL`) is paid once a turn and not once a write. A write is acknowledged after its commit.
 * Reads run at once, between transactions, and therefore see exactly what was acknowledged.
 */
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** How long a write waits for another process that is writing. */
const BUSY_TIMEOUT_MS = 10_000;
/** Pages that a connection keeps, 2,000 unless told: the operating system has them all, too. */
const CACHE_KIB = 256;
/** To ask what other processes did takes a lock of the file, a third of the time of a small query. */
const OTHERS_FRESH_MS = 10;
/** Most writes in one transaction; keeps the event loop responsive under load. */
const MAX_GROUPED_WRITES = 2_000;

export interface EmbeddedDatabase {
  readonly connection: DatabaseSync;
  /** Runs `work` inside the next transaction; resolves once that is on disk. `work` checks first and writes last: it must not throw after writing. */
  write<T>(work: () => T): Promise<T>;
  /** Grows with every transaction; of other processes it asks anew every ten milliseconds. */
  changes(nowMs: number): number;
  /** Waits for pending writes; the last user of the file closes it. */
  close(): Promise<void>;
}

interface PendingWrite {
  /** Runs the work and returns how to acknowledge it. */
  readonly run: () => () => void;
  readonly reject: (reason: unknown) => void;
}

const openFiles = new Map<string, { readonly database: EmbeddedDatabase; users: number }>();

/** Opens `path` (its folder is made), or joins the handle this process has on it. ":memory:" is a new empty database each time. */
export function openEmbeddedDatabase(path: string): EmbeddedDatabase {
  if (path === ':memory:') return openConnection(path);
  const file = resolve(path);
  const open = openFiles.get(file) ?? { database: openFile(file), users: 0 };
  open.users += 1;
  openFiles.set(file, open);
  return {
    connection: open.database.connection,
    write: open.database.write,
    changes: open.database.changes,
    close: async () => {
      open.users -= 1;
      if (open.users > 0) return;
      openFiles.delete(file);
      await open.database.close();
    },
  };
}

/** The file cannot be opened or is no database; it was not changed. */
export class UnusableStore extends Error {
  override name = 'UnusableStore';
}

function openFile(file: string): EmbeddedDatabase {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return openConnection(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UnusableStore(`the store ${file} cannot be used: ${reason}`, { cause });
  }
}

function openConnection(path: string): EmbeddedDatabase {
  const connection = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  connection.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16000000; PRAGMA cache_size = -${CACHE_KIB}`,
  );
  const begin = connection.prepare('BEGIN IMMEDIATE');
  const commit = connection.prepare('COMMIT');
  const rollback = connection.prepare('ROLLBACK');
  // Of its own changes a connection does not tell.
  const changesOfOthers = connection.prepare('PRAGMA data_version');
  let ownChanges = 0;
  let others = { count: 0, askedAtMs: Number.NEGATIVE_INFINITY };
  let pending: PendingWrite[] = [];
  let drained: (() => void)[] = [];

  function commitPending(): void {
    const group = pending.slice(0, MAX_GROUPED_WRITES);
    pending = pending.slice(MAX_GROUPED_WRITES);
    ownChanges += 1;
    try {
      begin.run();
      const acknowledgements = group.map((write) => write.run());
      commit.run();
      for (const acknowledge of acknowledgements) acknowledge();
    } catch (error) {
      if (connection.isTransaction) rollback.run();
      for (const write of group) write.reject(error);
    }
    if (pending.length > 0) setImmediate(commitPending);
    else for (const resolveDrained of drained.splice(0)) resolveDrained();
  }

  return {
    connection,
    write: <T>(work: () => T) =>
      new Promise<T>((resolveWrite, reject) => {
        const run = () => {
          const result = work();
          return () => resolveWrite(result);
        };
        if (pending.push({ run, reject }) === 1) setImmediate(commitPending);
      }),
    changes: (nowMs) => {
      // A clock that was put back must not keep them away.
      if (Math.abs(nowMs - others.askedAtMs) >= OTHERS_FRESH_MS) {
        others = { count: Number(changesOfOthers.get()?.['data_version']), askedAtMs: nowMs };
      }
      return ownChanges + others.count;
    },
    close: async () => {
      if (pending.length > 0) await new Promise<void>((resolveDrained) => drained.push(resolveDrained));
      drained = [];
      connection.close();
    },
  };
}
