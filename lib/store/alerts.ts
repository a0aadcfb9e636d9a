/**
 * Alerts: one record each, which all groups share. `memberOf` names the groups that hold a pointer to the alert and have been told so;
 * it is written after the pointer, and taken back in one commit with it, so a group that is named there never misses the alert.
 */
import * as z from 'zod';
import type { AlertRecord } from '../alerts/alert-record.ts';
import { digest } from '../model/digest.ts';
import { labelsFromSortedPairs } from '../model/labels.ts';
import type { StoredRecord, Table, TableRecord } from '../ports.ts';
import { inParallel } from './in-parallel.ts';
import { ALERT_PARTITIONS, alertKey, memberKey, UNROUTED_PARTITION, unroutedKey } from './keys.ts';
import { changeRecord, loadStanding, type RecordKind, type Standing, writeStanding } from './versioned.ts';

export interface StoredAlert extends AlertRecord {
  readonly id: string;
  /** Group ids, sorted. */
  readonly memberOf: readonly string[];
}

/** What stands at the key of an alert. */
export interface StandingAlert extends Standing<StoredAlert> {
  readonly id: string;
}

/** Alerts that were being brought into their groups at an instant. */
export interface UnroutedAlerts {
  readonly sk: string;
  readonly receivedAtMs: number;
  readonly alertIds: readonly string[];
}

export interface AlertStore {
  /** What stands at each id, in order. */
  loadStanding(ids: readonly string[], nowMs: number): Promise<readonly StandingAlert[]>;
  /** Those that are there, in the order of the ids. */
  loadAll(ids: readonly string[], nowMs: number): Promise<readonly StoredAlert[]>;
  /** Every alert that has not been forgotten, in no promised order. */
  list(nowMs: number): Promise<readonly StoredAlert[]>;
  /** Changes one alert until no other writer comes between; null from `change` leaves it. */
  change(
    from: StandingAlert,
    nowMs: number,
    change: (current: StoredAlert | null) => StoredAlert | null,
  ): Promise<StandingAlert>;
  /** Writes only over the version that was seen. */
  saveIfUnchanged(alert: StoredAlert, expected: 'absent' | number, nowMs: number): Promise<'saved' | StandingAlert>;
  /** Takes an alert out of a group, unless a report other than that of `updatedAtMs` has come (null: in any case); repeatable. */
  leave(
    alert: { readonly id: string; readonly updatedAtMs: number | null },
    groupId: string,
    nowMs: number,
  ): Promise<void>;
  /** Remembers alerts that are about to join groups; returns the keys to forget them by. */
  noteUnrouted(ids: readonly string[], receivedAtMs: number): Promise<readonly string[]>;
  listUnrouted(nowMs: number): Promise<readonly UnroutedAlerts[]>;
  forgetUnrouted(sks: readonly string[]): Promise<void>;
}

const CALLS_AT_ONCE = 64;
/** Alerts that are in no group are kept this long after their end, for reports that overlap with them. */
const KEEP_MS = 1_800_000;
const UNROUTED_AT_ONCE = 5_000;
const MAX_ROUNDS = 100;

const pairs = z.array(z.tuple([z.string(), z.string()]));
const alertBody = z.object({
  labels: pairs,
  annotations: pairs,
  startsAtMs: z.number(),
  endsAtMs: z.number(),
  updatedAtMs: z.number(),
  endsByTimeout: z.boolean(),
  generatorUrl: z.string(),
  memberOf: z.array(z.string()),
});

const alertKind: RecordKind<StoredAlert> = {
  encode: ({ id, labels, ...rest }) => ({
    ...alertKey(id),
    body: JSON.stringify({ ...rest, labels: labels.pairs }),
    expiresAtMs: rest.memberOf.length > 0 ? null : Math.ceil(Math.max(rest.endsAtMs, rest.updatedAtMs)) + KEEP_MS,
  }),
  decode: decodeAlert,
};

