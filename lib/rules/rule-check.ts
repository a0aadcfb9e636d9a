import { goQuote } from '../model/go-text.ts';
import { InvalidInput, type Issue } from '../model/issue.ts';
import { compareText, type LabelPair, METRIC_NAME } from '../model/labels.ts';
import type { LanguageFeatures } from '../promql/features.ts';
import { parseExpr } from '../promql/parser.ts';
import { printExpr } from '../promql/print.ts';
import { checkRuleTemplate } from '../templates/rule-template.ts';
import type { Rule, RuleDefaults, RuleGroup } from './rule-group.ts';
import type { Place, WrittenGroup, WrittenPair, WrittenRule } from './written-rules.ts';

/** Below this the schedule's grain, one second, would show. */
const MIN_INTERVAL_MS = 1000;
/** Of one file: a bound on what aliases can multiply. */
const MAX_RULES_PER_FILE = 50_000;
/** Everything Prometheus checks about groups, with its texts; groups of other files are not known here. */
export interface CheckedGroups {
  /** Only those without an issue. */
  readonly groups: readonly RuleGroup[];
  readonly issues: readonly Issue[];
}

/** Judges the content of written groups and gives them their final form. All issues are collected. */
export function checkGroups(file: string, written: readonly WrittenGroup[], defaults: RuleDefaults): CheckedGroups {
  const issues: Issue[] = [];
  const ruleCount = written.reduce((count, group) => count + group.rules.length, 0);
  if (ruleCount > MAX_RULES_PER_FILE) {
    const message = `${ruleCount} rules in one file, more than ${MAX_RULES_PER_FILE}`;
    return { groups: [], issues: [issueAt(file, null, { code: 'too-many-rules', path: 'groups', message })] };
  }
  const names = new Set<string>();
  const groups: RuleGroup[] = [];
  for (const group of written) {
    const before = issues.length;
    const note: Note = (finding, place) => issues.push(issueAt(file, place, finding));
    checkGroupFields(group, note);
    const name = group.name?.text ?? '';
    if (names.has(name)) {
      const message = `groupname: ${goQuote(name)} is repeated in the same file`;
      note({ code: 'duplicate-group', path: `${group.path}.name`, message }, group.name?.place ?? group.place);
    }
    names.add(name);
    const rules = group.rules.flatMap((rule, index) => {
      const name = rule.alert?.text || rule.record?.text || '';
      const prefix = `group ${goQuote(group.name?.text ?? '')}, rule ${index + 1}, ${goQuote(name)}: `;
      return checkRule(group, { rule, prefix, features: defaults.features, note }) ?? [];
    });
    if (issues.length > before) continue;
    groups.push({
      file,
      name,
      intervalMs: group.intervalMs || defaults.intervalMs,
      queryOffsetMs: group.queryOffsetMs ?? defaults.queryOffsetMs,
      limit: Math.max(0, group.limit),
      rules,
    });
  }
  return { groups, issues };
}

type Finding = Pick<Issue, 'code' | 'path' | 'message'> & Partial<Pick<Issue, 'hint' | 'span'>>;
type Note = (finding: Finding, place: Place) => void;

function issueAt(file: string, place: Place, finding: Finding): Issue {
  return { span: null, hint: null, ...finding, file, line: place?.line ?? null, column: place?.column ?? null };
}

function checkGroupFields(group: WrittenGroup, note: Note): void {
  const { name, path, place, intervalMs } = group;
  if (name === null || name.text === '') {
    note({ code: 'missing-field', path: `${path}.name`, message: 'Groupname must not be empty' }, place);
  }
  if (intervalMs !== null && intervalMs !== 0 && intervalMs < MIN_INTERVAL_MS) {
    const message = `interval of ${intervalMs}ms is shorter than ${MIN_INTERVAL_MS}ms`;
    note({ code: 'interval', path: `${path}.interval`, message, hint: 'use 1s or more' }, place);
  }
  for (const label of group.labels) checkPair(label, { path: `${path}.labels`, prefix: '' }, 'label', note);
}

/** One rule, how messages about it begin, and where they go. */
interface RuleCheck {
  readonly rule: WrittenRule;
  readonly prefix: string;
  readonly features: LanguageFeatures;
  readonly note: Note;
}

