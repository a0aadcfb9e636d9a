import type { Histogram } from '../model/histogram.ts';
import { type Labels, NO_LABELS } from '../model/labels.ts';
import type { QueryValue, VectorElement } from '../promql/value.ts';

/** One sample a rule writes. All samples of an evaluation have the same time: the evaluation's, less the group's query offset. */
export interface RuleSample {
  readonly labels: Labels;
  /** NaN for histograms and stale markers. */
  readonly value: number;
  readonly histogram: Histogram | null;
  /** The series ends here. */
  readonly isStale: boolean;
}

/** Why a rule has no result: the text the API shows as `lastError`. */
export interface RuleFailure {
  readonly kind: 'failed';
  readonly message: string;
}

export function failed(message: string): RuleFailure {
  return { kind: 'failed', message };
}

/** The elements of a result; a scalar is one element without labels. */
export function resultElements(value: QueryValue): readonly VectorElement[] | RuleFailure {
  if (value.kind === 'vector') return value.elements;
  if (value.kind !== 'scalar') return failed('rule result is not a vector or scalar');
  return [{ labels: NO_LABELS, timeMs: value.timeMs, value: value.value, histogram: null }];
}

/** Stale markers for the series that were written before and are not any more. */
export function staleMarkers(before: Iterable<Labels>, now: ReadonlySet<string>): RuleSample[] {
  const markers: RuleSample[] = [];
  for (const labels of before) {
    if (!now.has(labels.key)) markers.push({ labels, value: Number.NaN, histogram: null, isStale: true });
  }
  return markers;
}
