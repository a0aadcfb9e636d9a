import type { Span } from '../../model/issue.ts';
import { printRfc3339 } from '../../model/rfc3339.ts';
import type { Annotations } from '../annotations.ts';
import { type Evaluation, stepTimeMs } from '../evaluation.ts';
import { formatGeneral } from '../go-format.ts';
import type { Repair } from './classic-histogram.ts';
import { forMetric } from './metric-remark.ts';

interface RepairSummary extends Repair {
  readonly samples: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

// One remark per metric name, for all steps and all calls of a query together.
const summaries = new WeakMap<Annotations, Map<string, RepairSummary>>();

/** Says that the counts of a classic histogram had to be raised at a step. `metricName` is "" when it is not known any more. */
export function noteRepair(
  evaluation: Evaluation,
  place: Span,
  found: { metricName: string; repair: Repair; step: number },
): void {
  const { annotations, steps } = evaluation;
  let byName = summaries.get(annotations);
  if (byName === undefined) {
    byName = new Map();
    summaries.set(annotations, byName);
  }
  const timeMs = stepTimeMs(steps, found.step);
  const { metricName, repair } = found;
  const known = byName.get(metricName) ?? { ...repair, samples: 0, firstMs: timeMs, lastMs: timeMs };
  const summary: RepairSummary = {
    fromBound: Math.min(known.fromBound, repair.fromBound),
    toBound: Math.max(known.toBound, repair.toBound),
    largestFall: Math.max(known.largestFall, repair.largestFall),
    samples: known.samples + 1,
    firstMs: Math.min(known.firstMs, timeMs),
    lastMs: Math.max(known.lastMs, timeMs),
  };
  byName.set(metricName, summary);
  annotations.inform(MONOTONICITY + forMetric(metricName), place, () =>
    printSummary(byName.get(metricName) ?? summary),
  );
}

const MONOTONICITY =
  'input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)';

function printSummary({ fromBound, toBound, largestFall, samples, firstMs, lastMs }: RepairSummary): string {
  const buckets = `from buckets ${formatGeneral(fromBound)} to ${formatGeneral(toBound)}`;
  const times = `from ${printRfc3339(firstMs, 'trimmed')} to ${printRfc3339(lastMs, 'trimmed')}`;
  return `, ${buckets}, with a max diff of ${formatGeneral(largestFall, 2)}, over ${samples} samples ${times}`;
}
