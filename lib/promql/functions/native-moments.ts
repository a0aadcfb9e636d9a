import type { Histogram } from '../../model/histogram.ts';
import { HISTOGRAM } from '../../series/cells.ts';
import { addTo, type Compensated } from '../accumulators.ts';
import type { Call } from '../ast.ts';
import { emptyChunk, putFloat } from '../chunk.ts';
import type { Evaluation, Vector } from '../evaluation.ts';
import { isCustom, visitBuckets } from '../histogram-buckets.ts';
import { dropNames } from '../names.ts';

/** One number that a native histogram has. */
export type Moment = (histogram: Histogram) => number;

/** The number of each native histogram of the vector argument; floats are left out. The name is dropped. */
export function applyMoment(evaluation: Evaluation, call: Call, moment: Moment): Vector {
  const [argument] = call.args;
  if (argument === undefined) throw new Error(`${call.func} has no argument`);
  const vector = evaluation.vector(argument);
  const computed: Vector = {
    kind: 'vector',
    distinct: vector.distinct,
    each(consume) {
      vector.each((chunk) => {
        if (chunk.histograms === null) return;
        const result = emptyChunk(chunk.series, chunk.steps);
        for (const [cell, histogram] of chunk.histograms) {
          const step = Math.floor(cell / chunk.width);
          if (chunk.irregular[step] === 0 || chunk.cells[cell] !== HISTOGRAM) continue;
          putFloat(result, step, cell, moment(histogram));
        }
        consume(result);
      });
    },
  };
  return dropNames(evaluation, computed, 'error-at-one-step');
}

export function histogramCount({ count }: Histogram): number {
  return count;
}

export function histogramSum({ sum }: Histogram): number {
  return sum;
}

export function histogramAvg({ sum, count }: Histogram): number {
  return sum / count;
}

/** The population variance of the observations, each estimated by the middle of its bucket. */
export function histogramStdvar(histogram: Histogram): number {
  const mean = histogram.sum / histogram.count;
  const total: Compensated = { sum: 0, rest: 0 };
  const middle = isCustom(histogram) ? arithmeticMiddle : geometricMiddle;
  visitBuckets(histogram, (lower, upper, count) => {
    if (count === 0) return;
    const distance = middle(lower, upper) - mean;
    addTo(total, count * distance * distance);
  });
  return (total.sum + total.rest) / histogram.count;
}

export function histogramStddev(histogram: Histogram): number {
  return Math.sqrt(histogramStdvar(histogram));
}

function arithmeticMiddle(lower: number, upper: number): number {
  return (upper + lower) / 2;
}

/** 0 for the zero bucket. */
function geometricMiddle(lower: number, upper: number): number {
  if (lower <= 0 && upper >= 0) return 0;
  return upper < 0 ? -Math.sqrt(upper * lower) : Math.sqrt(upper * lower);
}
