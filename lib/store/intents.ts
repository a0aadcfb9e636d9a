/**
 * Intents: notifications that are to be delivered, one for each integration and flush. An intent is made once for its flush and
 * never again, whatever repeats the flush; each attempt claims it first, and the version of the claim is what its outcome is written over.
 *
 *     pending ── claim ──► sending ── delivered ──► delivered
 *        ▲                   │  └──── rejected, or too late ──► failed
 *        └────── retry ──────┘
 */
import * as z from 'zod';
import type { SendReason } from '../alerts/flush.ts';
import type { StoredPlan } from '../alerts/group.ts';
import { type Labels, labelsFromSortedPairs } from '../model/labels.ts';
import { HOUR_MS } from '../model/unix-time.ts';
import type { Key, StoredRecord, Table, TableRecord } from '../ports.ts';
import { queryAll } from './alerts.ts';
import { sendReason } from './flush-plans.ts';
import { intentKey } from './keys.ts';
import { loadStanding, type RecordKind, type Standing, type Written, writeStanding } from './versioned.ts';

export interface Intent {
  readonly groupId: string;
  readonly flushNumber: number;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly routeId: string;
  readonly receiver: string;
  /** "webhook/0": its kind and its place among those of its kind. */
  readonly integration: string;
  readonly reason: SendReason;
  readonly plan: StoredPlan;
  /** Start of the flush. */
  readonly createdAtMs: number;
  /** No attempt begins or lasts beyond. */
  readonly deadlineMs: number;
  /** How long the notification log keeps the entry of this notification. */
  readonly logForMs: number;
  /** The message may have arrived already: an attempt of this flush, or of an earlier one that failed, was cut off by a crash. */
  readonly isUnsure: boolean;
  /** Attempts begun so far. */
  readonly attempts: number;
  /** Why the last attempt failed; null before. */
  readonly lastError: string | null;
  readonly state: IntentState;
}

export type IntentState =
  | { readonly kind: 'pending'; readonly notBeforeMs: number }
  | { readonly kind: 'sending'; readonly leaseUntilMs: number }
  | { readonly kind: 'delivered'; readonly atMs: number }
  | { readonly kind: 'failed'; readonly atMs: number };

export interface StoredIntent {
  readonly intent: Intent;
  readonly version: number;
}

export interface IntentStore {
  load(key: Key, nowMs: number): Promise<Standing<Intent>>;
  /** All intents of one flush. */
  list(groupId: string, flushNumber: number, nowMs: number): Promise<readonly StoredIntent[]>;
  save(intent: Intent, expected: 'absent' | number, nowMs: number): Promise<Written<Intent>>;
  /** The record of an intent, to be written in one commit with what its outcome changes. */
  prepare(intent: Intent): TableRecord;
}

/** An intent is remembered this long after its deadline, so that a stalled repetition of its flush does not make it again. */
const KEEP_MS = 2 * HOUR_MS;

const pairs = z.array(z.tuple([z.string(), z.string()]));
const state = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('pending'), notBeforeMs: z.number() }),
  z.object({ kind: z.literal('sending'), leaseUntilMs: z.number() }),
  z.object({ kind: z.literal('delivered'), atMs: z.number() }),
  z.object({ kind: z.literal('failed'), atMs: z.number() }),
]);
const intentBody = z.object({
  groupId: z.string(),
  flushNumber: z.number(),
  groupKey: z.string(),
  groupLabels: pairs,
  routeId: z.string(),
  receiver: z.string(),
  integration: z.string(),
  reason: sendReason,
  plan: z.object({ name: z.string(), parts: z.number() }),
  createdAtMs: z.number(),
  deadlineMs: z.number(),
  logForMs: z.number(),
  isUnsure: z.boolean(),
  attempts: z.number(),
  lastError: z.string().nullable(),
  state,
});

const intentKind: RecordKind<Intent> = {
  encode: ({ groupLabels, ...rest }) => ({
    ...keyOfIntent(rest),
    body: JSON.stringify({ ...rest, groupLabels: groupLabels.pairs }),
    expiresAtMs: rest.deadlineMs + KEEP_MS,
  }),
  decode: decodeIntent,
};

function decodeIntent({ body }: StoredRecord): Intent {
  const { groupLabels, ...rest } = intentBody.parse(JSON.parse(String(body)));
  return { ...rest, groupLabels: labelsFromSortedPairs(groupLabels) };
}

export function keyOfIntent(intent: Pick<Intent, 'groupId' | 'flushNumber' | 'integration'>): Key {
  return intentKey(intent.groupId, intent.flushNumber, intent.integration);
}

export function createIntentStore(table: Table): IntentStore {
  return {
    load: (key, nowMs) => loadStanding(table, intentKind, { ...key, nowMs }),
    list: async (groupId, flushNumber, nowMs) => {
      const { pk, sk } = intentKey(groupId, flushNumber, '');
      const records = await queryAll(table, pk, nowMs, sk);
      return records.map((record) => ({ intent: decodeIntent(record), version: record.version }));
    },
    save: (intent, expected, nowMs) => writeStanding(table, intentKind, intent, { expected, nowMs }),
    prepare: (intent) => intentKind.encode(intent),
  };
}
