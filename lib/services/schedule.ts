import type { OutgoingMessage, Queue, Table } from '../ports.ts';
import type { RuleGroup } from '../rules/rule-group.ts';
import { isRetired, planTick } from '../rules/schedule.ts';
import { createScheduleStore, type KnownGroup } from '../store/schedule-state.ts';
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
   * Puts the evaluations up to the end of the coming minute into the queue, each with its delay, whatever its group's interval. They are
   * enqueued before that is noted: a crash between the two, or two ticks at once, doubles messages, and evaluation is repeatable.
   */
  tick(nowMs: number): Promise<TickReport>;
}

export function createScheduleService({ table, queue, groups }: ScheduleDeps): ScheduleService {
  const store = createScheduleStore({ table });

  /** Keeps the list of groups that have state, and gives those whose time after leaving is over. */
  const retireGroups = async (nowMs: number): Promise<readonly KnownGroup[]> => {
    const known = await store.loadKnownGroups(nowMs);
    const next = knownNow(groups, known, nowMs);
    const retired = next.filter(
      ({ goneSinceMs, intervalMs }) => goneSinceMs !== null && isRetired(goneSinceMs, intervalMs, nowMs),
    );
    await queue.send(
      'evaluate',
      retired.map(({ file, group }) => immediate(encodeEvaluate({ file, group, evalAtMs: nowMs }))),
    );
    const before = new Set(known.map((group) => JSON.stringify(group)));
    await store.saveKnownGroups(next.filter((group) => !retired.includes(group) && !before.has(JSON.stringify(group))));
    await store.forgetKnownGroups(retired);
    return retired;
  };

  return {
    async tick(nowMs) {
      const before = await store.load(nowMs);
      const plan = planTick(groups, before?.state.enqueuedUntilMs ?? null, nowMs);
      const { slots, missed, enqueuedUntilMs } = plan;
      await queue.send(
        'evaluate',
        slots.map((slot) => ({ body: encodeEvaluate(slot), delayMs: Math.max(0, slot.evalAtMs - nowMs) })),
      );
      const state = { enqueuedUntilMs, missed: (before?.state.missed ?? 0) + missed };
      await store.save(state, before?.version ?? null);
      const retired = await retireGroups(nowMs);
      return { enqueued: slots.length, missed, retired: retired.length };
    },
  };
}

function immediate(body: string): OutgoingMessage {
  return { body, delayMs: 0 };
}

/** Fields in the order in which they are stored, so that unchanged groups compare equal as text. */
function knownNow(groups: readonly RuleGroup[], known: readonly KnownGroup[], nowMs: number): readonly KnownGroup[] {
  const present = groups.map(({ file, name, intervalMs }) => ({ file, group: name, intervalMs, goneSinceMs: null }));
  const identities = new Set(present.map(identity));
  const gone = known.filter((group) => !identities.has(identity(group)));
  return [
    ...present,
    ...gone.map(({ file, group, intervalMs, goneSinceMs }) => ({
      file,
      group,
      intervalMs,
      goneSinceMs: goneSinceMs ?? nowMs,
    })),
  ];
}

function identity({ file, group }: { readonly file: string; readonly group: string }): string {
  return JSON.stringify([file, group]);
}
