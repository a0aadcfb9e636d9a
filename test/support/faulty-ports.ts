/**
 * Lets a process die right after its n-th call that changes something, here or outside. Dying before the call is dying after the one
 * before it, and calls that only read leave nothing behind, so this covers every instant.
 */
import type { Queue, Table } from '../../lib/ports.ts';

/** What a call throws instead of answering. */
export class Crash extends Error {
  override name = 'Crash';
}

export interface Faults {
  /** Changing calls so far. */
  calls: number;
  /** Number of the call that is the last one, from 1; 0 for none. */
  readonly at: number;
  /** What the crash interrupted: "table.commit"; null until it has happened. */
  hit: string | null;
}

/** Counts a change that has taken effect, and dies when it is the last one. */
export function countChange(faults: Faults, name: string): void {
  faults.calls++;
  if (faults.calls !== faults.at) return;
  faults.hit = name;
  throw new Crash(name);
}

export function withFaults(
  { table, queue }: { readonly table: Table; readonly queue: Queue },
  faults: Faults,
): { readonly table: Table; readonly queue: Queue } {
  const guard = async <T>(name: string, call: () => Promise<T>): Promise<T> => {
    const answer = await call();
    countChange(faults, name);
    return answer;
  };
  return {
    table: {
      ...table,
      putIf: (record, expected) => guard('table.putIf', () => table.putIf(record, expected)),
      putAll: (records) => guard('table.putAll', () => table.putAll(records)),
      commit: (writes) => guard('table.commit', () => table.commit(writes)),
      deleteAll: (keys) => guard('table.deleteAll', () => table.deleteAll(keys)),
    },
    // Receiving and deleting are the engine's own business: a handler that crashes sees its message again.
    queue: { ...queue, send: (name, messages) => guard('queue.send', () => queue.send(name, messages)) },
  };
}
