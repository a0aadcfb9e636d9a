/** Plans of running flushes: written before the flush begins, never changed, and read again by whoever carries the flush on. */
import * as z from 'zod';
import type { FlushedAlert, FlushPlan } from '../alerts/flush.ts';
import type { StoredPlan } from '../alerts/group.ts';
import { labelsFromSortedPairs } from '../model/labels.ts';
import type { Table } from '../ports.ts';
import { loadLongBody, saveLongBody } from './long-body.ts';

/** The part of a flush plan that outlives its first step: who is told about what, and who leaves the group. */
export type SavedPlan = Pick<FlushPlan, 'alerts' | 'leaving' | 'decisions'> & {
  /** Members at the start, suppressed ones too. */
  readonly memberCount: number;
  readonly logForMs: number;
};

export interface PlanStore {
  save(groupId: string, plan: SavedPlan, expiresAtMs: number): Promise<StoredPlan>;
  load(groupId: string, stored: StoredPlan, nowMs: number): Promise<SavedPlan>;
}

const pairs = z.array(z.tuple([z.string(), z.string()]));
export const sendReason = z.enum([
  'first notification',
  'new alerts added',
  'all alerts resolved',
  'some alerts resolved',
  'repeat interval elapsed',
]);
const skipReason = z.enum(['everything is suppressed', 'nothing is firing', 'nothing has changed']);
const planBody = z.object({
  alerts: z.array(
    z.object({
      id: z.string(),
      labels: pairs,
      annotations: pairs,
      startsAtMs: z.number(),
      endsAtMs: z.number().nullable(),
      generatorUrl: z.string(),
      updatedAtMs: z.number(),
    }),
  ),
  leaving: z.array(z.object({ id: z.string(), updatedAtMs: z.number() })),
  decisions: z.array(
    z.object({
      integration: z.string(),
      decision: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('send'), reason: sendReason }),
        z.object({ kind: z.literal('record'), reason: sendReason }),
        z.object({ kind: z.literal('skip'), reason: skipReason }),
      ]),
    }),
  ),
  memberCount: z.number(),
  logForMs: z.number(),
});

export function createPlanStore(table: Table): PlanStore {
  return {
    save: (groupId, plan, expiresAtMs) => {
      const alerts = plan.alerts.map((alert) => ({ ...alert, labels: alert.labels.pairs }));
      return saveLongBody(table, { owner: groupId, text: JSON.stringify({ ...plan, alerts }), expiresAtMs });
    },
    load: async (groupId, stored, nowMs) => {
      const text = await loadLongBody(table, { owner: groupId, ...stored, nowMs });
      const { alerts, ...rest } = planBody.parse(JSON.parse(text));
      return {
        ...rest,
        alerts: alerts.map((alert): FlushedAlert => ({ ...alert, labels: labelsFromSortedPairs(alert.labels) })),
      };
    },
  };
}
