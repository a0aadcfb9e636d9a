/**
 * An alert as the routing side keeps it: what to do with a report, and with two reports of the same alert. Firing and resolved are
 * never stored: an alert is resolved from `endsAtMs` on. Reports are ordered by the instant at which they were received, so they may be
 * processed late, twice and in any order. Neighbours: group.ts and flush.ts say what becomes of a record.
 */
import type { PostedAlert } from '../model/alert.ts';
import { digest } from '../model/digest.ts';
import { compareText, type LabelPair, type Labels, labelsFromPairs } from '../model/labels.ts';

export interface AlertRecord {
  readonly labels: Labels;
  /** Sorted by name. */
  readonly annotations: readonly LabelPair[];
  readonly startsAtMs: number;
  /** The alert is active in [startsAtMs, endsAtMs). Not before `startsAtMs`. */
  readonly endsAtMs: number;
  /** When the report that says so was received. */
  readonly updatedAtMs: number;
  /** The report named no end: it is `resolve_timeout` after its receipt, and gives way to any later word. */
  readonly endsByTimeout: boolean;
  readonly generatorUrl: string;
}

/** `classic` keeps label names to [a-zA-Z_][a-zA-Z0-9_]*. */
export type NameMode = 'utf8' | 'classic';

/** Largest alert, in UTF-16 units of all its texts. */
const MAX_ALERT_LENGTH = 50_000;
/** Of its texts as JSON, where a control character takes six bytes: it must fit into a message and a record. */
const MAX_ALERT_BYTES = 150_000;
/** A text or two of so many units and their punctuation take less than that, whatever they hold. */
const SURELY_SMALL_LENGTH = 10_000;
const SURELY_SMALL_TEXTS = 1_000;

/** Names an alert in the table. Two alerts are the same exactly when their label sets are. */
export function alertId(labels: Labels): string {
  return digest(labels.key);
}

export function isResolved(alert: Pick<AlertRecord, 'endsAtMs'>, atMs: number): boolean {
  return alert.endsAtMs <= atMs;
}

/** The record of a report. A report without a start began now, or at its end when it names one. */
export function stampAlert(
  posted: PostedAlert,
  { receivedAtMs, resolveTimeoutMs }: { readonly receivedAtMs: number; readonly resolveTimeoutMs: number },
): AlertRecord {
  return {
    labels: labelsFromPairs(posted.labels.pairs),
    annotations: posted.annotations.toSorted((a, b) => compareText(a[0], b[0])),
    startsAtMs: posted.startsAtMs ?? posted.endsAtMs ?? receivedAtMs,
    endsAtMs: posted.endsAtMs ?? receivedAtMs + resolveTimeoutMs,
    updatedAtMs: receivedAtMs,
    endsByTimeout: posted.endsAtMs === null,
    generatorUrl: posted.generatorUrl,
  };
}

/** Alertmanager's message when an alert cannot be taken; null when it can. */
export function refuseAlert(alert: AlertRecord, mode: NameMode): string | null {
  if (alert.endsAtMs < alert.startsAtMs) return 'start time must be before end time';
  if (alert.labels.pairs.length === 0) return 'at least one label pair required';
  const badLabel = alert.labels.pairs.find(([name]) => !isLabelName(name, mode));
  if (badLabel !== undefined) return `invalid label set: invalid name ${JSON.stringify(badLabel[0])}`;
  const badAnnotation = alert.annotations.find(([name]) => !isLabelName(name, mode));
  if (badAnnotation !== undefined) return `invalid annotations: invalid name ${JSON.stringify(badAnnotation[0])}`;
  const texts = [...alert.labels.pairs, ...alert.annotations].flat();
  const length = texts.reduce((sum, text) => sum + text.length, alert.generatorUrl.length);
  if (length > MAX_ALERT_LENGTH) return `alert of ${length} characters exceeds ${MAX_ALERT_LENGTH}`;
  if (length <= SURELY_SMALL_LENGTH && texts.length <= SURELY_SMALL_TEXTS) return null;
  const sizeBytes = new TextEncoder().encode(JSON.stringify([texts, alert.generatorUrl])).length;
  return sizeBytes > MAX_ALERT_BYTES ? `alert of ${sizeBytes} bytes exceeds ${MAX_ALERT_BYTES}` : null;
}

/** Names of labels and annotations: any text that is valid Unicode, or the classic letters. */
export function isLabelName(name: string, mode: NameMode): boolean {
  return mode === 'classic' ? /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) : name !== '' && !/\p{Surrogate}/u.test(name);
}

/**
 * One record of two reports of the same alert, in either order. The younger report counts. When their activity overlaps they are one
 * episode: it began at the earlier start, and a firing alert does not end before an end that the older report stated.
 *
 *     older   [1 ------- 4)                 [1 -- 2)
 *     younger     [3 ------- 6)                        [5 -- 8)
 *     both    [1 ----------- 6)                        [5 -- 8)
 */
export function mergeReports(a: AlertRecord, b: AlertRecord): AlertRecord {
  const [older, younger] = compareReports(a, b) <= 0 ? [a, b] : [b, a];
  const within = (atMs: number): boolean => atMs > older.startsAtMs && atMs < older.endsAtMs;
  if (!within(younger.startsAtMs) && !within(younger.endsAtMs)) return younger;
  return {
    ...younger,
    startsAtMs: Math.min(older.startsAtMs, younger.startsAtMs),
    endsAtMs: mergedEndMs(older, younger),
  };
}

// Judged at the instant of the younger report and not at the present one, so that a repeated delivery decides the same.
function mergedEndMs(older: AlertRecord, younger: AlertRecord): number {
  const laterMs = Math.max(older.endsAtMs, younger.endsAtMs);
  const atMs = younger.updatedAtMs;
  if (isResolved(younger, atMs)) return isResolved(older, atMs) ? laterMs : younger.endsAtMs;
  return older.endsByTimeout ? younger.endsAtMs : laterMs;
}

// Reports of one instant have no order of their own; the one that covers more stands for the younger. So a merged record is younger
// than the report it was merged from, and takes it in again unchanged.
function compareReports(a: AlertRecord, b: AlertRecord): number {
  return (
    a.updatedAtMs - b.updatedAtMs ||
    a.endsAtMs - b.endsAtMs ||
    b.startsAtMs - a.startsAtMs ||
    Number(b.endsByTimeout) - Number(a.endsByTimeout) ||
    compareText(JSON.stringify(a.annotations), JSON.stringify(b.annotations)) ||
    compareText(a.generatorUrl, b.generatorUrl)
  );
}

const PRIME_LOW = 435;

/**
 * The id that Alertmanager's API shows: FNV-1a with 64 bits over name, 0xFF, value, 0xFF of the sorted labels, as 16 hex digits.
 * Only for that API: distinct label sets can share it.
 */
export function fingerprint(labels: Labels): string {
  const encoder = new TextEncoder();
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  const mix = (byte: number): void => {
    low = (low ^ byte) >>> 0;
    const product = low * PRIME_LOW;
    // The prime is 2^40 + 435: the first term shifts the low half into the high one.
    high = (Math.imul(high, PRIME_LOW) + Math.floor(product / 0x1_0000_0000) + (low << 8)) >>> 0;
    low = product >>> 0;
  };
  for (const text of labels.pairs.flat()) {
    for (const byte of encoder.encode(text)) mix(byte);
    mix(0xff);
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}
