import { digest } from '../model/digest.ts';
import type { LabelPair } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import { SECOND_MS } from '../model/unix-time.ts';
import type { LanguageFeatures } from '../promql/features.ts';
import { quoteString } from '../promql/quote.ts';
import type { ActiveAlert, EvaluationReport, GroupReport, RuleReport } from '../rules/rule-report.ts';
import { renderDateTime } from './date-time.ts';
import { type JsonValue, writeJson } from './go-json.ts';
import { parseGoInteger } from './go-number.ts';
import { exponentText } from './number-texts.ts';
import { type Answer, success } from './prometheus-envelope.ts';
import { type Parameters, parseSelectors, refuseParameter } from './prometheus-parameters.ts';

/** Which rules a request asks for. */
interface RuleFilter {
  readonly kind: 'alerting' | 'recording' | null;
  readonly names: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  readonly files: ReadonlySet<string>;
  readonly selectors: readonly (readonly Matcher[])[];
  readonly excludeAlerts: boolean;
}

/** GET /api/v1/rules. `groups` in any order. */
export function answerRules(
  groups: readonly GroupReport[],
  parameters: Parameters,
  features: LanguageFeatures,
): Answer {
  const filter = readFilter(parameters, features);
  const chosen: GroupReport[] = [];
  for (const report of [...groups].sort(byFileAndName)) {
    if (!isWanted(filter.groups, report.group.name) || !isWanted(filter.files, report.group.file)) continue;
    const rules = report.rules.filter((rule) => matchesFilter(rule, filter));
    if (rules.length > 0) chosen.push({ ...report, rules });
  }
  const { next, page } = pageOf(chosen, parameters);
  const listed = page.map((report) => groupJson(report, filter.excludeAlerts));
  return success(writeJson({ groups: listed, groupNextToken: next ?? undefined }));
}

/** GET /api/v1/alerts */
export function answerAlerts(groups: readonly GroupReport[]): Answer {
  const rules = [...groups].sort(byFileAndName).flatMap((report) => report.rules);
  const alerts = rules.flatMap((rule) => (rule.kind === 'alerting' ? rule.alerts.map(alertJson) : []));
  return success(writeJson({ alerts }));
}

function byFileAndName({ group: a }: GroupReport, { group: b }: GroupReport): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}

function readFilter(parameters: Parameters, features: LanguageFeatures): RuleFilter {
  return {
    kind: parseKind(parameters.first('type')),
    selectors: parseSelectors(parameters, features, ''),
    excludeAlerts: parseBoolean(parameters, 'exclude_alerts'),
    names: new Set(parameters.all('rule_name[]')),
    groups: new Set(parameters.all('rule_group[]')),
    files: new Set(parameters.all('file[]')),
  };
}

function parseKind(text: string): RuleFilter['kind'] {
  const type = text.toLowerCase();
  if (type === '') return null;
  if (type === 'alert') return 'alerting';
  return type === 'record' ? 'recording' : refuseParameter('type', `not supported value ${quoteString(type)}`);
}

function parseBoolean(parameters: Parameters, name: string): boolean {
  const text = parameters.first(name);
  if (text === '') return false;
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  const reason = `strconv.ParseBool: parsing ${quoteString(text)}: invalid syntax`;
  return refuseParameter(name, `error converting ${name}: ${reason}`);
}

function isWanted(wanted: ReadonlySet<string>, name: string): boolean {
  return wanted.size === 0 || wanted.has(name);
}

function matchesFilter({ kind, rule }: RuleReport, filter: RuleFilter): boolean {
  if (filter.kind !== null && kind !== filter.kind) return false;
  if (!isWanted(filter.names, rule.name)) return false;
  if (filter.selectors.length === 0) return true;
  const labels = new Map(rule.labels);
  const matches = (matcher: Matcher): boolean => matcher.matches(labels.get(matcher.name) ?? '');
  return filter.selectors.some((matchers) => matchers.every(matches));
}

