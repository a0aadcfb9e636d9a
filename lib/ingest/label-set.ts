import type { LabelPair, Labels } from '../model/labels.ts';
import { compareText, labelsFromPairs, labelsFromSortedPairs, METRIC_NAME } from '../model/labels.ts';
import type { IngestLimits } from './limits.ts';
import type { RejectionReason } from './rejections.ts';

/** A label set as it came, after the checks: usable (`sizeBytes`: its names and values as UTF-8), or why not. */
export type LabelSetCheck =
  | { readonly kind: 'labels'; readonly labels: Labels; readonly sizeBytes: number }
  | { readonly kind: 'rejected'; readonly reason: RejectionReason; readonly text: string };

const LEGACY_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Checks the pairs of one series in the order they came: unsorted, names perhaps repeated, values perhaps empty (an empty value
 * is an absent label). Texts match Prometheus' remote-write receiver where it has the same rule.
 */
export function checkLabelSet(pairs: readonly LabelPair[], limits: IngestLimits): LabelSetCheck {
  const size = measure(pairs, limits);
  if (size.kind === 'rejected') return size;
  let isSorted = true;
  let hasName = false;
  let before = '';
  for (const [name, value] of pairs) {
    if (value === '') {
      isSorted = false;
      continue;
    }
    if (name === '' || hasLoneSurrogate(name) || hasLoneSurrogate(value)) return invalid(pairs, 'label-invalid');
    // Senders mostly sort by name; strictly ascending names are unique.
    if (isSorted && compareText(before, name) >= 0) isSorted = false;
    before = name;
    hasName ||= name === METRIC_NAME;
  }
  const repeated = isSorted ? null : repeatedName(pairs);
  if (repeated !== null) {
    const text = `invalid labels for series, labels ${printPairs(pairs)}, duplicated label ${repeated}`;
    return { kind: 'rejected', reason: 'label-duplicate', text };
  }
  if (!hasName) return invalid(pairs, 'metric-name-missing');
  const labels = isSorted ? labelsFromSortedPairs(pairs) : labelsFromPairs(pairs);
  return { kind: 'labels', labels, sizeBytes: size.sizeBytes };
}

function repeatedName(pairs: readonly LabelPair[]): string | null {
  const seen = new Set<string>();
  for (const [name, value] of pairs) {
    if (value === '') continue;
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return null;
}

// Text decoded from UTF-8 has none; JSON can escape one.
function hasLoneSurrogate(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0xd800) return LONE_SURROGATE.test(text);
  return false;
}

/** The verdict on a label set with bytes that are no UTF-8. */
export function invalidUtf8(): LabelSetCheck {
  return { kind: 'rejected', reason: 'label-invalid', text: 'invalid metric name or labels: not valid UTF-8' };
}

function invalid(pairs: readonly LabelPair[], reason: RejectionReason): LabelSetCheck {
  return { kind: 'rejected', reason, text: `invalid metric name or labels, got ${printPairs(pairs)}` };
}

type Measured =
  | { readonly kind: 'measured'; readonly sizeBytes: number }
  | Extract<LabelSetCheck, { readonly kind: 'rejected' }>;

function measure(pairs: readonly LabelPair[], limits: IngestLimits): Measured {
  if (pairs.length > limits.maxLabelsPerSeries) {
    const text = `series has ${pairs.length} labels, limit ${limits.maxLabelsPerSeries}: ${printPairs(pairs)}`;
    return { kind: 'rejected', reason: 'too-many-labels', text };
  }
  let sizeBytes = 0;
  for (const [name, value] of pairs) {
    const nameBytes = utf8Bytes(name);
    const valueBytes = utf8Bytes(value);
    sizeBytes += nameBytes + valueBytes;
    if (nameBytes > limits.maxLabelNameBytes) {
      const text = `label name of ${nameBytes} bytes, limit ${limits.maxLabelNameBytes}: ${cut(name)}`;
      return { kind: 'rejected', reason: 'label-name-too-long', text };
    }
    if (valueBytes > limits.maxLabelValueBytes) {
      const text = `value of label ${cut(name)} has ${valueBytes} bytes, limit ${limits.maxLabelValueBytes}: ${printPairs(pairs)}`;
      return { kind: 'rejected', reason: 'label-value-too-long', text };
    }
  }
  if (sizeBytes <= limits.maxLabelSetBytes) return { kind: 'measured', sizeBytes };
  const text = `labels of ${sizeBytes} bytes together, limit ${limits.maxLabelSetBytes}: ${printPairs(pairs)}`;
  return { kind: 'rejected', reason: 'label-set-too-long', text };
}

function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // Each half of a surrogate pair makes two of its four bytes.
    if (unit >= 0x80) bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
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
