import type { Histogram } from '../../model/histogram.ts';
import {
  dropLabels,
  type Labels,
  labelValue,
  METADATA_LABELS,
  METRIC_NAME,
  overrideLabels,
} from '../../model/labels.ts';
import { FLOAT, HISTOGRAM, MISSING } from '../../series/cells.ts';
import type { Expr } from '../ast.ts';
import { type Chunk, cellKind, emptyChunk, putFloat } from '../chunk.ts';
import { withCollected } from '../collect.ts';
import type { Evaluation, Vector } from '../evaluation.ts';
import { mergedVector, sameLabelSet } from '../names.ts';
import { quoteString } from '../quote.ts';
import { labelledSeries, metricNameOf, type SeriesList } from '../series-list.ts';
import { type BucketGroup, type BucketReader, createBucketReader, groupBuckets } from './bucket-groups.ts';
import type { Buckets } from './classic-histogram.ts';
import { forMetric } from './metric-remark.ts';

/** Which number is asked for. Valid during the call. */
export interface Place {
  readonly step: number;
  /** Name of the histogram as remarks show it: "" when it is not known any more. */
  readonly metricName: string;
  /** Below `results` of the function. */
  readonly result: number;
}

/** A label that tells several results of one histogram apart. */
export interface ResultLabel {
  readonly name: string;
  readonly values: readonly string[];
  /** Which of the values a result has at a step. */
  numberAt(result: number, step: number): number;
}

/** A function that makes numbers of histograms, classic and native ones. */
export interface HistogramFunction {
  /** How many numbers it makes of one histogram at one step. */
  readonly results: number;
  /** Null when there is one result. */
  readonly label: ResultLabel | null;
  /** May change the counts. */
  classic(buckets: Buckets, place: Place): number;
  native(histogram: Histogram, place: Place): number;
  /** Called after all steps, once. */
  finish(): void;
}

/**
 * Applies a function to all histograms of a vector: classic ones are the floats that differ only in `le`. The names are
 * dropped. Where one histogram is there in both kinds, neither counts.
 */
export function overHistograms(evaluation: Evaluation, argument: Expr, definition: HistogramFunction): Vector {
  const vector = evaluation.vector(argument);
  const computed: Vector = {
    kind: 'vector',
    distinct: false,
    each(consume) {
      withCollected(evaluation, vector, (chunk) => {
        const histograms = findHistograms(evaluation, argument, chunk);
        const { label } = definition;
        // Each value of the label takes room for each histogram at all steps.
        if (label !== null) evaluation.budget.hold(label.values.length * countOf(histograms) * chunk.steps);
        const result = emptyChunk(resultSeries(histograms, definition), chunk.steps);
        computeNative(evaluation, histograms, definition, result);
        computeClassic(histograms, definition, result);
        definition.finish();
        consume(result);
      });
    },
  };
  return evaluation.options.delayedNameRemoval ? computed : mergedVector(evaluation, computed, 'error-at-one-step');
}

interface Histograms {
  readonly chunk: Chunk;
  readonly argument: Expr;
  /** Series that have native histograms at some step. */
  readonly native: readonly number[];
  readonly classic: readonly BucketGroup[];
  readonly read: BucketReader;
  /** Metric name of each classic histogram, as remarks show it: "" when it is not known any more. */
  readonly classicNames: readonly string[];
  readonly keepsNames: boolean;
  /** By `step * classic.length + number`, 1 for classic histograms that do not count. */
  readonly disputed: Uint8Array;
}

function countOf({ native, classic }: Histograms): number {
  return native.length + classic.length;
}

function findHistograms(evaluation: Evaluation, argument: Expr, chunk: Chunk): Histograms {
  const { groups, malformed } = groupBuckets(chunk.series);
  for (const { series, text } of malformed) {
    if (!hasFloat(chunk, series)) continue;
    const end = forMetric(metricNameOf(chunk.series, series));
    const warning = `bucket label "le" is missing or has a malformed value of ${quoteString(text)}${end}`;
    evaluation.annotations.warn(warning, argument.span);
  }
  const keepsNames = evaluation.options.delayedNameRemoval;
  return {
    chunk,
    argument,
    native: nativeSeries(chunk),
    classic: groups,
    read: createBucketReader(chunk, groups),
    classicNames: groups.map(({ labels }) => (keepsNames ? labelValue(labels, METRIC_NAME) : '')),
    keepsNames,
    disputed: new Uint8Array(chunk.histograms === null ? 0 : chunk.steps * groups.length),
  };
}

function hasFloat(chunk: Chunk, series: number): boolean {
  for (let step = 0; step < chunk.steps; step++) {
    if (cellKind(chunk, step, step * chunk.width + series) === FLOAT) return true;
  }
  return false;
}