/** A page of groups, and the token of the group behind it; null at the end. */
function pageOf(
  groups: readonly GroupReport[],
  parameters: Parameters,
): { readonly page: readonly GroupReport[]; readonly next: string | null } {
  const limit = parseGroupLimit(parameters.first('group_limit'));
  const token = parameters.first('group_next_token');
  if (token !== '' && limit === null) {
    const message = 'group_limit needs to be present in order to paginate over the groups';
    return refuseParameter('group_next_token', message);
  }
  const start = token === '' ? 0 : groups.findIndex((report) => tokenOf(report) === token);
  if (start < 0) {
    refuseParameter('group_next_token', `invalid group_next_token '${token}'. were rule groups changed?`);
  }
  const rest = groups.slice(start);
  const following = limit === null ? undefined : rest[limit];
  return { page: limit === null ? rest : rest.slice(0, limit), next: following ? tokenOf(following) : null };
}

function parseGroupLimit(text: string): number | null {
  if (text === '') return null;
  const limit = parseGoInteger(text);
  if (typeof limit !== 'number') {
    const reason = `strconv.ParseInt: parsing ${quoteString(text)}: ${limit}`;
    return refuseParameter('group_limit', `group_limit needs to be a valid number: ${reason}`);
  }
  return limit <= 0 ? refuseParameter('group_limit', 'group_limit needs to be greater than 0') : limit;
}

function tokenOf({ group }: GroupReport): string {
  return digest(`${group.file};${group.name}`);
}

function groupJson(report: GroupReport, excludeAlerts: boolean): JsonValue {
  const { group, lastEvaluation, rules } = report;
  return {
    name: group.name,
    file: group.file,
    rules: rules.map((rule) => ruleJson(rule, excludeAlerts)),
    interval: group.intervalMs / SECOND_MS,
    limit: group.limit,
    ...evaluationJson(lastEvaluation),
  };
}

function ruleJson(report: RuleReport, excludeAlerts: boolean): JsonValue {
  const { rule } = report;
  const outcome = { health: report.health, lastError: report.lastError ?? undefined };
  const evaluation = evaluationJson(report.lastEvaluation);
  if (report.kind === 'recording') {
    const labels = rule.labels.length === 0 ? undefined : pairsJson(rule.labels);
    return { name: rule.name, query: rule.query, labels, ...outcome, ...evaluation, type: 'recording' };
  }
  return {
    state: report.state,
    name: rule.name,
    query: rule.query,
    duration: report.rule.forMs / SECOND_MS,
    keepFiringFor: report.rule.keepFiringForMs / SECOND_MS,
    labels: pairsJson(rule.labels),
    annotations: pairsJson(report.rule.annotations),
    alerts: excludeAlerts ? null : report.alerts.map(alertJson),
    ...outcome,
    ...evaluation,
    type: 'alerting',
  };
}

function alertJson(alert: ActiveAlert): JsonValue {
  return {
    labels: pairsJson(alert.labels.pairs),
    annotations: pairsJson(alert.annotations),
    state: alert.state,
    activeAt: renderDateTime(alert.activeAtMs),
    keepFiringSince: alert.keepFiringSinceMs === null ? undefined : renderDateTime(alert.keepFiringSinceMs),
    value: exponentText(alert.value),
  };
}

function pairsJson(pairs: readonly LabelPair[]): JsonValue {
  return new Map(pairs);
}

/** Go's zero time stands for "never". */
function evaluationJson(evaluation: EvaluationReport | null): { evaluationTime: number; lastEvaluation: string } {
  if (evaluation === null) return { evaluationTime: 0, lastEvaluation: '0001-01-01T00:00:00Z' };
  return {
    evaluationTime: evaluation.durationMs / SECOND_MS,
    lastEvaluation: renderDateTime(evaluation.startedAtMs),
  };
}
