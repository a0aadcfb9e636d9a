/**
 * Makes, changes and ends silences. Each is one conditional write, or two in one commit where a new silence takes over from an old one;
 * the decision is made again on what stands there when somebody else wrote first.
 */
import { changeSilence, endSilence, type PostedSilence, type Silence, type SilenceClerk } from '../alerts/silence.ts';
import type { Table } from '../ports.ts';
import { createSilenceStore } from '../store/silences.ts';

export interface SilenceLimits {
  readonly retentionMs: number;
  /** Ended ones that are still remembered count; null for no limit. */
  readonly maxSilences: number | null;
}

export type SilenceAnswer =
  | { readonly kind: 'saved'; readonly id: string }
  /** With Alertmanager's message. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'unknown' };

export interface SilenceService {
  /** Makes a silence, or changes the one of the posted id; the id that answers is that of the silence which now holds. */
  set(posted: PostedSilence, clerk: SilenceClerk): Promise<SilenceAnswer>;
  /** Ends a silence now; one that has ended stays as it is. */
  end(id: string, nowMs: number): Promise<'ended' | 'unknown'>;
  load(id: string, nowMs: number): Promise<Silence | null>;
  list(nowMs: number): Promise<readonly Silence[]>;
}

const MAX_ROUNDS = 20;

export function createSilenceService({ table }: { readonly table: Table }, limits: SilenceLimits): SilenceService {
  const store = createSilenceStore(table, limits);

  async function trySet(posted: PostedSilence, clerk: SilenceClerk): Promise<SilenceAnswer | 'conflict'> {
    const { nowMs } = clerk;
    const before = posted.id === null ? null : await store.load(posted.id, nowMs);
    const change = changeSilence(posted, before?.value ?? null, clerk);
    if (change.kind !== 'accepted') return change;
    const { silence, ended } = change;
    const isNew = silence.id !== posted.id;
    const message = isNew ? await refuseForNumber(nowMs) : null;
    if (message !== null) return { kind: 'refused', message };
    const expected = before?.expected ?? 'absent';
    const written =
      isNew && ended !== null && expected !== 'absent'
        ? await store.replace(silence, { silence: ended, expected })
        : await store.save(silence, isNew ? 'absent' : expected, nowMs);
    return written === 'conflict' ? 'conflict' : { kind: 'saved', id: silence.id };
  }

  async function refuseForNumber(nowMs: number): Promise<string | null> {
    if (limits.maxSilences === null) return null;
    const count = (await store.list(nowMs)).length;
    if (count < limits.maxSilences) return null;
    return `exceeded maximum number of silences: ${count} (limit: ${limits.maxSilences})`;
  }

  return {
    set: async (posted, clerk) => {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const answer = await trySet(posted, clerk);
        if (answer !== 'conflict') return answer;
      }
      throw new Error(`silence ${posted.id ?? 'new'} changed ${MAX_ROUNDS} times while it was being written`);
    },
    end: async (id, nowMs) => {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const { value, expected } = await store.load(id, nowMs);
        if (value === null) return 'unknown';
        const ended = endSilence(value, nowMs);
        if (ended === null || (await store.save(ended, expected, nowMs)) === 'saved') return 'ended';
      }
      throw new Error(`silence ${id} changed ${MAX_ROUNDS} times while it was being ended`);
    },
    load: async (id, nowMs) => (await store.load(id, nowMs)).value,
    list: (nowMs) => store.list(nowMs),
  };
}
