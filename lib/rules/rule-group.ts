/**
 * Rules of the monitored systems: what a group says, when it is due, and what one evaluation makes of a query's result.
 * `rule-file.ts` and `typed-rules.ts` turn YAML and TypeScript into the checked values below; `due-groups.ts` knows their times;
 * `alert-state.ts`, `alerting-rule.ts` and `recording-rule.ts` decide what an evaluation changes, writes and sends.
 * Queries run in lib/promql, templates in lib/templates; loading, saving and sending is the work of lib/services/evaluate.ts.
 */
import type { LabelPair } from '../model/labels.ts';
import type { Expr } from '../promql/ast.ts';
import type { LanguageFeatures } from '../promql/features.ts';

/** Rules that are evaluated together, in order, at the same instants. (file, name) is the group's identity. */
export interface RuleGroup {
  /** As the configuration names it: "rules/api.yml". */
  readonly file: string;
  readonly name: string;
  /** Positive; the configured default is filled in. */
  readonly intervalMs: number;
  /** How far before its evaluation time a query looks; samples are written at that earlier time too. */
  readonly queryOffsetMs: number;
  /** Most alerts or series one rule may yield; 0 for no limit. */
  readonly limit: number;
  readonly rules: readonly Rule[];
}

export type Rule = AlertingRule | RecordingRule;

export interface AlertingRule {
  readonly kind: 'alerting';
  readonly name: string;
  readonly expr: Expr;
  /** The expression in canonical text: what the API and the alerts' links show. */
  readonly query: string;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  /** Templates, unexpanded, those of the group included; sorted by name. Empty values delete. */
  readonly labels: readonly LabelPair[];
  /** Templates, unexpanded; sorted by name. */
  readonly annotations: readonly LabelPair[];
}

export interface RecordingRule {
  readonly kind: 'recording';
  /** Metric name of the result. */
  readonly name: string;
  readonly expr: Expr;
  readonly query: string;
  /** Set on every result, those of the group included; sorted by name. Empty values delete. */
  readonly labels: readonly LabelPair[];
}

/** What groups that do not say otherwise get, and the language their expressions may use. */
export interface RuleDefaults {
  readonly features: LanguageFeatures;
  readonly intervalMs: number;
  readonly queryOffsetMs: number;
}

/**
 * Identities of a group's rules, by position: kind, name and labels, and a count that tells equal ones apart. State that was saved
 * under a key belongs to the rule of that key, also after the file was edited around it.
 */
export function ruleKeys(rules: readonly Rule[]): readonly string[] {
  const seen = new Map<string, number>();
  return rules.map((rule) => {
    const bare = JSON.stringify([rule.kind, rule.name, rule.labels]);
    const repeat = seen.get(bare) ?? 0;
    seen.set(bare, repeat + 1);
    return JSON.stringify([rule.kind, rule.name, rule.labels, repeat]);
  });
}