function decodeAlert({ sk, body }: StoredRecord): StoredAlert {
  const { labels, ...rest } = alertBody.parse(JSON.parse(String(body)));
  return { ...rest, id: sk, labels: labelsFromSortedPairs(labels) };
}

export function createAlertStore(table: Table): AlertStore {
  const standing = async (id: string, nowMs: number): Promise<StandingAlert> => {
    return { id, ...(await loadStanding(table, alertKind, { ...alertKey(id), nowMs })) };
  };
  const store: AlertStore = {
    loadStanding: (ids, nowMs) => inParallel(ids, CALLS_AT_ONCE, (id) => standing(id, nowMs)),
    loadAll: async (ids, nowMs) => {
      const found = await store.loadStanding(ids, nowMs);
      return found.flatMap(({ value }) => (value === null ? [] : [value]));
    },
    list: async (nowMs) => {
      const shards = await inParallel(ALERT_PARTITIONS, CALLS_AT_ONCE, (pk) => queryAll(table, pk, nowMs));
      return shards.flat().map(decodeAlert);
    },
    change: async (from, nowMs, change) => {
      return { id: from.id, ...(await changeRecord(table, alertKind, { from, nowMs }, change)) };
    },
    saveIfUnchanged: async (alert, expected, nowMs) => {
      const written = await writeStanding(table, alertKind, alert, { expected, nowMs });
      return written.kind === 'saved' ? 'saved' : { id: alert.id, ...written.current };
    },
    leave: async ({ id, updatedAtMs }, groupId, nowMs) => {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const { value, expected } = await standing(id, nowMs);
        if (value !== null && updatedAtMs !== null && value.updatedAtMs !== updatedAtMs) return;
        if (await takeOut(table, { id, value, expected, groupId })) return;
      }
      throw new Error(`alert ${id} changed ${MAX_ROUNDS} times while it left a group`);
    },
    noteUnrouted: async (ids, receivedAtMs) => {
      const records: TableRecord[] = [];
      for (let start = 0; start < ids.length; start += UNROUTED_AT_ONCE) {
        const body = JSON.stringify(ids.slice(start, start + UNROUTED_AT_ONCE));
        records.push({ ...unroutedKey(receivedAtMs, digest(body)), body, expiresAtMs: null });
      }
      await table.putAll(records);
      return records.map((record) => record.sk);
    },
    listUnrouted: async (nowMs) => {
      const records = await queryAll(table, UNROUTED_PARTITION, nowMs);
      return records.map(({ sk, body }) => ({
        sk,
        receivedAtMs: Number(sk.slice(0, sk.indexOf('#'))),
        alertIds: z.array(z.string()).parse(JSON.parse(String(body))),
      }));
    },
    forgetUnrouted: (sks) => table.deleteAll(sks.map((sk) => ({ pk: UNROUTED_PARTITION, sk }))),
  };
  return store;
}

// The alert is written even when it does not name the group: a dispatch that is just adding it must notice.
async function takeOut(
  table: Table,
  { id, value, expected, groupId }: StandingAlert & { readonly groupId: string },
): Promise<boolean> {
  const pointer = memberKey(groupId, id);
  if (value === null || expected === 'absent') {
    await table.deleteAll([pointer]);
    return true;
  }
  const alert = { ...value, memberOf: value.memberOf.filter((other) => other !== groupId) };
  const answer = await table.commit([
    { kind: 'put', record: alertKind.encode(alert), expected },
    { kind: 'delete', key: pointer, expected: 'any' },
  ]);
  return answer.kind === 'committed';
}

/** Every record of one partition. */
export async function queryAll(
  table: Table,
  pk: string,
  nowMs: number,
  skPrefix = '',
): Promise<readonly StoredRecord[]> {
  const found: StoredRecord[] = [];
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<Table['query']>> = await table.query({ pk, skPrefix, after, limit: 1_000 }, nowMs);
    found.push(...page.records);
    after = page.next;
  } while (after !== null);
  return found;
}
