import type { Labels } from '../model/labels.ts';
import { createSampleBatchBuilder, type SampleBatch } from '../model/sample.ts';
import type { Clock } from '../ports.ts';
import type { Expr } from '../promql/ast.ts';
import { evaluate as evaluateExpr } from '../promql/evaluate.ts';
import type { LanguageFeatures } from '../promql/features.ts';
import { selectionsOf } from '../promql/selections.ts';
import type { EngineOptions, QueryTimes, QueryValue } from '../promql/value.ts';
import { evaluateGroup, type GroupOutcome } from '../rules/evaluate-group.ts';
import type { GroupState } from '../rules/group-state.ts';
import { createRuleExpander } from '../rules/rule-expander.ts';
import type { RuleGroup } from '../rules/rule-group.ts';
import type { RuleSample } from '../rules/rule-result.ts';
import type { MemoryOptions } from '../series/memory.ts';
import type { SampleReader, SeriesNeed } from '../store/sample-reader.ts';
import { createSampleCache } from './sample-cache.ts';

export interface RunnerSettings {
  readonly engine: EngineOptions;
  readonly features: LanguageFeatures;
  /** Longest time for one query of a rule or of its templates. */
  readonly queryTimeoutMs: number;
  readonly resendDelayMs: number;
  /** Added to alerts where they have no such label; templates see them. */
  readonly externalLabels: Labels;
  /** No trailing slash. */
  readonly externalUrl: string;
  /** Samples a warm process keeps at most. */
  readonly maxCachedSamples: number;
  /** What it keeps beside them. */
  readonly memory: MemoryOptions;
}

/** Loads what a group reads and evaluates it, with the samples of earlier runs still in memory. Nothing is written. */
export interface GroupRunner {
  run(group: RuleGroup, before: GroupState | null, evalAtMs: number): Promise<GroupOutcome>;
  /** Forgets all samples: what a run has published may not have been stored. */
  forget(): void;
}

/** How often one evaluation may find that a rule's templates query samples that are not loaded. */
const MAX_TEMPLATE_ROUNDS = 3;
/** Of one group's templates, remembered from one evaluation to the next. */
const MAX_EXPECTED_QUERIES = 1000;

export function createGroupRunner(
  { samples, clock }: { readonly samples: SampleReader; readonly clock: Clock },
  settings: RunnerSettings,
): GroupRunner {
  const { engine } = settings;
  const cache = createSampleCache(samples, { maxSamples: settings.maxCachedSamples, memory: settings.memory });
  /** What the templates of each group queried last time: loaded at once the next time. */
  const expected = new Map<string, readonly string[]>();
  const needsOf = (expr: Expr, atMs: number): readonly SeriesNeed[] => selectionsOf(expr, instant(atMs), engine);
  const query = (expr: Expr, atMs: number): QueryValue => {
    const untilMs = clock.nowMs() + settings.queryTimeoutMs;
    const isOver = (): boolean => clock.nowMs() > untilMs;
    return evaluateExpr(expr, cache.memory(), instant(atMs), { ...engine, isOver }).value;
  };

  return {
    forget: () => cache.forget(),
    async run(group, before, evalAtMs) {
      const owner = JSON.stringify([group.file, group.name]);
      const needs = group.rules.flatMap(({ expr }) => needsOf(expr, evalAtMs - group.queryOffsetMs));
      const maxRounds = MAX_TEMPLATE_ROUNDS * group.rules.length;
      const expander = createRuleExpander({ ...settings, evalAtMs, query, maxRounds }, expected.get(owner) ?? []);
      for (;;) {
        const wanted = [...expander.wanted().values()].flatMap((expr) => needsOf(expr, evalAtMs));
        await cache.load(owner, [...needs, ...wanted], clock.nowMs());
        expander.nextRound();
        const outcome = evaluateGroup(group, before, {
          ...expander,
          evalAtMs,
          resendDelayMs: settings.resendDelayMs,
          query,
          publish: (written, atMs) => {
            cache.memory().append(batchOf(written, atMs));
            expander.forgetAnswers();
          },
          nowMs: () => clock.nowMs(),
        });
        if (outcome === null) continue;
        expected.set(owner, [...expander.wanted().keys()].slice(0, MAX_EXPECTED_QUERIES));
        return outcome;
      }
    },
  };
}

function instant(atMs: number): QueryTimes {
  return { startMs: atMs, endMs: atMs, stepMs: 0 };
}

/** What rules wrote at one time, as the store and the memory take it. */
export function batchOf(samples: readonly RuleSample[], atMs: number): SampleBatch {
  const builder = createSampleBatchBuilder();
  for (const { labels, value, histogram, isStale } of samples) {
    const series = builder.series(labels);
    if (isStale) builder.addStale(series, atMs);
    else if (histogram !== null) builder.addHistogram(series, atMs, histogram);
    else builder.add(series, atMs, value);
  }
  return builder.build();
}
