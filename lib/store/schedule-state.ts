import * as z from 'zod';
import type { Key, StoredRecord, Table } from '../ports.ts';
import { KNOWN_GROUPS, knownGroupKey, ruleGroupId, SCHEDULE_KEY } from './keys.ts';

/** Up to when evaluations have been enqueued, and how many were never. */
export interface ScheduleState {
  /** All evaluation times before this instant are in the queue or past. */
  readonly enqueuedUntilMs: number;
  /** Evaluations nobody enqueued in time since the beginning. */
  readonly missed: number;
}

/** A group that has, or had, rules running. */
export interface KnownGroup {
  readonly file: string;
  readonly group: string;
  readonly intervalMs: number;
  /** Since when the configuration does not have it any more; null while it does. */
  readonly goneSinceMs: number | null;
}

/** Where the schedule stands: one small record for the clock, one for each group, written only when groups come or go. */
export interface ScheduleStore {
  load(nowMs: number): Promise<{ readonly state: ScheduleState; readonly version: number } | null>;
  /** False when another tick was faster. */
  save(state: ScheduleState, version: number | null): Promise<boolean>;
  loadKnownGroups(nowMs: number): Promise<readonly KnownGroup[]>;
  /** A repeat is harmless. */
  saveKnownGroups(groups: readonly KnownGroup[]): Promise<void>;
  forgetKnownGroups(groups: readonly KnownGroup[]): Promise<void>;
}

const scheduleState = z.object({ enqueuedUntilMs: z.int(), missed: z.int() });
const knownGroup = z.object({
  file: z.string(),
  group: z.string(),
  intervalMs: z.int(),
  goneSinceMs: z.int().nullable(),
});
const PAGE = 1000;

export function createScheduleStore({ table }: { readonly table: Table }): ScheduleStore {
  return {
    async load(nowMs) {
      const record = await table.load(SCHEDULE_KEY, nowMs);
      return record === null ? null : { state: scheduleState.parse(jsonOf(record)), version: record.version };
    },
    async save(state, version) {
      const record = { ...SCHEDULE_KEY, body: JSON.stringify(state), expiresAtMs: null };
      return (await table.putIf(record, version ?? 'absent')).kind === 'saved';
    },
    async loadKnownGroups(nowMs) {
      const groups: KnownGroup[] = [];
      for (let after: string | null = null, isFirst = true; isFirst || after !== null; isFirst = false) {
        const page: Awaited<ReturnType<Table['query']>> = await table.query(
          { ...KNOWN_GROUPS, after, limit: PAGE },
          nowMs,
        );
        groups.push(...page.records.map((record) => knownGroup.parse(jsonOf(record))));
        after = page.next;
      }
      return groups;
    },
    async saveKnownGroups(groups) {
      await table.putAll(groups.map((group) => ({ ...keyOf(group), body: JSON.stringify(group), expiresAtMs: null })));
    },
    async forgetKnownGroups(groups) {
      await table.deleteAll(groups.map(keyOf));
    },
  };
}

function keyOf({ file, group }: KnownGroup): Key {
  return knownGroupKey(ruleGroupId(file, group));
}

function jsonOf({ body }: StoredRecord): unknown {
  return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body));
}
