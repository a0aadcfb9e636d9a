import type { Histogram } from '../../model/histogram.ts';
import type { Call, MatrixSelector } from '../ast.ts';
import type { Evaluation, Vector } from '../evaluation.ts';
import { divideHistogram } from '../histogram-algebra.ts';
import { mixedSamples } from '../histogram-remarks.ts';
import { QueryError } from '../value.ts';
import { floatChange, histogramChange } from './extended-change.ts';
import { type ExtendedWindow, extendedWindow } from './extended-window.ts';
import { kindsOf } from './histogram-points.ts';
import { applyToPoints, type Remarks } from './over-points.ts';
import { countChanges, countResets } from './point-changes.ts';

// Functions over extended ranges. `anchored` takes the newest sample at or before the start of the range as its left value,
// `smoothed` interpolates at both edges between the samples around them. Nothing is extrapolated:
//
//   samples     10 at 0s, 20 at 10s, 30 at 20s, over the range (5s, 15s]
//   anchored    from 10 to 20
//   smoothed    from 15 to 25

type Extension = 'anchored' | 'smoothed';

/** A function over an extended range; `rangeMs` is what a rate divides by. */
type ExtendedFunction = (
  window: ExtendedWindow,
  parts: { readonly rangeMs: number; readonly remarks: Remarks },
) => number | Histogram | null;

const FUNCTIONS: Readonly<Record<Extension, ReadonlyMap<string, ExtendedFunction>>> = {
  anchored: new Map<string, ExtendedFunction>([
    ['changes', ({ used }) => countChanges(used)],
    ['delta', change({ isCounter: false, perSecond: false })],
    ['increase', change({ isCounter: true, perSecond: false })],
    ['rate', change({ isCounter: true, perSecond: true })],
    ['resets', ({ used }) => countResets(used)],
  ]),
  smoothed: new Map<string, ExtendedFunction>([
    ['delta', change({ isCounter: false, perSecond: false })],
    ['increase', change({ isCounter: true, perSecond: false })],
    ['rate', change({ isCounter: true, perSecond: true })],
  ]),
};

/** Applies a function whose range vector argument has an extension. Names are kept. Throws for functions that know none. */
export function extendedCall(evaluation: Evaluation, call: Call, matrix: MatrixSelector, extension: Extension): Vector {
  const compute = FUNCTIONS[extension].get(call.func);
  if (compute === undefined) {
    const known = [...FUNCTIONS[extension].keys()].join(', ');
    throw new QueryError(`${extension} modifier can only be used with: ${known} - not with ${call.func}`);
  }
  const isSmoothed = extension === 'smoothed';
  const { lookbackMs } = evaluation.options;
  return applyToPoints(evaluation, matrix, {
    beforeMs: lookbackMs,
    afterMs: isSmoothed ? lookbackMs : 0,
    apply(window, remarks) {
      const extended = extendedWindow(window, isSmoothed);
      return extended && compute(extended, { rangeMs: window.endMs - window.startMs, remarks });
    },
  });
}

interface ChangeKind {
  readonly isCounter: boolean;
  readonly perSecond: boolean;
}

/** rate, increase and delta. */
function change({ isCounter, perSecond }: ChangeKind): ExtendedFunction {
  return (window, { rangeMs, remarks }) => {
    const seconds = rangeMs / 1000;
    const kinds = kindsOf(window.used);
    if (kinds === 'mixed') {
      remarks.warn(mixedSamples(remarks.metricName));
      return null;
    }
    if (kinds === 'floats') {
      const total = floatChange(window, isCounter);
      return perSecond ? total / seconds : total;
    }
    const total = histogramChange(window, isCounter, remarks);
    return perSecond && total !== null ? divideHistogram(total, seconds) : total;
  };
}
