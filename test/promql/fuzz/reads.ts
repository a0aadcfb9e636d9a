import type { Expr } from '../../../lib/promql/ast.ts';
import { selectionsOf } from '../../../lib/promql/selections.ts';
import type { FuzzCase } from './case.ts';
import type { RandomSeries } from './dataset.ts';
import { DEFAULT_SUBQUERY_STEP_MS } from './engines.ts';

/** The series that an expression reads, with the points it reads. */
export function readBy(
  expr: Expr,
  { lookbackMs, times }: Pick<FuzzCase, 'lookbackMs' | 'times'>,
  all: readonly RandomSeries[],
): RandomSeries[] {
  const options = {
    lookbackMs,
    defaultSubqueryStepMs: DEFAULT_SUBQUERY_STEP_MS,
    maxSamples: 0,
    delayedNameRemoval: false,
  };
  const selections = selectionsOf(expr, times, options);
  return all.flatMap((series) => {
    const value = (name: string): string => series.labels.pairs.find(([own]) => own === name)?.[1] ?? '';
    const matching = selections.filter(({ matchers }) =>
      matchers.every((matcher) => matcher.matches(value(matcher.name))),
    );
    const points = series.points.filter(({ timeMs }) =>
      matching.some(({ fromMs, toMs }) => timeMs > fromMs && timeMs <= toMs),
    );
    return points.length === 0 ? [] : [{ ...series, points }];
  });
}
