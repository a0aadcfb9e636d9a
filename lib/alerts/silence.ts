/**
 * Silences: what may be asked for, what a change of one does, and which alerts it holds back. A silence is never edited into something
 * else: where a change would rewrite what it silenced, the old one ends now and a new one begins.
 */
import { type Labels, labelValue } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import { isLabelName, type NameMode } from './alert-record.ts';

export interface Silence {
  readonly id: string;
  /** All must match; in the order they were given. */
  readonly matchers: readonly Matcher[];
  /** Silences in [startsAtMs, endsAtMs). */
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly updatedAtMs: number;
  readonly createdBy: string;
  readonly comment: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export type SilenceState = 'pending' | 'active' | 'expired';

/** A silence as somebody asks for it. */
export interface PostedSilence {
  /** Of the silence to change; null for a new one. */
  readonly id: string | null;
  readonly matchers: readonly Matcher[];
  /** Null begins now. */
  readonly startsAtMs: number | null;
  readonly endsAtMs: number;
  readonly createdBy: string;
  readonly comment: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export type SilenceChange =
  /** With Alertmanager's message. */
  | { readonly kind: 'refused'; readonly message: string }
  /** There is no silence of the given id. */
  | { readonly kind: 'unknown' }
  /** `silence` replaces the one of its id, or is new; `ended` is the one it takes over from, with its new end. */
  | { readonly kind: 'accepted'; readonly silence: Silence; readonly ended: Silence | null };

export function silenceState({ startsAtMs, endsAtMs }: Silence, atMs: number): SilenceState {
  if (atMs < startsAtMs) return 'pending';
  return atMs < endsAtMs ? 'active' : 'expired';
}

/** Of its texts as JSON: it must fit into a record. */
const MAX_SILENCE_BYTES = 300_000;

function silenceBytes({ matchers, createdBy, comment, annotations }: PostedSilence): number {
  const printed = matchers.map(({ name, operator, value }) => ({ name, operator, value }));
  return new TextEncoder().encode(JSON.stringify({ matchers: printed, createdBy, comment, annotations })).length;
}

export interface SilenceClerk {
  readonly nowMs: number;
  /** Id for a silence that is made. */
  readonly newId: string;
  readonly nameMode: NameMode;
}

/** Decides about a request. `current` is the silence of the posted id, null when there is none. */
export function changeSilence(
  posted: PostedSilence,
  current: Silence | null,
  { nowMs, newId, nameMode }: SilenceClerk,
): SilenceChange {
  const message = refuse(posted, { nowMs, nameMode });
  if (message !== null) return { kind: 'refused', message };
  if (posted.id !== null && current === null) return { kind: 'unknown' };
  const startsAtMs = posted.startsAtMs ?? nowMs;
  const silence = { ...posted, startsAtMs, updatedAtMs: nowMs };
  if (current !== null && fitsInPlace(silence, current, nowMs)) {
    return { kind: 'accepted', silence: { ...silence, id: current.id }, ended: null };
  }
  return {
    kind: 'accepted',
    silence: { ...silence, id: newId, startsAtMs: Math.max(startsAtMs, nowMs) },
    ended: current === null ? null : endSilence(current, nowMs),
  };
}

/** The silence with its end at `nowMs`, or null when it has ended already. One that has not begun never will. */
export function endSilence(silence: Silence, nowMs: number): Silence | null {
  const state = silenceState(silence, nowMs);
  if (state === 'expired') return null;
  const startsAtMs = state === 'pending' ? nowMs : silence.startsAtMs;
  return { ...silence, startsAtMs, endsAtMs: nowMs, updatedAtMs: nowMs };
}

/** Ids of all silences that hold an alert back at an instant, in the order given. */
export function silencedBy(labels: Labels, silences: readonly Silence[], atMs: number): readonly string[] {
  return silences.filter((silence) => holdsBack(silence, labels, atMs)).map((silence) => silence.id);
}

/** Whether any does: the same answer, without looking at all. */
export function isSilenced(labels: Labels, silences: readonly Silence[], atMs: number): boolean {
  return silences.some((silence) => holdsBack(silence, labels, atMs));
}

function holdsBack(silence: Silence, labels: Labels, atMs: number): boolean {
  if (silenceState(silence, atMs) !== 'active') return false;
  return silence.matchers.every((matcher) => matcher.matches(labelValue(labels, matcher.name)));
}

function refuse(
  posted: PostedSilence,
  { nowMs, nameMode }: { readonly nowMs: number; readonly nameMode: NameMode },
): string | null {
  const failed = 'Failed to create silence:';
  if (posted.startsAtMs !== null && posted.startsAtMs >= posted.endsAtMs) {
    return `${failed} start time must be before end time`;
  }
  if (posted.endsAtMs < nowMs) return `${failed} end time can't be in the past`;
  const sizeBytes = silenceBytes(posted);
  if (sizeBytes > MAX_SILENCE_BYTES) {
    return `silence exceeded maximum size: ${sizeBytes} bytes (limit: ${MAX_SILENCE_BYTES} bytes)`;
  }
  const badName = posted.matchers.findIndex(({ name }) => !isLabelName(name, nameMode));
  if (badName >= 0) {
    const name = JSON.stringify(posted.matchers[badName]?.name);
    return `invalid silence: invalid label matcher ${badName} in set 0: invalid label name ${name}`;
  }
  // A negative matcher never counts as matching the empty string, although it does.
  const positive = posted.matchers.filter(({ operator }) => operator === '=' || operator === '=~');
  if (positive.length < posted.matchers.length || positive.some((matcher) => !matcher.matches(''))) return null;
  return 'invalid silence: matcher set 0: at least one matcher must not match the empty string';
}

function fitsInPlace(asked: Omit<Silence, 'id'>, current: Silence, nowMs: number): boolean {
  if (!sameMatchers(asked.matchers, current.matchers)) return false;
  const seconds = (ms: number): number => Math.floor(ms / 1000);
  const state = silenceState(current, nowMs);
  if (state === 'active') return seconds(asked.startsAtMs) === seconds(current.startsAtMs) && asked.endsAtMs >= nowMs;
  return state === 'pending' && asked.startsAtMs >= nowMs;
}

function sameMatchers(a: readonly Matcher[], b: readonly Matcher[]): boolean {
  const text = (matchers: readonly Matcher[]): string =>
    JSON.stringify(matchers.map(({ name, operator, value }) => [name, operator, value]));
  return text(a) === text(b);
}
