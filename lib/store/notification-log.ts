/**
 * What was last sent to each integration of a receiver about a group, and the ledger: one short entry for every flush, saying what
 * was decided and why. Log entries are found by the text of the group key, so they outlive a change of the configuration.
 */
import * as z from 'zod';
import type { FlushPlan, LogEntry } from '../alerts/flush.ts';
import { DAY_MS } from '../model/unix-time.ts';
import type { Table, TableRecord } from '../ports.ts';
import { queryAll } from './alerts.ts';
import { inParallel } from './in-parallel.ts';
import { ledgerKey, logPrefix } from './keys.ts';
import { loadLongBody, saveLongBody } from './long-body.ts';

/** Names the entries of one receiver for one group. */
export interface LogOwner {
  readonly groupKey: string;
  readonly receiver: string;
}

export interface NotificationLog {
  /** By integration: "webhook/0". */
  load(owner: LogOwner, nowMs: number): Promise<ReadonlyMap<string, LogEntry>>;
  /** The record of an entry, to be written in one commit with what the notification was for. */
  prepare(owner: LogOwner, integration: string, entry: LogEntry, expiresAtMs: number): Promise<TableRecord>;
  /** Notes what a flush decided; a repeat overwrites its own entry. */
  note(
    flush: { readonly groupId: string; readonly number: number; readonly tickAtMs: number },
    plan: FlushPlan,
  ): Promise<void>;
}

const LEDGER_KEEP_MS = 5 * DAY_MS;
/** Longer entries are kept beside their record: some 4,000 alerts. */
const MAX_INLINE_LENGTH = 150_000;
const LOADS_AT_ONCE = 16;
/** Alert ids are stored end to end. */
const ID_LENGTH = 32;

const entryBody = z.object({
  sentAtMs: z.number(),
  firing: z.string(),
  resolved: z.string(),
  remember: z.record(z.string(), z.string()),
});
const storedEntry = z.union([entryBody, z.object({ name: z.string(), parts: z.number() })]);

export function createNotificationLog(table: Table): NotificationLog {
  return {
    load: async (owner, nowMs) => {
      const { pk, skPrefix } = logPrefix(owner.groupKey, owner.receiver);
      const records = await queryAll(table, pk, nowMs, skPrefix);
      const entries = await inParallel(records, LOADS_AT_ONCE, async ({ sk, body }): Promise<[string, LogEntry]> => {
        const stored = storedEntry.parse(JSON.parse(String(body)));
        const long = 'name' in stored ? await loadLongBody(table, { owner: pk, ...stored, nowMs }) : null;
        return [sk.slice(skPrefix.length), decodeEntry('name' in stored ? JSON.parse(String(long)) : stored)];
      });
      return new Map(entries);
    },
    prepare: async (owner, integration, entry, expiresAtMs) => {
      const { pk, skPrefix } = logPrefix(owner.groupKey, owner.receiver);
      const { sentAtMs, firing, resolved, remember } = entry;
      const text = JSON.stringify({ sentAtMs, firing: firing.join(''), resolved: resolved.join(''), remember });
      const isLong = text.length > MAX_INLINE_LENGTH;
      const body = isLong ? JSON.stringify(await saveLongBody(table, { owner: pk, text, expiresAtMs })) : text;
      return { pk, sk: `${skPrefix}${integration}`, body, expiresAtMs };
    },
    note: async ({ groupId, number, tickAtMs }, plan) => {
      const body = JSON.stringify({ tickAtMs, ...summary(plan) });
      await table.putAll([{ ...ledgerKey(groupId, number), body, expiresAtMs: tickAtMs + LEDGER_KEEP_MS }]);
    },
  };
}

function decodeEntry(value: unknown): LogEntry {
  const { firing, resolved, ...rest } = entryBody.parse(value);
  return { ...rest, firing: cutIds(firing), resolved: cutIds(resolved) };
}

function cutIds(text: string): readonly string[] {
  return Array.from({ length: text.length / ID_LENGTH }, (_, n) => text.slice(n * ID_LENGTH, (n + 1) * ID_LENGTH));
}

function summary({ alerts, suppressed, decisions }: FlushPlan): Readonly<Record<string, unknown>> {
  const byCause: Record<string, number> = {};
  for (const cause of suppressed.causes.values()) byCause[cause] = (byCause[cause] ?? 0) + 1;
  const firing = alerts.filter((alert) => alert.endsAtMs === null).length;
  return {
    firing,
    resolved: alerts.length - firing,
    suppressed: byCause,
    mutedBy: suppressed.mutedBy,
    decisions: decisions.map(({ integration, decision }) => [integration, decision.kind, decision.reason]),
  };
}
