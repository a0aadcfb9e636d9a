import type { PostedAlert } from '../model/alert.ts';
import {
  dropLabels,
  type LabelPair,
  type Labels,
  labelsFromPairs,
  METRIC_NAME,
  overrideLabels,
} from '../model/labels.ts';
import type { QueryValue, VectorElement } from '../promql/value.ts';
import { type AlertState, isSendDue, nextAlertState, validUntil } from './alert-state.ts';
import type { AlertingRule } from './rule-group.ts';
import { failed, type RuleFailure, type RuleSample, resultElements, staleMarkers } from './rule-result.ts';

/** One label set of one alerting rule. */
export interface AlertInstance {
  /** As sent: those of the result without the metric name, the rule's own expanded, and `alertname`. */
  readonly labels: Labels;
  /** Expanded when the condition was last met; sorted by name, empty values kept. */
  readonly annotations: readonly LabelPair[];
  /** When the condition was last met; NaN for histograms. */
  readonly value: number;
  readonly alert: AlertState;
}

/** What an alerting rule remembers from one evaluation to the next. */
export interface AlertMemory {
  /** In order of first appearance. Labels are unique. */
  readonly instances: readonly AlertInstance[];
  /** Series written before whose instances were dropped by a failure; they get their stale markers with the next success. */
  readonly orphans: readonly Labels[];
}

/** Circumstances of one evaluation. */
export interface AlertEvaluation {
  readonly evalAtMs: number;
  /** Of pending and firing alerts; 0 for none. */
  readonly limit: number;
  readonly resendDelayMs: number;
  /** Expands a template of the rule for one element of its result. Failures are in the text, as Prometheus writes them. */
  readonly expand: (text: string, element: VectorElement) => string;
}

export interface Alerted {
  readonly kind: 'alerted';
  /** With those marked as sent that the router should hear of now. */
  readonly memory: AlertMemory;
  /** ALERTS and ALERTS_FOR_STATE of what is pending or firing, and stale markers of what no longer is. */
  readonly samples: readonly RuleSample[];
}

/** A failure that may also cost the rule its state: a limit drops it all, other failures leave it as it was. */
export interface AlertFailure extends RuleFailure {
  readonly memory: AlertMemory;
}

/** Nothing remembered: the memory of a new rule. */
export const NO_ALERTS: AlertMemory = { instances: [], orphans: [] };

/** Takes a query's result through labels, templates and states, in the order Prometheus does it. */
export function updateAlerts(
  rule: AlertingRule,
  value: QueryValue,
  before: AlertMemory,
  evaluation: AlertEvaluation,
): Alerted | AlertFailure {
  const elements = resultElements(value);
  if ('kind' in elements) return { ...elements, memory: before };
  const matched = matchedAlerts(rule, elements, evaluation.expand);
  if ('kind' in matched) return { ...matched, memory: before };
  const instances = advance(rule, before.instances, matched, evaluation.evalAtMs);
  const active = instances.filter(({ alert: { state } }) => state !== 'resolved');
  if (evaluation.limit > 0 && active.length > evaluation.limit) {
    const failure = failed(`exceeded limit of ${evaluation.limit} with ${active.length} alerts`);
    return { ...failure, memory: { instances: [], orphans: writtenSeries(before) } };
  }
  const samples = active.flatMap(activeSamples);
  const sent = instances.map((instance) => {
    const { alert: state } = instance;
    if (state.state === 'pending' || !isSendDue(state, evaluation.evalAtMs, evaluation.resendDelayMs)) return instance;
    return { ...instance, alert: { ...state, lastSentAtMs: evaluation.evalAtMs } };
  });
  const kept = new Set(samples.map(({ labels }) => labels.key));
  samples.push(...staleMarkers(endedSeries(before, instances), kept));
  return { kind: 'alerted', memory: { instances: sent, orphans: [] }, samples };
}

type Matched = Omit<AlertInstance, 'alert'>;

function matchedAlerts(
  rule: AlertingRule,
  elements: readonly VectorElement[],
  expand: AlertEvaluation['expand'],
): ReadonlyMap<string, Matched> | RuleFailure {
  const matched = new Map<string, Matched>();
  for (const element of elements) {
    const expandPair = ([name, text]: LabelPair): LabelPair => [name, expand(text, element)];
    const own = [...rule.labels.map(expandPair), [ALERT_NAME, rule.name] as const];
    const labels = overrideLabels(dropLabels(element.labels, nameOnly), own);
    if (matched.has(labels.key)) {
      return failed('vector contains metrics with the same labelset after applying alert labels');
    }
    if (labels.key.length > MAX_LABELS_LENGTH) {
      return failed(`the labels of an alert have ${labels.key.length} characters, more than ${MAX_LABELS_LENGTH}`);
    }
    const annotations = withinLength(rule.annotations.map(expandPair));
    matched.set(labels.key, { labels, annotations, value: element.value });
  }
  return matched;
}

