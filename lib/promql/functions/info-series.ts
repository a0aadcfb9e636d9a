import { type Labels, labelValue, METRIC_NAME } from '../../model/labels.ts';
import { HISTOGRAM } from '../../series/cells.ts';
import { firstRowAfter, type Grid } from '../../series/grid.ts';
import type { Expr } from '../ast.ts';
import { type Evaluation, stepTimeMs } from '../evaluation.ts';
import { type InfoSelection, shiftsOfFirstSelector } from '../info-selection.ts';
import { shiftInstant } from '../instant-shift.ts';
import { newestCell } from '../instants.ts';
import { printLabels } from '../label-text.ts';
import { QueryError } from '../value.ts';

/** The labels by which info() finds what belongs to a series. */
export const IDENTIFYING_LABELS = ['instance', 'job'] as const;

/** An info series: its labels count where it has a sample. */
export interface InfoSeries {
  readonly labels: Labels;
  /** By step, when its newest sample was taken; NaN where there is none. */
  readonly sampledAtMs: Float64Array;
  /** By step, 1 where that sample is a native histogram, which no info metric should have. */
  readonly isHistogram: Uint8Array;
}

/** What info series of one metric with the same identifying labels say: by step which of them was sampled last, or null. */
export type InfoAnswer = readonly (InfoSeries | null)[];

/** The instants as of which info() looks up its series: those of the first selector of its argument. */
export function infoInstants({ steps, query }: Evaluation, argument: Expr): Float64Array {
  const shifts = shiftsOfFirstSelector(argument) ?? [];
  return Float64Array.from({ length: steps.count }, (_, step) =>
    shifts.reduce((timeMs, shift) => shiftInstant(timeMs, shift, query), stepTimeMs(steps, step)),
  );
}

/** All info series that are asked for, with their samples at the given instants, each of which counts as held. */
export function readInfoSeries(evaluation: Evaluation, asked: InfoSelection, timesMs: Float64Array): InfoSeries[] {
  const { memory, options, budget } = evaluation;
  const found: InfoSeries[] = [];
  for (const { table, grids } of memory.select([...asked.nameMatchers, ...asked.labelMatchers])) {
    for (const { grid, columns, tableRows } of grids) {
      columns.forEach((column, i) => {
        budget.hold(timesMs.length);
        found.push({
          labels: table.labels(tableRows[i] ?? 0),
          ...samplesOf(grid, column, timesMs, options.lookbackMs),
        });
      });
    }
  }
  return found;
}

function samplesOf(
  grid: Grid,
  column: number,
  timesMs: Float64Array,
  lookbackMs: number,
): Pick<InfoSeries, 'sampledAtMs' | 'isHistogram'> {
  const isHistogram = new Uint8Array(timesMs.length);
  const sampledAtMs = timesMs.map((timeMs, step) => {
    const cell = newestCell(grid, column, firstRowAfter(grid, timeMs) - 1, timeMs - lookbackMs);
    if (cell < 0) return Number.NaN;
    isHistogram[step] = grid.cells[cell] === HISTOGRAM ? 1 : 0;
    return grid.timesMs[Math.floor(cell / grid.width)] ?? Number.NaN;
  });
  return { sampledAtMs, isHistogram };
}

/** What makes an info series belong to a series: the values of the identifying labels. */
export function identityOf(labels: Labels): string {
  return JSON.stringify(IDENTIFYING_LABELS.map((name) => labelValue(labels, name)));
}

/**
 * Answers by metric name, then by identity. `isAsked` has 1 at the steps that matter: there, two series that answer alike and
 * were sampled at the same time are an error, and so is a histogram.
 */
export function answersOf(
  series: readonly InfoSeries[],
  isAsked: Uint8Array,
): ReadonlyMap<string, ReadonlyMap<string, InfoAnswer>> {
  const answers = new Map<string, Map<string, (InfoSeries | null)[]>>();
  for (const own of series) {
    const name = labelValue(own.labels, METRIC_NAME);
    const identity = identityOf(own.labels);
    const ofMetric = answers.get(name) ?? new Map<string, (InfoSeries | null)[]>();
    answers.set(name, ofMetric);
    const answer = ofMetric.get(identity) ?? new Array<InfoSeries | null>(isAsked.length).fill(null);
    ofMetric.set(identity, answer);
    isAsked.forEach((asked, step) => {
      if (asked === 1) answer[step] = newerOf(answer[step] ?? null, own, step);
    });
  }
  return answers;
}

function newerOf(known: InfoSeries | null, own: InfoSeries, step: number): InfoSeries | null {
  const ownMs = own.sampledAtMs[step] ?? Number.NaN;
  if (Number.isNaN(ownMs)) return known;
  if (own.isHistogram[step] === 1) {
    throw new QueryError(`this should be an info metric, with float samples: ${printLabels(own.labels)}`);
  }
  if (known === null) return own;
  const knownMs = known.sampledAtMs[step] ?? Number.NaN;
  if (knownMs !== ownMs) return knownMs > ownMs ? known : own;
  const existing = `existing ${printLabels(known.labels)} @ ${knownMs}`;
  throw new QueryError(
    `found duplicate series for info metric: ${existing}, new ${printLabels(own.labels)} @ ${ownMs}`,
  );
}
