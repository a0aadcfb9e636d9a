import { type Labels, labelValue, METRIC_NAME } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';

/** Whether anything selects a series. */
export type SeriesFilter = (labels: Labels) => boolean;

/**
 * Accepts what at least one selector accepts; each selector is a list of matchers that must all hold. Verdicts are remembered by
 * label set object, which readers of remote write keep from request to request.
 */
export function createSeriesFilter(selectors: readonly (readonly Matcher[])[]): SeriesFilter {
  const byName = new Map<string, (readonly Matcher[])[]>();
  const anyName: (readonly Matcher[])[] = [];
  for (const matchers of selectors) {
    const exact = matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.operator === '=');
    if (exact === undefined) anyName.push(matchers);
    else byName.set(exact.value, [...(byName.get(exact.value) ?? []), matchers]);
  }
  const verdicts = new WeakMap<Labels, boolean>();
  return (labels) => {
    const known = verdicts.get(labels);
    if (known !== undefined) return known;
    const candidates = byName.get(labelValue(labels, METRIC_NAME)) ?? [];
    const verdict = [candidates, anyName].some((list) => list.some((matchers) => acceptsAll(matchers, labels)));
    verdicts.set(labels, verdict);
    return verdict;
  };
}

function acceptsAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((matcher) => matcher.matches(labelValue(labels, matcher.name)));
}
