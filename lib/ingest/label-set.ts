import type { LabelPair, Labels } from '../model/labels.ts';
import { labelsFromPairs, METRIC_NAME } from '../model/labels.ts';
import type { IngestLimits } from './limits.ts';
import type { RejectionReason } from './rejections.ts';

/** A label set as it came, after the checks: usable, or why not. */
export type LabelSetCheck =
  | { readonly kind: 'labels'; readonly labels: Labels }
  | { readonly kind: 'rejected'; readonly reason: RejectionReason; readonly text: string };

const LEGACY_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Checks the pairs of one series in the order they came: unsorted, names perhaps repeated, values perhaps empty (an empty value
 * is an absent label). Texts match Prometheus' remote-write receiver where it has the same rule.
 */
export function checkLabelSet(pairs: readonly LabelPair[], limits: IngestLimits): LabelSetCheck {
  const excess = exceededLimit(pairs, limits);
  if (excess !== null) return excess;
  const seen = new Set<string>();
  let hasName = false;
  for (const [name, value] of pairs) {
    if (value === '') continue;
    if (name === '' || LONE_SURROGATE.test(name) || LONE_SURROGATE.test(value)) return invalid(pairs, 'label-invalid');
    if (seen.has(name)) {
      const text = `invalid labels for series, labels ${printPairs(pairs)}, duplicated label ${name}`;
      return { kind: 'rejected', reason: 'label-duplicate', text };
    }
    seen.add(name);
    hasName ||= name === METRIC_NAME;
  }
  if (!hasName) return invalid(pairs, 'metric-name-missing');
  return { kind: 'labels', labels: labelsFromPairs(pairs) };
}

/** The verdict on a label set with bytes that are no UTF-8. */
export function invalidUtf8(): LabelSetCheck {
  return { kind: 'rejected', reason: 'label-invalid', text: 'invalid metric name or labels: not valid UTF-8' };
}

function invalid(pairs: readonly LabelPair[], reason: RejectionReason): LabelSetCheck {
  return { kind: 'rejected', reason, text: `invalid metric name or labels, got ${printPairs(pairs)}` };
}

function exceededLimit(pairs: readonly LabelPair[], limits: IngestLimits): LabelSetCheck | null {
  if (pairs.length > limits.maxLabelsPerSeries) {
    const text = `series has ${pairs.length} labels, limit ${limits.maxLabelsPerSeries}: ${printPairs(pairs)}`;
    return { kind: 'rejected', reason: 'too-many-labels', text };
  }
  let chars = 0;
  for (const [name, value] of pairs) {
    chars += name.length + value.length;
    if (name.length > limits.maxLabelNameChars) {
      const text = `label name of ${name.length} characters, limit ${limits.maxLabelNameChars}: ${cut(name)}`;
      return { kind: 'rejected', reason: 'label-name-too-long', text };
    }
    if (value.length > limits.maxLabelValueChars) {
      const text = `value of label ${cut(name)} has ${value.length} characters, limit ${limits.maxLabelValueChars}`;
      return { kind: 'rejected', reason: 'label-value-too-long', text };
    }
  }
  if (chars <= limits.maxLabelSetChars) return null;
  const text = `labels of ${chars} characters together, limit ${limits.maxLabelSetChars}: ${printPairs(pairs)}`;
  return { kind: 'rejected', reason: 'label-set-too-long', text };
}

const MAX_PRINTED_CHARS = 300;

/** `{__name__="up", job="a"}` as Prometheus prints label sets; names that are no identifiers are quoted. Cut when long. */
export function printPairs(pairs: readonly LabelPair[]): string {
  let text = '';
  for (const [name, value] of pairs) {
    if (text.length > MAX_PRINTED_CHARS) return `{${text}, …}`;
    const shownName = LEGACY_NAME.test(name) ? name : JSON.stringify(cut(name));
    text += `${text === '' ? '' : ', '}${cut(shownName)}=${JSON.stringify(cut(value))}`;
  }
  return `{${text}}`;
}

function cut(text: string): string {
  return text.length <= MAX_PRINTED_CHARS ? text : `${text.slice(0, MAX_PRINTED_CHARS)}…`;
}
