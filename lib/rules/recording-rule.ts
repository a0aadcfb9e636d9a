import { type Labels, METRIC_NAME, overrideLabels } from '../model/labels.ts';
import type { QueryValue } from '../promql/value.ts';
import type { RecordingRule } from './rule-group.ts';
import { failed, type RuleFailure, type RuleSample, resultElements, staleMarkers } from './rule-result.ts';

/** What a recording rule did: the samples to write, markers of vanished series included, and the series it has now. */
export interface Recorded {
  readonly kind: 'recorded';
  readonly samples: readonly RuleSample[];
  readonly series: readonly Labels[];
}

/**
 * Puts a query's result under the rule's name and labels. `before` are the series of the last success; those that are gone get a stale marker.
 * A failure writes nothing, so their markers follow with the next success.
 */
export function recordSeries(
  rule: RecordingRule,
  value: QueryValue,
  before: readonly Labels[],
  limit: number,
): Recorded | RuleFailure {
  const elements = resultElements(value);
  if ('kind' in elements) return elements;
  const over = [[METRIC_NAME, rule.name] as const, ...rule.labels];
  const samples = new Map<string, RuleSample>();
  for (const element of elements) {
    const labels = overrideLabels(element.labels, over);
    if (samples.has(labels.key)) {
      return failed('vector contains metrics with the same labelset after applying rule labels');
    }
    samples.set(labels.key, { labels, value: element.value, histogram: element.histogram, isStale: false });
  }
  if (limit > 0 && samples.size > limit) return failed(`exceeded limit of ${limit} with ${samples.size} series`);
  const written = [...samples.values()];
  return {
    kind: 'recorded',
    samples: [...written, ...staleMarkers(before, new Set(samples.keys()))],
    series: written.map((sample) => sample.labels),
  };
}
