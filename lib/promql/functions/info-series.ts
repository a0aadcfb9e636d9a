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

/** Info series that answer alike, while they are gone through. */
interface Told {
  readonly newest: (InfoSeries | null)[];
  /** By step, a series whose sample is as old as that of the newest. */
  readonly doubles: Map<number, InfoSeries>;
}

/**
 * Answers by metric name, then by identity. `isAsked` has 1 at the steps that matter: there, two series that answer alike and
 * were both sampled last are an error, in whatever order they come, and so is a histogram.
 */
export function answersOf(
  series: readonly InfoSeries[],
  isAsked: Uint8Array,
): ReadonlyMap<string, ReadonlyMap<string, InfoAnswer>> {
  const told = new Map<string, Map<string, Told>>();
  for (const own of series) {
    const name = labelValue(own.labels, METRIC_NAME);
    const identity = identityOf(own.labels);
    const ofMetric = told.get(name) ?? new Map<string, Told>();
    told.set(name, ofMetric);
    const answer = ofMetric.get(identity) ?? { newest: new Array(isAsked.length).fill(null), doubles: new Map() };
    ofMetric.set(identity, answer);
    isAsked.forEach((asked, step) => {
      if (asked === 1) tell(answer, own, step);
    });
  }
  return new Map(Array.from(told, ([name, ofMetric]) => [name, new Map(Array.from(ofMetric, answerWithoutDoubles))]));
}

function tell({ doubles, newest }: Told, own: InfoSeries, step: number): void {
  const ownMs = own.sampledAtMs[step] ?? Number.NaN;
  if (Number.isNaN(ownMs)) return;
  if (own.isHistogram[step] === 1) {
    throw new QueryError(`this should be an info metric, with float samples: ${printLabels(own.labels)}`);
  }
  const known = newest[step] ?? null;
  const knownMs = known?.sampledAtMs[step] ?? Number.NEGATIVE_INFINITY;
  if (knownMs === ownMs) doubles.set(step, own);
  if (knownMs >= ownMs) return;
  newest[step] = own;
  doubles.delete(step);
}

function answerWithoutDoubles([identity, { doubles, newest }]: readonly [string, Told]): readonly [string, InfoAnswer] {
  for (const [step, double] of doubles) {
    const both = [newest[step] ?? double, double];
    const [known, own] = both.map(({ labels, sampledAtMs }) => `${printLabels(labels)} @ ${sampledAtMs[step]}`);
    throw new QueryError(`found duplicate series for info metric: existing ${known}, new ${own}`);
  }
  return [identity, newest];
}
