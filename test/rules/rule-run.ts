import { labelsOf, labelsToRecord } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder } from '../../lib/model/sample.ts';
import { evaluate } from '../../lib/promql/evaluate.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { parseSeriesLine } from '../../lib/promql/series-notation.ts';
import { evaluateGroup } from '../../lib/rules/evaluate-group.ts';
import type { GroupState } from '../../lib/rules/group-state.ts';
import { createRuleExpander } from '../../lib/rules/rule-expander.ts';
import type { RuleGroup } from '../../lib/rules/rule-group.ts';
import { createSeriesMemory, type SeriesMemory } from '../../lib/series/memory.ts';
import { batchOf } from '../../lib/services/group-runner.ts';

export interface RuleRun {
  /** Spacing of the values of a series line, from time 0 on. */
  readonly sampleStepMs: number;
  /** All groups are evaluated at 0 and then as often as this, whatever their interval. */
  readonly evaluateEveryMs: number;
  readonly untilMs: number;
}

/** A firing alert as a person reads it. */
export interface FiringAlert {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

/** Evaluates groups over series in notation, without ports or store; gives the firing alerts of each evaluation time by name. */
export function runRules(
  groups: readonly RuleGroup[],
  seriesLines: readonly string[],
  { sampleStepMs, evaluateEveryMs, untilMs }: RuleRun,
): ReadonlyMap<number, ReadonlyMap<string, readonly FiringAlert[]>> {
  const memory = memoryOf(seriesLines, sampleStepMs);
  const states = new Map<RuleGroup, GroupState>();
  const firing = new Map<number, ReadonlyMap<string, readonly FiringAlert[]>>();
  for (let evalAtMs = 0; evalAtMs <= untilMs; evalAtMs += evaluateEveryMs) {
    for (const group of groups) states.set(group, evaluateOnce(group, states.get(group) ?? null, memory, evalAtMs));
    firing.set(evalAtMs, firingOf(groups, states));
  }
  return firing;
}

function memoryOf(seriesLines: readonly string[], sampleStepMs: number): SeriesMemory {
  const builder = createSampleBatchBuilder();
  for (const line of seriesLines) {
    const { labels, values } = parseSeriesLine(line);
    const series = builder.series(labels);
    for (const [index, value] of values.entries()) {
      if (value.kind === 'float') builder.add(series, index * sampleStepMs, value.value);
      if (value.kind === 'stale') builder.addStale(series, index * sampleStepMs);
    }
  }
  const memory = createSeriesMemory();
  memory.append(builder.build());
  return memory;
}

function evaluateOnce(group: RuleGroup, before: GroupState | null, memory: SeriesMemory, evalAtMs: number): GroupState {
  const engine = {
    lookbackMs: 300_000,
    defaultSubqueryStepMs: 60_000,
    maxSamples: 1_000_000,
    delayedNameRemoval: false,
  };
  const query: Parameters<typeof evaluateGroup>[2]['query'] = (expr, atMs) =>
    evaluate(expr, memory, { startMs: atMs, endMs: atMs, stepMs: 0 }, engine).value;
  const scope = {
    evalAtMs,
    features: ALL_FEATURES,
    externalLabels: labelsOf({}),
    externalUrl: '',
    query,
    maxRounds: 3,
  };
  const expander = createRuleExpander(scope, []);
  for (;;) {
    const outcome = evaluateGroup(group, before, {
      ...expander,
      evalAtMs,
      resendDelayMs: 60_000,
      query,
      publish: (samples, atMs) => memory.append(batchOf(samples, atMs)),
      nowMs: () => evalAtMs,
    });
    if (outcome !== null) return outcome.state;
    expander.nextRound();
  }
}

function firingOf(
  groups: readonly RuleGroup[],
  states: ReadonlyMap<RuleGroup, GroupState>,
): ReadonlyMap<string, readonly FiringAlert[]> {
  const firing = new Map<string, FiringAlert[]>();
  for (const group of groups) {
    for (const [index, { memory }] of (states.get(group)?.rules ?? []).entries()) {
      if (memory.kind !== 'alerting') continue;
      const alerts = memory.alerts.instances.filter(({ alert }) => alert.state === 'firing');
      const shown = alerts.map(({ labels, annotations }) => ({
        labels: labelsToRecord(labels),
        annotations: Object.fromEntries(annotations),
      }));
      const name = group.rules[index]?.name ?? '';
      firing.set(name, [...(firing.get(name) ?? []), ...shown]);
    }
  }
  return firing;
}
