import type { MatrixSelector, VectorSelector } from './ast.ts';
import { batchesOf } from './batches.ts';
import { presentCells, withChunkMaker } from './chunk.ts';
import { durationMs, positiveDurationMs } from './durations.ts';
import { type Evaluation, type Ranges, type Steps, stepTimeMs, type Vector, type Windows } from './evaluation.ts';
import { pinnedInstant } from './instant-shift.ts';
import { readInstants, readTimes } from './instants.ts';
import type { SourceTable } from './reset-detection.ts';
import { slideWindows } from './windows.ts';

/** What an instant selector yields for a sample: its value, or (for timestamp()) its own time in seconds. */
export type SampleAspect = 'value' | 'time';

/** The newest sample of each selected series within the lookback; a staleness marker hides what is older. */
export function selectInstants(evaluation: Evaluation, selector: VectorSelector, aspect: SampleAspect): Vector {
  const selections = evaluation.memory.select(selector.matchers);
  const timesMs = instantsOf(evaluation, selector);
  const { lookbackMs } = evaluation.options;
  return {
    kind: 'vector',
    distinct: isDistinct(selections),
    each(consume) {
      let held = 0;
      withChunkMaker(({ make }) => {
        for (const batch of selections.flatMap((selection) => batchesOf(selection, timesMs.length))) {
          const chunk = make(batch.series, timesMs.length);
          readInstants(batch, chunk, { timesMs, lookbackMs });
          const samples = presentCells(chunk);
          evaluation.budget.countRead(samples);
          evaluation.budget.hold(samples);
          held += samples;
          if (aspect === 'time') readTimes(batch, chunk, { timesMs, lookbackMs });
          consume(chunk);
        }
      });
      evaluation.budget.release(held);
    },
  };
}

/** Windows that are moved from grid to grid: a gauge has thousands of grids, each with one series. */
type MovedWindows = { -readonly [Member in keyof Windows]: Windows[Member] };

/** All samples of each selected series in the window (t - range, t] of each step. */
export function selectRanges(evaluation: Evaluation, matrix: MatrixSelector): Ranges {
  const { selector } = matrix;
  const selections = evaluation.memory.select(selector.matchers);
  const endsMs = instantsOf(evaluation, selector);
  const rangeMs = positiveDurationMs(matrix.range, evaluation.query);
  return {
    kind: 'matrix',
    distinct: isDistinct(selections),
    each(consume) {
      const from = new Int32Array(endsMs.length);
      const to = new Int32Array(endsMs.length);
      for (const { series, parts } of selections.flatMap((selection) => batchesOf(selection, endsMs.length))) {
        const into = { series, first: 0 };
        let windows: MovedWindows | null = null;
        for (const { grid, columns } of parts) {
          windows ??= { from, to, endsMs, rangeMs, grid, columns, into, rows: 0 };
          windows.grid = grid;
          windows.columns = columns;
          windows.rows = slideWindows(grid, windows);
          evaluation.budget.countRead(windows.rows * columns.length);
          consume(windows);
          into.first += columns.length;
        }
      }
    },
  };
}

// One metric's rows stay different without its name, unless they differ in another label that goes with it.
function isDistinct(selections: readonly SourceTable[]): boolean {
  const [only] = selections;
  if (only === undefined) return true;
  return selections.length === 1 && !only.table.columns.has('__type__') && !only.table.columns.has('__unit__');
}

/** The instants a selector or subquery means at each step: pinned by @, shifted by offset. */
export function instantsOf(evaluation: Evaluation, node: Pick<VectorSelector, 'at' | 'offset'>): Float64Array {
  const { steps, query } = evaluation;
  const offsetMs = node.offset === null ? 0 : durationMs(node.offset, query);
  const timesMs = new Float64Array(steps.count);
  for (let step = 0; step < steps.count; step++) {
    timesMs[step] = pinnedInstant(stepTimeMs(steps, step), node.at, query) - offsetMs;
  }
  return timesMs;
}

/** The steps of a subquery: multiples of its step in (first instant - range, last instant]. */
export function subquerySteps(stepMs: number, afterMs: number, throughMs: number): Steps {
  let startMs = stepMs * Math.trunc(afterMs / stepMs);
  if (startMs <= afterMs) startMs += stepMs;
  return { startMs, stepMs, count: Math.max(0, Math.floor((throughMs - startMs) / stepMs) + 1) };
}
