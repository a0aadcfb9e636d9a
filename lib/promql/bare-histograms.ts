import type { Histogram, ResetHint } from '../model/histogram.ts';
import { FLOAT, HISTOGRAM } from '../series/cells.ts';
import type { Grid } from '../series/grid.ts';
import type { SeriesMemory } from '../series/memory.ts';
import type { GridSelection, TableSelection } from '../series/select.ts';
import { isReset } from './histogram-algebra.ts';

/** What evaluation reads: selections of a memory, or of one with its histograms seen differently. */
export interface Source {
  readonly startTimes: SeriesMemory['startTimes'];
  select(...matchers: Parameters<SeriesMemory['select']>): readonly SourceTable[];
}

/** What matchers select from one metric. */
export interface SourceTable extends Pick<TableSelection, 'table'> {
  readonly grids: readonly SourceGrid[];
}

/** Selected columns of one grid. */
export interface SourceGrid extends Omit<GridSelection, 'grid'> {
  readonly grid: Grid;
}

/**
 * The same series with histograms of counts and sums alone; of the layout only the schema is left. Reset hints are found
 * out where they are unknown, while there still are buckets: a histogram is compared with the one before it. Matches
 * Prometheus, which reads histograms in this way below functions of counts and sums (histogram_count, histogram_sum,
 * histogram_avg), and nowhere else: additions there may warn of conflicting resets, and gauges are reset only by counts.
 */
export function withoutBuckets(source: Source): Source {
  return {
    startTimes: source.startTimes,
    select: (matchers) =>
      source.select(matchers).map(({ table, grids }) => ({
        table,
        grids: grids.map((part) => ({ ...part, grid: bareGrid(part.grid) })),
      })),
  };
}

function bareGrid(grid: Grid): Grid {
  const stored = grid.histograms;
  if (stored.size === 0) return grid;
  const found = new Map<number, Histogram>();
  const histograms: Grid['histograms'] = {
    get(cell) {
      const known = found.get(cell);
      const histogram = stored.get(cell);
      if (known !== undefined || histogram === undefined) return known;
      const resetHint = hintOf(histogram, () => histogramBefore(grid, cell));
      const { schema, count, sum } = histogram;
      const bare: Histogram = { ...NO_BUCKETS, schema, count, sum, resetHint };
      found.set(cell, bare);
      return bare;
    },
    size: stored.size,
  };
  return { ...grid, histograms };
}

const NO_BUCKETS = {
  zeroThreshold: 0,
  zeroCount: 0,
  positiveSpans: [],
  positiveBuckets: [],
  negativeSpans: [],
  negativeBuckets: [],
  customBounds: [],
};

function hintOf(histogram: Histogram, findBefore: () => Histogram | null): ResetHint {
  if (histogram.resetHint !== 'unknown') return histogram.resetHint;
  const before = findBefore();
  if (before === null) return 'unknown';
  return isReset(histogram, before) ? 'reset' : 'not-reset';
}

/** The sample before that of a cell, if it is a histogram. Staleness markers do not count. */
function histogramBefore({ width, cells, histograms }: Grid, cell: number): Histogram | null {
  for (let before = cell - width; before >= 0; before -= width) {
    if (cells[before] === HISTOGRAM) return histograms.get(before) ?? null;
    if (cells[before] === FLOAT) return null;
  }
  return null;
}
