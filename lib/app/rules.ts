import type { LanguageFeatures } from '../promql/features.ts';
import type { EngineOptions } from '../promql/value.ts';
import { type RuleSet, readRuleFiles } from '../rules/rule-file.ts';
import type { MemoryOptions } from '../series/memory.ts';
import type { AppConfig } from './config.ts';
import type { Settings } from './settings.ts';

/** The rule groups of the configuration; throws InvalidInput with every mistake of every rule file. */
export function readRules({ files, settings }: AppConfig): RuleSet {
  return readRuleFiles(files, settings.rule_files, {
    intervalMs: settings.evaluation.interval,
    queryOffsetMs: settings.evaluation.query_offset,
    features: languageFeatures(settings),
  });
}

/** The parts of the language that the settings switch on. */
export function languageFeatures({ query }: Settings): LanguageFeatures {
  const on = new Set<string>(query.features);
  return {
    'promql-experimental-functions': on.has('promql-experimental-functions'),
    'promql-duration-expr': on.has('promql-duration-expr'),
    'promql-extended-range-selectors': on.has('promql-extended-range-selectors'),
    'promql-binop-fill-modifiers': on.has('promql-binop-fill-modifiers'),
  };
}

/** What is held in memory beside samples: start timestamps only where something heeds them. */
export function memoryOptions({ query }: Settings): MemoryOptions {
  return { startTimes: query.features.includes('use-start-timestamps') };
}

/** How the engine evaluates rules and queries. */
export function engineOptions(settings: Settings): EngineOptions {
  return {
    lookbackMs: settings.query.lookback_delta,
    // As Prometheus has it: subqueries that name no step take that of evaluation.
    defaultSubqueryStepMs: settings.evaluation.interval,
    maxSamples: settings.query.max_samples,
    delayedNameRemoval: settings.query.features.includes('promql-delayed-name-removal'),
    typeAndUnitLabels: settings.query.features.includes('type-and-unit-labels'),
  };
}
