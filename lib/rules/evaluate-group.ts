import type { Expr } from '../promql/ast.ts';
import { QueryError, type QueryValue, type VectorElement } from '../promql/value.ts';
import { type AlertMemory, NO_ALERTS, updateAlerts, writtenSeries } from './alerting-rule.ts';
import { slotsMissed } from './due-groups.ts';
import { type GroupState, openSeries, type RuleMemory, type RuleState } from './group-state.ts';
import { recordSeries } from './recording-rule.ts';
import { type AlertingRule, type Rule, type RuleGroup, ruleKeys } from './rule-group.ts';
import { failed, type RuleFailure, type RuleSample, staleMarkers } from './rule-result.ts';

/** What evaluating a group needs from outside. Loaded samples stand behind `query`. */
export interface GroupEvaluation {
  readonly evalAtMs: number;
  readonly resendDelayMs: number;
  /** The value of an expression at an instant; throws QueryError. */
  readonly query: (expr: Expr, atMs: number) => QueryValue;
  /** Makes samples visible to the queries that follow. */
  readonly publish: (samples: readonly RuleSample[], atMs: number) => void;
  /** Expands a rule's template for one element; failures are in the text. */
  readonly expand: (rule: AlertingRule, text: string, element: VectorElement) => string;
  /** Whether some template wanted samples that are not loaded, so that what it gave cannot be used. */
  readonly lacksSamples: () => boolean;
  /** Measures how long things take. */
  readonly nowMs: () => number;
}

export interface GroupOutcome {
  readonly state: GroupState;
  /** Everything to be written, at `samplesAtMs`. */
  readonly samples: readonly RuleSample[];
  readonly samplesAtMs: number;
}

/** An alert that waited through a longer silence of ours starts to wait anew: nobody saw its condition hold meanwhile. */
const OUTAGE_TOLERANCE_MS = 3_600_000;

/**
 * Evaluates the rules of a group in order; each sees what those before it wrote. A rule that fails keeps its state and the others go on. Series of
 * rules that are no longer in the group end here. Null when samples are lacking: load them and evaluate again, from the same state.
 */
export function evaluateGroup(
  group: RuleGroup,
  before: GroupState | null,
  evaluation: GroupEvaluation,
): GroupOutcome | null {
  const { evalAtMs, nowMs } = evaluation;
  const startedAtMs = nowMs();
  const samplesAtMs = evalAtMs - group.queryOffsetMs;
  const remembered = new Map((before?.rules ?? []).map((rule) => [rule.key, rule.memory]));
  const wasAway = before !== null && evalAtMs - before.lastEvalAtMs > OUTAGE_TOLERANCE_MS;
  const samples: RuleSample[] = [];
  const rules: RuleState[] = [];
  const keys = ruleKeys(group.rules);
  for (const [index, rule] of group.rules.entries()) {
    const key = keys[index] ?? '';
    const ruleStartedAtMs = nowMs();
    const memory = remembered.get(key) ?? newMemory(rule);
    remembered.delete(key);
    const outcome = evaluateRule(rule, wasAway ? withoutPending(memory) : memory, group, evaluation);
    if (evaluation.lacksSamples()) return null;
    evaluation.publish(outcome.samples, samplesAtMs);
    samples.push(...outcome.samples);
    const { lastError } = outcome;
    rules.push({ key, lastError, durationMs: nowMs() - ruleStartedAtMs, memory: outcome.memory });
  }
  const written = new Set(samples.map(({ labels }) => labels.key));
  for (const memory of remembered.values()) samples.push(...staleMarkers(openSeries(memory), written));
  const missed = before === null ? 0 : before.missed + slotsMissed(group, before.lastEvalAtMs, evalAtMs);
  const durationMs = nowMs() - startedAtMs;
  const { intervalMs } = group;
  const state = { lastEvalAtMs: evalAtMs, intervalMs, startedAtMs, durationMs, missed, rules };
  return { state, samples, samplesAtMs };
}

interface RuleOutcome {
  readonly memory: RuleMemory;
  readonly samples: readonly RuleSample[];
  readonly lastError: string | null;
}

function evaluateRule(rule: Rule, memory: RuleMemory, group: RuleGroup, evaluation: GroupEvaluation): RuleOutcome {
  const value = queryRule(rule, group, evaluation);
  if (value.kind === 'failed') return { memory, samples: [], lastError: value.message };
  if (rule.kind === 'recording') {
    const before = memory.kind === 'recording' ? memory.series : [];
    const outcome = recordSeries(rule, value, before, group.limit);
    if (outcome.kind === 'failed') return { memory, samples: [], lastError: outcome.message };
    return { memory: { kind: 'recording', series: outcome.series }, samples: outcome.samples, lastError: null };
  }
  const before = memory.kind === 'alerting' ? memory.alerts : NO_ALERTS;
  const outcome = updateAlerts(rule, value, before, {
    evalAtMs: evaluation.evalAtMs,
    limit: group.limit,
    resendDelayMs: evaluation.resendDelayMs,
    expand: (text, element) => evaluation.expand(rule, text, element),
  });
  const lastError = outcome.kind === 'failed' ? outcome.message : null;
  const samples = outcome.kind === 'failed' ? [] : outcome.samples;
  return { memory: { kind: 'alerting', alerts: outcome.memory }, samples, lastError };
}

function queryRule(rule: Rule, group: RuleGroup, evaluation: GroupEvaluation): QueryValue | RuleFailure {
  try {
    return evaluation.query(rule.expr, evaluation.evalAtMs - group.queryOffsetMs);
  } catch (error) {
    if (error instanceof QueryError) return failed(error.message);
    throw error;
  }
}

function newMemory(rule: Rule): RuleMemory {
  return rule.kind === 'alerting' ? { kind: 'alerting', alerts: NO_ALERTS } : { kind: 'recording', series: [] };
}

function withoutPending(memory: RuleMemory): RuleMemory {
  if (memory.kind === 'recording') return memory;
  const { instances } = memory.alerts;
  const alerts: AlertMemory = {
    instances: instances.filter(({ alert }) => alert.state !== 'pending'),
    orphans: [
      ...writtenSeries({ instances: instances.filter(({ alert }) => alert.state === 'pending'), orphans: [] }),
      ...memory.alerts.orphans,
    ],
  };
  return { kind: 'alerting', alerts };
}