function checkRule(group: WrittenGroup, check: RuleCheck): Rule | null {
  const { rule, prefix, note } = check;
  const { record, alert, path } = rule;
  const alertName = alert?.text ?? '';
  const recordName = record?.text ?? '';
  if (alertName !== '' && recordName !== '') {
    const message = `${prefix}only one of 'record' and 'alert' must be set`;
    note({ code: 'record-and-alert', path, message, hint: 'make it two rules' }, record?.place ?? rule.place);
  } else if (alertName === '' && recordName === '') {
    const message = `${prefix}one of 'record' or 'alert' must be set`;
    note({ code: 'missing-field', path: `${path}.alert`, message }, record?.place ?? alert?.place ?? rule.place);
  }
  const expr = checkExpr(check);
  if (recordName !== '') checkRecordingFields(check);
  for (const label of rule.labels) checkPair(label, { path: `${path}.labels`, prefix }, 'label', note);
  for (const annotation of rule.annotations) {
    checkPair(annotation, { path: `${path}.annotations`, prefix }, 'annotation', note);
  }
  if (alertName !== '') checkTemplates(check, alertName);
  if (expr === null) return null;
  const labels = sortedPairs([...group.labels, ...rule.labels]);
  if (recordName !== '') return { kind: 'recording', name: recordName, ...expr, labels };
  const annotations = sortedPairs(rule.annotations);
  const [forMs, keepFiringForMs] = [rule.forMs ?? 0, rule.keepFiringForMs ?? 0];
  return { kind: 'alerting', name: alertName, ...expr, forMs, keepFiringForMs, labels, annotations };
}

function checkExpr({ rule, prefix, features, note }: RuleCheck): Pick<Rule, 'expr' | 'query'> | null {
  const path = `${rule.path}.expr`;
  const text = rule.expr?.text ?? '';
  const place = rule.expr?.place ?? rule.place;
  if (text === '') {
    note({ code: 'missing-field', path, message: `${prefix}field 'expr' must be set in rule` }, place);
    return null;
  }
  try {
    const expr = parseExpr(text, features);
    return { expr, query: printExpr(expr) };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    for (const { code, message, span, hint } of error.issues) {
      note({ code, path, span, hint, message: `${prefix}could not parse expression: ${message}` }, place);
    }
    return null;
  }
}

function checkRecordingFields({ rule, prefix, note }: RuleCheck): void {
  const { path } = rule;
  const place = rule.record?.place ?? rule.place;
  const alertOnly = [
    ['annotations', rule.annotations.length > 0],
    ['for', (rule.forMs ?? 0) !== 0],
    ['keep_firing_for', (rule.keepFiringForMs ?? 0) !== 0],
  ] as const;
  for (const [field, isSet] of alertOnly) {
    const message = `${prefix}invalid field '${field}' in recording rule`;
    const hint = 'only alerts have it';
    if (isSet) note({ code: 'alert-only-field', path: `${path}.${field}`, message, hint }, place);
  }
  const name = rule.record?.text ?? '';
  if (HALF_CHARACTER.test(name)) {
    note(
      { code: 'record-name', path: `${path}.record`, message: `${prefix}invalid recording rule name: ${name}` },
      place,
    );
  } else if (/[{}]/.test(name)) {
    const message = `${prefix}braces present in the recording rule name; should it be in expr?: ${name}`;
    const hint = 'write labels under labels:';
    note({ code: 'record-name', path: `${path}.record`, message, hint }, place);
  }
}

/** Half of a surrogate pair: text that no UTF-8 stands for. */
const HALF_CHARACTER = /\p{Surrogate}/u;

function checkPair(
  { name, value, place }: WrittenPair,
  where: { readonly path: string; readonly prefix: string },
  what: 'label' | 'annotation',
  note: Note,
): void {
  const path = `${where.path}.${name}`;
  const isReserved = what === 'label' && name === METRIC_NAME;
  if (name === '' || isReserved || HALF_CHARACTER.test(name)) {
    const hint = isReserved ? 'record: gives the metric its name' : null;
    note({ code: `${what}-name`, path, message: `${where.prefix}invalid ${what} name: ${name}`, hint }, place);
  }
  if (what === 'label' && HALF_CHARACTER.test(value)) {
    note({ code: 'label-value', path, message: `${where.prefix}invalid label value: ${value}` }, place);
  }
}

function checkTemplates({ rule, prefix, note }: RuleCheck, name: string): void {
  const kinds = [
    ['label', 'labels', rule.labels],
    ['annotation', 'annotations', rule.annotations],
  ] as const;
  for (const [kind, field, pairs] of kinds) {
    for (const pair of pairs) {
      const problem = checkRuleTemplate({ ruleName: name, text: pair.value });
      if (problem === null) continue;
      const message = `${prefix}${kind} ${goQuote(pair.name)}: ${problem}`;
      note({ code: 'template', path: `${rule.path}.${field}.${pair.name}`, message }, pair.place);
    }
  }
}

/** By name; of a name that comes twice the later value counts: the rule's over its group's. */
function sortedPairs(pairs: readonly WrittenPair[]): readonly LabelPair[] {
  const byName = new Map(pairs.map(({ name, value }) => [name, value]));
  return [...byName].sort(([a], [b]) => compareText(a, b));
}
