import { labelsOf } from '../../lib/model/labels.ts';
import type { Expr } from '../../lib/promql/ast.ts';
import type { QueryValue } from '../../lib/promql/value.ts';
import type { AlertingRule, RecordingRule, RuleGroup } from '../../lib/rules/rule-group.ts';

const expr: Expr = { kind: 'number', span: { start: 0, end: 1 }, value: 1, isDuration: false };

/** A group with what a test does not care about filled in. */
export function group(fields: Partial<RuleGroup>): RuleGroup {
  return { file: 'rules/test.yml', name: 'test', intervalMs: 60_000, queryOffsetMs: 0, limit: 0, rules: [], ...fields };
}

export function recording(name: string, query: string, fields: Partial<RecordingRule> = {}): RecordingRule {
  return { kind: 'recording', name, expr, query, labels: [], ...fields };
}

export function alerting(name: string, fields: Partial<AlertingRule> = {}): AlertingRule {
  return {
    kind: 'alerting',
    name,
    expr,
    query: '1',
    forMs: 0,
    keepFiringForMs: 0,
    labels: [],
    annotations: [],
    ...fields,
  };
}

/** An instant vector from label sets and values. */
export function vector(...elements: readonly (readonly [labels: Record<string, string>, value: number])[]): QueryValue {
  return {
    kind: 'vector',
    elements: elements.map(([labels, value]) => ({ labels: labelsOf(labels), timeMs: 0, value, histogram: null })),
  };
}
