import type { Labels } from '../model/labels.ts';
import { createSampleBatchBuilder, type SampleBatch } from '../model/sample.ts';
import type { Clock, Queue, Table } from '../ports.ts';
import type { Expr } from '../promql/ast.ts';
import { evaluate as evaluateExpr } from '../promql/evaluate.ts';
import type { LanguageFeatures } from '../promql/features.ts';
import { selectionsOf } from '../promql/selections.ts';
import type { EngineOptions, QueryValue } from '../promql/value.ts';
import { slotAtOrBefore } from '../rules/due-groups.ts';
import { evaluateGroup, type GroupOutcome } from '../rules/evaluate-group.ts';
import { alertsSentSince, type GroupState, openSeries } from '../rules/group-state.ts';
import { createRuleExpander } from '../rules/rule-expander.ts';
import type { RuleGroup } from '../rules/rule-group.ts';
import { type RuleSample, staleMarkers } from '../rules/rule-result.ts';
import { isRetired } from '../rules/schedule.ts';
import { createRuleStateStore, type StoredGroupState } from '../store/rule-state.ts';
import type { SeriesNeed } from '../store/sample-reader.ts';
import type { SampleStore } from '../store/samples.ts';
import { type EvaluateMessage, encodeDispatches } from './messages.ts';
import { createSampleCache } from './sample-cache.ts';

export interface EvaluateDeps {
  readonly table: Table;
  readonly queue: Queue;
  readonly samples: SampleStore;
  /** Measures how long evaluations take. */
  readonly clock: Clock;
  readonly groups: readonly RuleGroup[];
}

