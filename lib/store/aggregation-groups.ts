/**
 * Aggregation groups and their members. A group is changed by conditional writes only. A member is a pointer: the alert itself is
 * stored once. The alerts that can inhibit others are kept as members of a group that is never flushed.
 */
import * as z from 'zod';
import type { AggregationGroup } from '../alerts/group.ts';
import { labelsFromSortedPairs } from '../model/labels.ts';
import type { StoredRecord, Table } from '../ports.ts';
import { queryAll } from './alerts.ts';
import { inParallel } from './in-parallel.ts';
import { GROUP_PARTITIONS, groupKey, memberKey, memberPartitions } from './keys.ts';
import { loadStanding, type RecordKind, type Standing, type Written, writeStanding } from './versioned.ts';

/** Holds the alerts that match the source side of an inhibition rule. */
export const SOURCES_GROUP = 'sources';

export interface GroupStore {
  load(groupId: string, nowMs: number): Promise<Standing<AggregationGroup>>;
  save(group: AggregationGroup, expected: 'absent' | number, nowMs: number): Promise<Written<AggregationGroup>>;
  /** Every group that has members, in no promised order. */
  list(nowMs: number): Promise<readonly AggregationGroup[]>;
  /** Alert ids, in no promised order. */
  members(groupId: string, nowMs: number): Promise<readonly string[]>;
  hasMembers(groupId: string, nowMs: number): Promise<boolean>;
  addMembers(members: readonly { readonly groupId: string; readonly alertId: string }[]): Promise<void>;
}

/** An empty group is remembered this long, for messages that still name its flushes. */
const KEEP_EMPTY_MS = 3_600_000;
const CALLS_AT_ONCE = 16;

const phase = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('waiting') }),
  z.object({
    kind: z.literal('flushing'),
    tickAtMs: z.number(),
    startedAtMs: z.number(),
    deadlineMs: z.number(),
    plan: z.object({ name: z.string(), parts: z.number() }),
  }),
  z.object({ kind: z.literal('empty'), sinceMs: z.number() }),
]);
const groupBody = z.object({
  routeId: z.string(),
  groupKey: z.string(),
  receiver: z.string(),
  labels: z.array(z.tuple([z.string(), z.string()])),
  phase,
  nextFlushAtMs: z.number(),
  lastFlush: z.number(),
  mutedBy: z.array(z.string()),
  unsure: z.array(z.string()),
});

const groupKind: RecordKind<AggregationGroup> = {
  encode: ({ id, labels, ...rest }) => ({
    ...groupKey(id),
    body: JSON.stringify({ ...rest, labels: labels.pairs }),
    expiresAtMs: rest.phase.kind === 'empty' ? rest.phase.sinceMs + KEEP_EMPTY_MS : null,
  }),
  decode: decodeGroup,
};

function decodeGroup({ sk, body }: StoredRecord): AggregationGroup {
  const { labels, ...rest } = groupBody.parse(JSON.parse(String(body)));
  return { ...rest, id: sk, labels: labelsFromSortedPairs(labels) };
}

export function createGroupStore(table: Table): GroupStore {
  return {
    load: (groupId, nowMs) => loadStanding(table, groupKind, { ...groupKey(groupId), nowMs }),
    save: (group, expected, nowMs) => writeStanding(table, groupKind, group, { expected, nowMs }),
    list: async (nowMs) => {
      const shards = await inParallel(GROUP_PARTITIONS, CALLS_AT_ONCE, (pk) => queryAll(table, pk, nowMs));
      const groups = shards.flat().map(decodeGroup);
      return groups.filter((group) => group.phase.kind !== 'empty');
    },
    members: async (groupId, nowMs) => {
      const shards = await inParallel(memberPartitions(groupId), CALLS_AT_ONCE, (pk) => queryAll(table, pk, nowMs));
      return shards.flat().map((record) => record.sk);
    },
    hasMembers: async (groupId, nowMs) => {
      const pages = await inParallel(memberPartitions(groupId), CALLS_AT_ONCE, (pk) =>
        table.query({ pk, skPrefix: '', after: null, limit: 1 }, nowMs),
      );
      return pages.some((page) => page.records.length > 0);
    },
    addMembers: (members) =>
      table.putAll(
        members.map(({ groupId, alertId }) => ({ ...memberKey(groupId, alertId), body: '', expiresAtMs: null })),
      ),
  };
}
