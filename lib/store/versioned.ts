/** Records that several writers change: load, decide, write if nobody came between, else decide again on what stands there. */
import type { Key, StoredRecord, Table, TableRecord } from '../ports.ts';

/** A value and the version that a later conditional write of it must name. */
export interface Versioned<T> {
  readonly value: T;
  readonly version: number;
}

/** One kind of record: what stands at its key, both ways. */
export interface RecordKind<T> {
  encode(value: T): TableRecord;
  decode(record: StoredRecord): T;
}

export type Written<T> =
  | ({ readonly kind: 'saved' } & Versioned<T>)
  /** Somebody else wrote first: what stands there now; null when nothing does. */
  | { readonly kind: 'conflict'; readonly current: Standing<T> };

/** What stands at a key. An expired record still has a version, which must be named to overwrite it. */
export interface Standing<T> {
  readonly value: T | null;
  readonly expected: 'absent' | number;
}

export async function loadStanding<T>(
  table: Table,
  kind: RecordKind<T>,
  at: Key & { readonly nowMs: number },
): Promise<Standing<T>> {
  const { pk, sk, nowMs } = at;
  return standing(kind, await table.load({ pk, sk }, nowMs), nowMs);
}

export async function writeStanding<T>(
  table: Table,
  kind: RecordKind<T>,
  value: T,
  { expected, nowMs }: { readonly expected: 'absent' | number; readonly nowMs: number },
): Promise<Written<T>> {
  const answer = await table.putIf(kind.encode(value), expected);
  if (answer.kind === 'saved') return { kind: 'saved', value, version: answer.version };
  return { kind: 'conflict', current: standing(kind, answer.current, nowMs) };
}

function standing<T>(kind: RecordKind<T>, record: StoredRecord | null, nowMs: number): Standing<T> {
  if (record === null) return { value: null, expected: 'absent' };
  const isExpired = record.expiresAtMs !== null && record.expiresAtMs <= nowMs;
  return { value: isExpired ? null : kind.decode(record), expected: record.version };
}

/** Writers that lose this often in a row to others are not competing, they are wrong. */
const MAX_ROUNDS = 100;

/**
 * Changes a record until no other writer comes between. `change` sees what stands there and returns the new value, or null to leave
 * it as it is; it may run several times.
 */
export async function changeRecord<T>(
  table: Table,
  kind: RecordKind<T>,
  start: { readonly from: Standing<T>; readonly nowMs: number },
  change: (current: T | null) => T | null,
): Promise<Standing<T>> {
  let from = start.from;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = change(from.value);
    if (next === null) return from;
    const written = await writeStanding(table, kind, next, { expected: from.expected, nowMs: start.nowMs });
    if (written.kind === 'saved') return { value: written.value, expected: written.version };
    from = written.current;
  }
  throw new Error(`a record changed ${MAX_ROUNDS} times while it was being written`);
}
