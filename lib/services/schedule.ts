import type { Queue, Table } from '../ports.ts';
import type { Slot } from '../rules/due-groups.ts';
import type { RuleGroup } from '../rules/rule-group.ts';
import { isRetired, planTick } from '../rules/schedule.ts';
import { createScheduleStore, type KnownGroup, type ScheduleStore } from '../store/schedule-state.ts';
import { encodeEvaluate } from './messages.ts';

export interface ScheduleDeps {
  readonly table: Table;
  readonly queue: Queue;
  readonly groups: readonly RuleGroup[];
}

/** What a tick did, for the log. */
export interface TickReport {
  readonly enqueued: number;
  /** Evaluations that nobody enqueued in time. */
  readonly missed: number;
  /** Groups that left the configuration and were told to end their series. */
  readonly retired: number;
}

export interface ScheduleService {
  /**
   * Puts the evaluations up to the end of the coming minute into the queue, each with its delay, whatever its group's interval; groups
   * that are new begin at once. They are enqueued before that is noted: a crash between the two, or two ticks at once, doubles
   * messages, and evaluation is repeatable.
   */
  tick(nowMs: number): Promise<TickReport>;
}

export function createScheduleService({ table, queue, groups }: ScheduleDeps): ScheduleService {
  const store = createScheduleStore({ table });
  const enqueue = (slots: readonly Slot[], nowMs: number): Promise<void> =>
    queue.send(
      'evaluate',
      slots.map((slot) => ({ body: encodeEvaluate(slot), delayMs: Math.max(0, slot.evalAtMs - nowMs) })),
    );

  return {
    async tick(nowMs) {
      const [before, known] = await Promise.all([store.load(nowMs), store.loadKnownGroups(nowMs)]);
      const running = new Set(known.filter(({ goneSinceMs }) => goneSinceMs === null).map(identity));
      const isRunning = ({ file, name, intervalMs }: RuleGroup): boolean =>
        running.has(identity({ file, group: name, intervalMs }));
      const plan = planTick(groups.filter(isRunning), before?.state.enqueuedUntilMs ?? null, nowMs);
      const start = planTick(
        groups.filter((group) => !isRunning(group)),
        null,
        nowMs,
      );
      const slots = [...plan.slots, ...start.slots];
      await enqueue(slots, nowMs);
      const { enqueuedUntilMs, missed } = plan;
      const state = { enqueuedUntilMs, missed: (before?.state.missed ?? 0) + missed };
      await store.save(state, before?.version ?? null);

      const next = knownNow(groups, known, nowMs);
      const retired = next.filter((group) => isOver(group, nowMs));
      await enqueue(
        retired.map(({ file, group }) => ({ file, group, evalAtMs: nowMs })),
        nowMs,
      );
      await saveChanges(store, known, next, retired);
      return { enqueued: slots.length, missed, retired: retired.length };
    },
  };
}

function isOver({ goneSinceMs, intervalMs }: KnownGroup, nowMs: number): boolean {
  return goneSinceMs !== null && isRetired(goneSinceMs, intervalMs, nowMs);
}

/** All groups of the configuration, then those that are not in it any more. */
function knownNow(groups: readonly RuleGroup[], known: readonly KnownGroup[], nowMs: number): readonly KnownGroup[] {
  const present = groups.map(({ file, name, intervalMs }) => ({ file, group: name, intervalMs, goneSinceMs: null }));
  const names = new Set(present.map(nameOf));
  const gone = known.filter((group) => !names.has(nameOf(group)));
  return [...present, ...gone.map((group) => ({ ...group, goneSinceMs: group.goneSinceMs ?? nowMs }))];
}

async function saveChanges(
  store: ScheduleStore,
  known: readonly KnownGroup[],
  next: readonly KnownGroup[],
  retired: readonly KnownGroup[],
): Promise<void> {
  const before = new Map(known.map((group) => [identity(group), group.goneSinceMs]));
  const changed = next.filter((group) => before.get(identity(group)) !== group.goneSinceMs);
  await store.saveKnownGroups(changed.filter((group) => !retired.includes(group)));
  await store.forgetKnownGroups(retired);
}

function nameOf({ file, group }: Pick<KnownGroup, 'file' | 'group'>): string {
  return JSON.stringify([file, group]);
}

function identity({ file, group, intervalMs }: Pick<KnownGroup, 'file' | 'group' | 'intervalMs'>): string {
  return JSON.stringify([file, group, intervalMs]);
}