/** Each native histogram of a chunk, as it was put there. */
function* nativeCells(chunk: Chunk): Generator<readonly [step: number, series: number, histogram: Histogram]> {
  for (const [cell, histogram] of chunk.histograms ?? []) {
    const step = Math.floor(cell / chunk.width);
    if (cellKind(chunk, step, cell) === HISTOGRAM) yield [step, cell - step * chunk.width, histogram];
  }
}

function nativeSeries(chunk: Chunk): readonly number[] {
  if (chunk.histograms === null) return [];
  const found = new Set<number>();
  for (const [, series] of nativeCells(chunk)) found.add(series);
  return [...found].sort((a, b) => a - b);
}

// Label sets of groups are the same objects query after query; so are these.
const nameless = new WeakMap<Labels, Labels>();

function withoutName(labels: Labels): Labels {
  const known = nameless.get(labels);
  if (known !== undefined) return known;
  const made = dropLabels(labels, METADATA_LABELS);
  nameless.set(labels, made);
  return made;
}

/** For each result the native histograms, then the classic ones. */
function resultSeries(histograms: Histograms, { label }: HistogramFunction): SeriesList {
  const { chunk, native, classic, keepsNames } = histograms;
  const whole = [...native.map((series) => chunk.series.labels(series)), ...classic.map((group) => group.labels)];
  const own = keepsNames ? whole : whole.map(withoutName);
  const labels =
    label === null
      ? own
      : label.values.flatMap((value) => own.map((set) => overrideLabels(set, [[label.name, value]])));
  return labelledSeries(labels, keepsNames ? new Uint8Array(labels.length).fill(1) : null);
}

function computeNative(
  evaluation: Evaluation,
  histograms: Histograms,
  definition: HistogramFunction,
  into: Chunk,
): void {
  const { chunk, native, classic, disputed, argument, keepsNames } = histograms;
  const rivals = native.map((series) => rivalOf(histograms, series));
  const numberOf = new Map(native.map((series, number) => [series, number]));
  const cellOf = createResultCells(histograms, definition, into);
  const place = { step: 0, metricName: '', result: 0 };
  for (const [step, series, histogram] of nativeCells(chunk)) {
    const number = numberOf.get(series) ?? 0;
    const rival = rivals[number] ?? null;
    const metricName = metricNameOf(chunk.series, series);
    if (rival !== null && histograms.read(rival.group, step).count > 0) {
      disputed[step * classic.length + rival.number] = 1;
      const warning = `vector contains a mix of classic and native histograms${forMetric(metricName)}`;
      evaluation.annotations.warn(warning, argument.span);
      continue;
    }
    place.step = step;
    place.metricName = keepsNames ? metricName : '';
    for (place.result = 0; place.result < definition.results; place.result++) {
      putFloat(into, step, cellOf(place, number), definition.native(histogram, place));
    }
  }
}

/** The classic histogram with the labels of a native one. */
function rivalOf({ chunk, classic }: Histograms, series: number): { number: number; group: BucketGroup } | null {
  const { key } = chunk.series.labels(series);
  const number = classic.findIndex(({ labels }) => labels.key === key);
  const group = classic[number];
  return group === undefined ? null : { number, group };
}

// Every bucket passes here at every step: nothing is allocated.
function computeClassic(histograms: Histograms, definition: HistogramFunction, into: Chunk): void {
  const { chunk, native, classic, disputed, read, classicNames } = histograms;
  const cellOf = createResultCells(histograms, definition, into);
  const place = { step: 0, metricName: '', result: 0 };
  for (let step = 0; step < chunk.steps; step++) {
    place.step = step;
    for (let number = 0; number < classic.length; number++) {
      const group = classic[number];
      if (group === undefined || disputed[step * classic.length + number] === 1) continue;
      const buckets = read(group, step);
      if (buckets.count === 0) continue;
      place.metricName = classicNames[number] ?? '';
      for (place.result = 0; place.result < definition.results; place.result++) {
        putFloat(into, step, cellOf(place, native.length + number), definition.classic(buckets, place));
      }
    }
  }
}

/** Where a result of a histogram goes; `number` counts native histograms first. Throws when another is there already. */
type ResultCells = (place: Place, number: number) => number;

function createResultCells(histograms: Histograms, { label }: HistogramFunction, into: Chunk): ResultCells {
  const stride = countOf(histograms);
  return ({ step, result }, number) => {
    const cell = step * into.width + number + (label === null ? 0 : label.numberAt(result, step) * stride);
    if (into.cells[cell] !== MISSING) throw sameLabelSet();
    return cell;
  };
}
