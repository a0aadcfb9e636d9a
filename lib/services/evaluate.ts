import type { Clock, Queue, Table } from '../ports.ts';
import { slotAtOrBefore } from '../rules/due-groups.ts';
import { alertsSentSince, type GroupState, openSeries } from '../rules/group-state.ts';
import type { RuleGroup } from '../rules/rule-group.ts';
import { staleMarkers } from '../rules/rule-result.ts';
import { isRetired } from '../rules/schedule.ts';
import { createRuleStateStore, type RuleStateStore, type StoredGroupState } from '../store/rule-state.ts';
import type { SampleStore } from '../store/samples.ts';
import { batchOf, createGroupRunner, type GroupRunner, type RunnerSettings } from './group-runner.ts';
import { type EvaluateMessage, encodeDispatches } from './messages.ts';

export interface EvaluateDeps {
  readonly table: Table;
  readonly queue: Queue;
  readonly samples: SampleStore;
  /** Measures how long evaluations take. */
  readonly clock: Clock;
  readonly groups: readonly RuleGroup[];
}

/** What became of a message, for the log. */
export type EvaluateReport =
  | {
      readonly kind: 'evaluated';
      readonly evalAtMs: number;
      readonly samples: number;
      readonly alertsSent: number;
      /** Rules that failed, as `name: text`. */
      readonly failures: readonly string[];
    }
  /** That time, or a later one, was evaluated before. Alerts that may not have been sent then were sent again. */
  | { readonly kind: 'repeated'; readonly alertsSent: number }
  /** The configuration has no such group; `ended` when its series were ended for good. */
  | { readonly kind: 'unknown-group'; readonly ended: boolean };

/** Which group, and for which time. */
type Wanted = Omit<EvaluateMessage, 'kind'>;

export interface EvaluateService {
  /**
   * Evaluates one group at one time, once: samples are saved first, then the state under its version, then alerts are enqueued. A second
   * delivery of the message finds its time in the state and only sends what was to be sent. A message that comes so late that a newer
   * evaluation is due is answered at that newer time; the times between are counted as missed.
   */
  evaluate(wanted: Wanted, nowMs: number): Promise<EvaluateReport>;
}

/** Others may evaluate the same group at the same time; whoever saves second looks again. */
const MAX_CONFLICTS = 5;

interface Work {
  readonly deps: EvaluateDeps;
  readonly settings: RunnerSettings;
  readonly states: RuleStateStore;
  readonly runner: GroupRunner;
}

export function createEvaluateService(deps: EvaluateDeps, settings: RunnerSettings): EvaluateService {
  const work: Work = { deps, settings, states: createRuleStateStore(deps), runner: createGroupRunner(deps, settings) };
  const groups = new Map(deps.groups.map((group) => [identity(group.file, group.name), group]));
  return {
    async evaluate(wanted, nowMs) {
      const group = groups.get(identity(wanted.file, wanted.group));
      if (group === undefined) return retire(work, wanted, nowMs);
      try {
        for (let round = 0; round < MAX_CONFLICTS; round++) {
          const report = await attempt(work, group, wanted.evalAtMs, nowMs);
          if (report !== null) return report;
          work.runner.forget();
        }
      } catch (error) {
        // The memory may hold results that were never stored.
        work.runner.forget();
        throw error;
      }
      throw new Error(`rule group ${JSON.stringify(group.name)} was changed by others in ${MAX_CONFLICTS} attempts`);
    },
  };
}

/** Null when somebody else has changed the state meanwhile. */
async function attempt(
  work: Work,
  group: RuleGroup,
  wantedAtMs: number,
  nowMs: number,
): Promise<EvaluateReport | null> {
  const stored = await work.states.load(group.file, group.name, nowMs);
  if (stored !== null && stored.state.lastEvalAtMs >= wantedAtMs) {
    return {
      kind: 'repeated',
      alertsSent: await send(work, group, { state: stored.state, sinceMs: wantedAtMs }, nowMs),
    };
  }
  const evalAtMs = Math.max(wantedAtMs, slotAtOrBefore(group, nowMs));
  return evaluateAt(work, { group, stored, evalAtMs }, nowMs);
}

async function evaluateAt(
  work: Work,
  at: { readonly group: RuleGroup; readonly stored: StoredGroupState | null; readonly evalAtMs: number },
  nowMs: number,
): Promise<EvaluateReport | null> {
  const { group, stored, evalAtMs } = at;
  const { state, samples, samplesAtMs } = await work.runner.run(group, stored?.state ?? null, evalAtMs);
  // Stored as received when they are written: readers look back only so far for blocks that were committed late.
  if (samples.length > 0) await work.deps.samples.append(batchOf(samples, samplesAtMs), work.deps.clock.nowMs());
  const isSaved = await work.states.save({ file: group.file, group: group.name, before: stored, state }, nowMs);
  if (!isSaved) return null;
  const alertsSent = await send(work, group, { state, sinceMs: evalAtMs }, nowMs);
  const failures = state.rules.flatMap(({ lastError }, index) =>
    lastError === null ? [] : [`${group.rules[index]?.name}: ${lastError}`],
  );
  return { kind: 'evaluated', evalAtMs, samples: samples.length, alertsSent, failures };
}

async function send(
  { deps, settings }: Work,
  group: RuleGroup,
  { state, sinceMs }: { readonly state: GroupState; readonly sinceMs: number },
  nowMs: number,
): Promise<number> {
  const alerts = alertsSentSince(group, state, sinceMs, { ...settings, intervalMs: group.intervalMs });
  const bodies = encodeDispatches({ receivedAtMs: nowMs, alerts });
  await deps.queue.send(
    'dispatch',
    bodies.map((body) => ({ body, delayMs: 0 })),
  );
  return alerts.length;
}

/** Ends the series of a group that is not configured any more and forgets it. */
async function retire(
  { deps, states }: Work,
  { file, group, evalAtMs }: Wanted,
  nowMs: number,
): Promise<EvaluateReport> {
  const stored = await states.load(file, group, nowMs);
  const isOver = stored !== null && isRetired(stored.state.lastEvalAtMs, stored.state.intervalMs, evalAtMs);
  if (!isOver) return { kind: 'unknown-group', ended: false };
  const markers = stored.state.rules.flatMap(({ memory }) => staleMarkers(openSeries(memory), new Set()));
  if (markers.length > 0) await deps.samples.append(batchOf(markers, evalAtMs), deps.clock.nowMs());
  await states.remove(file, group, stored);
  return { kind: 'unknown-group', ended: true };
}

function identity(file: string, group: string): string {
  return JSON.stringify([file, group]);
}
