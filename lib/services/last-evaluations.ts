import type { Table } from '../ports.ts';
import { createRuleStateStore } from '../store/rule-state.ts';
import { createScheduleStore } from '../store/schedule-state.ts';

/** When a rule group was last evaluated. */
export interface GroupEvaluation {
  readonly file: string;
  readonly group: string;
  readonly intervalMs: number;
  /** Null when it never was. */
  readonly lastEvalAtMs: number | null;
}

const GROUPS_AT_ONCE = 16;

/** Of every group that the schedule runs, in its order. */
export async function loadEvaluations(table: Table, nowMs: number): Promise<readonly GroupEvaluation[]> {
  const states = createRuleStateStore({ table });
  const known = await createScheduleStore({ table }).loadKnownGroups(nowMs);
  const running = known.filter(({ goneSinceMs }) => goneSinceMs === null);
  const evaluations: GroupEvaluation[] = [];
  for (let start = 0; start < running.length; start += GROUPS_AT_ONCE) {
    const part = running.slice(start, start + GROUPS_AT_ONCE).map(async ({ file, group, intervalMs }) => {
      const stored = await states.load(file, group, nowMs);
      return { file, group, intervalMs, lastEvalAtMs: stored?.state.lastEvalAtMs ?? null };
    });
    evaluations.push(...(await Promise.all(part)));
  }
  return evaluations;
}
