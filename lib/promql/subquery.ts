import type { Histogram } from '../model/histogram.ts';
import { FLOAT, MISSING } from '../series/cells.ts';
import type { Grid } from '../series/grid.ts';
import { createResets } from '../series/resets.ts';
import type { Subquery } from './ast.ts';
import type { Chunk } from './chunk.ts';
import { positiveDurationMs } from './durations.ts';
import { type Evaluation, type Ranges, type Steps, stepTimeMs, tooManySamples } from './evaluation.ts';
import { mergedVector } from './names.ts';
import { instantsOf, subquerySteps } from './select.ts';
import { slideWindows } from './windows.ts';

/** Even an empty result takes memory for every step: this is a month by steps of less than three seconds. */
const MAX_SUBQUERY_STEPS = 1_000_000;

/** A subquery: its expression once over the union of all windows, then sliced into the window of each step. */
export function evaluateSubquery(evaluation: Evaluation, node: Subquery): Ranges {
  const { query, options } = evaluation;
  const endsMs = instantsOf(evaluation, node);
  const rangeMs = positiveDurationMs(node.range, query);
  const stepMs = node.step === null ? options.defaultSubqueryStepMs : positiveDurationMs(node.step, query);
  const steps = subquerySteps(stepMs, (endsMs[0] ?? 0) - rangeMs, endsMs[endsMs.length - 1] ?? 0);
  if (steps.count > Math.min(MAX_SUBQUERY_STEPS, options.maxSamples)) throw tooManySamples();
  const inner = evaluation.at(steps);
  const vector = mergedVector(inner, inner.vector(node.expr), 'error-at-one-step');
  return {
    kind: 'matrix',
    distinct: vector.distinct,
    each(consume) {
      const search = { from: new Int32Array(endsMs.length), to: new Int32Array(endsMs.length), endsMs, rangeMs };
      const timesMs = Float64Array.from({ length: steps.count }, (_, step) => stepTimeMs(steps, step));
      vector.each((chunk) => {
        const columns = Int32Array.from({ length: chunk.width }, (_, i) => i);
        const grid = asGrid(chunk, steps, timesMs);
        const rows = slideWindows(grid, search);
        consume({ ...search, grid, columns, into: { series: chunk.series, first: 0 }, rows });
      });
    },
  };
}

/** A chunk has the layout of a grid; what it lacks is which columns have gaps. */
function asGrid(chunk: Chunk, steps: Steps, timesMs: Float64Array): Grid {
  const { width, values, cells, irregular, histograms } = chunk;
  const irregularInColumn = new Int32Array(width);
  let irregularCells = 0;
  for (let step = 0; step < steps.count; step++) {
    const base = step * width;
    irregularCells += irregular[step] ?? 0;
    if (irregular[step] === 0) cells.fill(FLOAT, base, base + width);
    else if (irregular[step] === width && histograms === null) cells.fill(MISSING, base, base + width);
    for (let i = 0; irregular[step] !== 0 && i < width; i++) {
      if (cells[base + i] !== FLOAT) irregularInColumn[i] = (irregularInColumn[i] ?? 0) + 1;
    }
  }
  return {
    width,
    length: steps.count,
    timesMs,
    evenFrom: 0,
    evenSinceMs: steps.startMs,
    intervalMs: steps.stepMs,
    values,
    cells,
    irregularInRow: irregular,
    irregularInColumn,
    irregularCells,
    histograms: withoutHints(histograms),
    resets: createResets(),
  };
}

/** Hints speak of the sample before in storage, which a subquery may have skipped or repeated. */
function withoutHints(histograms: Chunk['histograms']): ReadonlyMap<number, Histogram> {
  const rewritten = new Map<number, Histogram>();
  for (const [cell, histogram] of histograms ?? []) {
    const resetHint = histogram.resetHint === 'gauge' ? 'gauge' : 'unknown';
    rewritten.set(cell, { ...histogram, resetHint });
  }
  return rewritten;
}