export interface EvaluateSettings {
  readonly engine: EngineOptions;
  readonly features: LanguageFeatures;
  readonly resendDelayMs: number;
  /** Added to alerts where they have no such label; templates see them. */
  readonly externalLabels: Labels;
  /** No trailing slash. */
  readonly externalUrl: string;
  /** Samples a warm process keeps at most. */
  readonly maxCachedSamples: number;
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

export interface EvaluateService {
  /**
   * Evaluates one group at one time, once: samples are saved first, then the state under its version, then alerts are enqueued. A second delivery of
   * the message finds its time in the state and only sends what was to be sent. A message that comes so late that a newer evaluation is due is answered
   * at that newer time; the times between are counted as missed.
   */
  evaluate(message: Omit<EvaluateMessage, 'kind'>, nowMs: number): Promise<EvaluateReport>;
}

/** Others may evaluate the same group at the same time; whoever saves second looks again. */
const MAX_CONFLICTS = 5;
/** How often one evaluation may find that its templates query samples that are not loaded. */
const MAX_TEMPLATE_ROUNDS = 3;

/** Of one group's templates, from one evaluation to the next. */
const MAX_EXPECTED_QUERIES = 1000;

export function createEvaluateService(deps: EvaluateDeps, settings: EvaluateSettings): EvaluateService {
  const { queue, samples, clock } = deps;
  const states = createRuleStateStore(deps);
  const cache = createSampleCache(samples, settings.maxCachedSamples);
  /** What the templates of each group queried last time: loaded at once the next time. */
  const templateQueries = new Map<string, readonly string[]>();
  const groups = new Map(deps.groups.map((group) => [identity(group.file, group.name), group]));

  const needsOf = (expr: Expr, atMs: number): readonly SeriesNeed[] =>
    selectionsOf(expr, { startMs: atMs, endMs: atMs, stepMs: 0 }, settings.engine);
  const query = (expr: Expr, atMs: number): QueryValue =>
    evaluateExpr(expr, cache.memory(), { startMs: atMs, endMs: atMs, stepMs: 0 }, settings.engine).value;

  /** Loads what the group reads and evaluates it; again when templates turn out to read more. */
  const run = async (group: RuleGroup, before: GroupState | null, evalAtMs: number): Promise<GroupOutcome> => {
    const owner = identity(group.file, group.name);
    const needs = group.rules.flatMap(({ expr }) => needsOf(expr, evalAtMs - group.queryOffsetMs));
    const maxRounds = MAX_TEMPLATE_ROUNDS * group.rules.length;
    const expander = createRuleExpander({ ...settings, evalAtMs, query, maxRounds }, templateQueries.get(owner) ?? []);
    for (;;) {
      const wanted = [...expander.wanted().values()].flatMap((expr) => needsOf(expr, evalAtMs));
      await cache.load(owner, [...needs, ...wanted], clock.nowMs());
      expander.nextRound();
      const outcome = evaluateGroup(group, before, {
        evalAtMs,
        resendDelayMs: settings.resendDelayMs,
        query,
        publish: (written, atMs) => {
          cache.memory().append(batchOf(written, atMs));
          expander.forgetAnswers();
        },
        expand: expander.expand,
        lacksSamples: expander.lacksSamples,
        nowMs: () => clock.nowMs(),
      });
      if (outcome === null) continue;
      templateQueries.set(owner, [...expander.wanted().keys()].slice(0, MAX_EXPECTED_QUERIES));
      return outcome;
    }
  };

  const send = async (group: RuleGroup, state: GroupState, sinceMs: number, nowMs: number): Promise<number> => {
    const sender = { ...settings, intervalMs: group.intervalMs };
    const alerts = alertsSentSince(group, state, sinceMs, sender);
    const bodies = encodeDispatches({ receivedAtMs: nowMs, alerts });
    await queue.send(
      'dispatch',
      bodies.map((body) => ({ body, delayMs: 0 })),
    );
    return alerts.length;
  };

  /** Null when somebody else has changed the state meanwhile. */
  const evaluateAt = async (
    group: RuleGroup,
    stored: StoredGroupState | null,
    evalAtMs: number,
    nowMs: number,
  ): Promise<EvaluateReport | null> => {
    const outcome = await run(group, stored?.state ?? null, evalAtMs);
    const { state } = outcome;
    if (outcome.samples.length > 0) await samples.append(batchOf(outcome.samples, outcome.samplesAtMs), nowMs);
    const change = { file: group.file, group: group.name, before: stored, state };
    if (!(await states.save(change, nowMs))) return null;
    const alertsSent = await send(group, state, evalAtMs, nowMs);
    const failures = state.rules.flatMap(({ lastError }, index) =>
      lastError === null ? [] : [`${group.rules[index]?.name}: ${lastError}`],
    );
    return { kind: 'evaluated', evalAtMs, samples: outcome.samples.length, alertsSent, failures };
  };

  /** Ends the series of a group that is not configured any more and forgets it. */
  const retire = async (file: string, group: string, evalAtMs: number, nowMs: number): Promise<EvaluateReport> => {
    const stored = await states.load(file, group, nowMs);
    const isOver = stored !== null && isRetired(stored.state.lastEvalAtMs, stored.state.intervalMs, evalAtMs);
    if (!isOver) return { kind: 'unknown-group', ended: false };
    const markers = stored.state.rules.flatMap(({ memory }) => staleMarkers(openSeries(memory), new Set()));
    if (markers.length > 0) await samples.append(batchOf(markers, evalAtMs), nowMs);
    await states.remove(file, group, stored);
    return { kind: 'unknown-group', ended: true };
  };

  const attempt = async (
    group: RuleGroup,
    message: Omit<EvaluateMessage, 'kind'>,
    nowMs: number,
  ): Promise<EvaluateReport | null> => {
    const stored = await states.load(group.file, group.name, nowMs);
    if (stored !== null && stored.state.lastEvalAtMs >= message.evalAtMs) {
      return { kind: 'repeated', alertsSent: await send(group, stored.state, message.evalAtMs, nowMs) };
    }
    const evalAtMs = Math.max(message.evalAtMs, slotAtOrBefore(group, nowMs));
    return evaluateAt(group, stored, evalAtMs, nowMs);
  };

  return {
    async evaluate(message, nowMs) {
      const group = groups.get(identity(message.file, message.group));
      if (group === undefined) return retire(message.file, message.group, message.evalAtMs, nowMs);
      try {
        for (let round = 0; round < MAX_CONFLICTS; round++) {
          const report = await attempt(group, message, nowMs);
          if (report !== null) return report;
          cache.forget();
        }
      } catch (error) {
        // The memory may hold results that were never stored.
        cache.forget();
        throw error;
      }
      throw new Error(
        `rule group ${JSON.stringify(group.name)} was changed by others during ${MAX_CONFLICTS} evaluations`,
      );
    },
  };
}

function identity(file: string, group: string): string {
  return JSON.stringify([file, group]);
}

function batchOf(samples: readonly RuleSample[], atMs: number): SampleBatch {
  const builder = createSampleBatchBuilder();
  for (const { labels, value, histogram, isStale } of samples) {
    const series = builder.series(labels);
    if (isStale) builder.addStale(series, atMs);
    else if (histogram !== null) builder.addHistogram(series, atMs, histogram);
    else builder.add(series, atMs, value);
  }
  return builder.build();
}
