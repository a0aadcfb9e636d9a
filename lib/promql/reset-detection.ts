import type { Histogram } from '../model/histogram.ts';
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
 * The same series, with reset hints found out where they are unknown: a histogram is compared with the one before it.
 * Matches Prometheus, which reads histograms in this way below functions of counts and sums (histogram_count, histogram_sum,
 * histogram_avg), and nowhere else: additions there may warn of conflicting resets.
 */
export function withDetectedResets(source: Source): Source {
  return {
    startTimes: source.startTimes,
    select: (matchers) =>
      source.select(matchers).map(({ table, grids }) => ({
        table,
        grids: grids.map((part) => ({ ...part, grid: detecting(part.grid) })),
      })),
  };
}

function detecting(grid: Grid): Grid {
  const stored = grid.histograms;
  if (stored.size === 0) return grid;
  const found = new Map<number, Histogram>();
  const histograms: Grid['histograms'] = {
    get(cell) {
      const histogram = stored.get(cell);
      if (histogram?.resetHint !== 'unknown') return histogram;
      const known = found.get(cell) ?? withHint(histogram, histogramBefore(grid, cell));
      found.set(cell, known);
      return known;
    },
    size: stored.size,
  };
  return { ...grid, histograms };
}

function withHint(histogram: Histogram, before: Histogram | null): Histogram {
  if (before === null) return histogram;
  return { ...histogram, resetHint: isReset(histogram, before) ? 'reset' : 'not-reset' };
}

/** The sample before that of a cell, if it is a histogram. Staleness markers do not count. */
function histogramBefore({ width, cells, histograms }: Grid, cell: number): Histogram | null {
  for (let before = cell - width; before >= 0; before -= width) {
    if (cells[before] === HISTOGRAM) return histograms.get(before) ?? null;
    if (cells[before] === FLOAT) return null;
  }
  return null;
}