/** So that an alert fits into a message of the queue, escapes included. A page must not fail for a long text, so texts are cut. */
const MAX_LABELS_LENGTH = 10_000;
const MAX_ANNOTATIONS_LENGTH = 20_000;

function withinLength(annotations: readonly LabelPair[]): readonly LabelPair[] {
  let room = MAX_ANNOTATIONS_LENGTH;
  return annotations.map(([name, text]) => {
    const kept = text.length <= room ? text : `${text.slice(0, Math.max(0, room - 1))}…`;
    room -= kept.length;
    return [name, kept];
  });
}

/** All instances after the evaluation: known ones first, in their order, then new ones in the order of the result. */
function advance(
  rule: AlertingRule,
  before: readonly AlertInstance[],
  matched: ReadonlyMap<string, Matched>,
  evalAtMs: number,
): readonly AlertInstance[] {
  const after: AlertInstance[] = [];
  const known = new Set<string>();
  for (const instance of before) {
    known.add(instance.labels.key);
    const match = matched.get(instance.labels.key);
    const state = nextAlertState(instance.alert, match === undefined ? 'unmatched' : 'matched', evalAtMs, rule);
    if (state !== null) after.push({ ...instance, ...match, alert: state });
  }
  for (const [key, match] of matched) {
    const state = known.has(key) ? null : nextAlertState(null, 'matched', evalAtMs, rule);
    if (state !== null) after.push({ ...match, alert: state });
  }
  return after;
}

const ALERT_NAME = 'alertname';
const nameOnly: ReadonlySet<string> = new Set([METRIC_NAME]);

function stateSeries({ labels, alert: { state } }: AlertInstance): Labels {
  return overrideLabels(labels, [
    [METRIC_NAME, 'ALERTS'],
    ['alertstate', state],
  ]);
}

function activeSinceSeries({ labels }: AlertInstance): Labels {
  return overrideLabels(labels, [[METRIC_NAME, 'ALERTS_FOR_STATE']]);
}

function activeSamples(instance: AlertInstance): readonly RuleSample[] {
  const activeAtSeconds = Math.floor(instance.alert.activeAtMs / 1000);
  return [
    { labels: stateSeries(instance), value: 1, histogram: null, isStale: false },
    { labels: activeSinceSeries(instance), value: activeAtSeconds, histogram: null, isStale: false },
  ];
}

/** Every series the rule has written and not yet ended. */
export function writtenSeries({ instances, orphans }: AlertMemory): readonly Labels[] {
  const active = instances.filter(({ alert: { state } }) => state !== 'resolved');
  return [...orphans, ...active.flatMap((instance) => [stateSeries(instance), activeSinceSeries(instance)])];
}

/** Of the series written before, those that need not go on: a storm of thousands of unchanged alerts costs nothing here. */
function endedSeries(before: AlertMemory, now: readonly AlertInstance[]): readonly Labels[] {
  const states = new Map(now.map(({ labels, alert: { state } }) => [labels.key, state]));
  const ended = before.instances.flatMap((instance) => {
    const state = states.get(instance.labels.key) ?? 'resolved';
    if (instance.alert.state === 'resolved' || instance.alert.state === state) return [];
    return state === 'resolved' ? [stateSeries(instance), activeSinceSeries(instance)] : [stateSeries(instance)];
  });
  return [...before.orphans, ...ended];
}

/** What every alert of a group carries to the router besides its own. */
export interface Sender {
  readonly intervalMs: number;
  readonly resendDelayMs: number;
  /** Added where the alert has no such label. */
  readonly externalLabels: Labels;
  /** No trailing slash. */
  readonly externalUrl: string;
}

/**
 * An instance as the router takes it; null for one that was never sent. A repeat gives the same report: its times are those of the evaluation
 * that sent it.
 */
export function postedAlert(rule: AlertingRule, instance: AlertInstance, sender: Sender): PostedAlert | null {
  const { alert: state, annotations, labels } = instance;
  if (state.state === 'pending' || state.lastSentAtMs === null) return null;
  return {
    labels: labelsFromPairs([...sender.externalLabels.pairs, ...labels.pairs]),
    annotations,
    startsAtMs: state.firedAtMs,
    endsAtMs: validUntil(state, state.lastSentAtMs, sender.intervalMs, sender.resendDelayMs),
    generatorUrl: `${sender.externalUrl}/graph?g0.expr=${queryEscape(rule.query)}&g0.tab=1`,
  };
}

/** As Go's url.QueryEscape: everything but letters, digits and `-_.~`; a space is a plus sign. */
function queryEscape(text: string): string {
  const strict = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD'))
    .replace(/[!'()*]/g, strict)
    .replaceAll('%20', '+');
}
