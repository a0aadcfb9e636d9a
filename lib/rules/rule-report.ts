import type { LabelPair, Labels } from '../model/labels.ts';
import type { GroupState, RuleState } from './group-state.ts';
import { type AlertingRule, type RecordingRule, type RuleGroup, ruleKeys } from './rule-group.ts';

/** A group with how its last evaluation went: what the rules API shows. */
export interface GroupReport {
  readonly group: RuleGroup;
  /** When the last evaluation began, and how long it took; null before the first. */
  readonly lastEvaluation: EvaluationReport | null;
  /** Evaluation time of the last evaluation: what its queries saw as now. Null before the first. */
  readonly lastEvalAtMs: number | null;
  /** Evaluation times that passed without an evaluation. */
  readonly missed: number;
  /** In the order of the group. */
  readonly rules: readonly RuleReport[];
}

export interface EvaluationReport {
  readonly startedAtMs: number;
  readonly durationMs: number;
}

export type RuleReport = AlertingRuleReport | RecordingRuleReport;

interface Outcome {
  readonly health: 'unknown' | 'ok' | 'err';
  /** Null unless health is err. */
  readonly lastError: string | null;
  readonly lastEvaluation: EvaluationReport | null;
}

export interface AlertingRuleReport extends Outcome {
  readonly kind: 'alerting';
  readonly rule: AlertingRule;
  /** The worst of its alerts; unknown before the first evaluation. */
  readonly state: 'unknown' | 'inactive' | 'pending' | 'firing';
  /** Pending and firing ones, in order of first appearance. */
  readonly alerts: readonly ActiveAlert[];
}

export interface RecordingRuleReport extends Outcome {
  readonly kind: 'recording';
  readonly rule: RecordingRule;
}

export interface ActiveAlert {
  readonly labels: Labels;
  readonly annotations: readonly LabelPair[];
  readonly state: 'pending' | 'firing';
  readonly activeAtMs: number;
  /** Since when only keep_firing_for holds it; null while its condition is met. */
  readonly keepFiringSinceMs: number | null;
  /** When its condition was last met. */
  readonly value: number;
}

/** Puts a group and its stored state side by side. Rules that are new since the last evaluation are unknown. */
export function reportGroup(group: RuleGroup, state: GroupState | null): GroupReport {
  const states = new Map(state?.rules.map((rule) => [rule.key, rule]));
  const keys = ruleKeys(group.rules);
  const rules = group.rules.map((rule, index): RuleReport => {
    const known = states.get(keys[index] ?? '') ?? null;
    const outcome = outcomeOf(known, state);
    if (rule.kind === 'recording') return { kind: 'recording', rule, ...outcome };
    const alerts = activeAlerts(known);
    return { kind: 'alerting', rule, ...outcome, state: known === null ? 'unknown' : worst(alerts), alerts };
  });
  const lastEvaluation = state === null ? null : { startedAtMs: state.startedAtMs, durationMs: state.durationMs };
  return { group, lastEvaluation, lastEvalAtMs: state?.lastEvalAtMs ?? null, missed: state?.missed ?? 0, rules };
}

function outcomeOf(known: RuleState | null, state: GroupState | null): Outcome {
  if (known === null || state === null) return { health: 'unknown', lastError: null, lastEvaluation: null };
  const lastEvaluation = { startedAtMs: state.startedAtMs, durationMs: known.durationMs };
  return { health: known.lastError === null ? 'ok' : 'err', lastError: known.lastError, lastEvaluation };
}

function activeAlerts(known: RuleState | null): readonly ActiveAlert[] {
  if (known?.memory.kind !== 'alerting') return [];
  return known.memory.alerts.instances.flatMap(({ labels, annotations, value, alert }): ActiveAlert[] => {
    if (alert.state === 'resolved') return [];
    const keepFiringSinceMs = alert.state === 'firing' ? alert.absentSinceMs : null;
    return [{ labels, annotations, value, state: alert.state, activeAtMs: alert.activeAtMs, keepFiringSinceMs }];
  });
}

function worst(alerts: readonly ActiveAlert[]): AlertingRuleReport['state'] {
  if (alerts.some(({ state }) => state === 'firing')) return 'firing';
  return alerts.length > 0 ? 'pending' : 'inactive';
}
