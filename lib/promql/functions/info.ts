import { type LabelPair, type Labels, labelValue, METRIC_NAME, overrideLabels } from '../../model/labels.ts';
import { MISSING } from '../../series/cells.ts';
import type { Call } from '../ast.ts';
import { type Chunk, cellKind, emptyChunk } from '../chunk.ts';
import { copyCell, withCollected } from '../collect.ts';
import type { Evaluation, Vector } from '../evaluation.ts';
import { type InfoSelection, infoSelectionOf } from '../info-selection.ts';
import { mergedVector } from '../names.ts';
import { labelledSeries, metricNameOf } from '../series-list.ts';
import { QueryError } from '../value.ts';
import {
  answersOf,
  IDENTIFYING_LABELS,
  type InfoAnswer,
  type InfoSeries,
  identityOf,
  infoInstants,
  readInfoSeries,
} from './info-series.ts';

/**
 * info(v, {selector}): series with the labels that info metrics (target_info, unless the selector says otherwise) have for
 * the same instance and job, as of the instant the series are of. Labels of the series win; info metrics must not disagree.
 * Info series themselves pass through.
 */
export function info(evaluation: Evaluation, call: Call): Vector {
  const [argument] = call.args;
  if (argument === undefined) throw new Error('info takes a vector');
  const vector = evaluation.vector(argument);
  const asked = infoSelectionOf(call);
  const enriched: Vector = {
    kind: 'vector',
    distinct: false,
    each(consume) {
      const instants = infoInstants(evaluation, argument);
      const read = readInfoSeries(evaluation, asked, instants);
      withCollected(evaluation, vector, (chunk) => consume(enrich(chunk, asked, read)));
      evaluation.budget.release(read.length * instants.length);
    },
  };
  return mergedVector(evaluation, enriched, 'error-at-one-step');
}

function enrich(chunk: Chunk, asked: InfoSelection, read: readonly InfoSeries[]): Chunk {
  const isInfo = (series: number): boolean => {
    const name = metricNameOf(chunk.series, series);
    return asked.nameMatchers.every((matcher) => matcher.matches(name));
  };
  const { series, isOccupied } = presence(chunk);
  const others = series.filter((own) => !isInfo(own)).map((own) => chunk.series.labels(own));
  const answers = [...answersOf(belonging(read, others), isOccupied).values()];
  const outputs: Output[] = [];
  for (const own of series) {
    const labels = chunk.series.labels(own);
    const identity = identityOf(labels);
    const known = isInfo(own) ? null : answers.map((ofMetric) => ofMetric.get(identity) ?? []);
    outputs.push(...(known === null ? [asItIs(chunk, own)] : outputsOf(chunk, own, { labels, known, asked })));
  }
  return copied(chunk, outputs);
}

/** Which series have samples at all, and (1) at which steps there are any. */
function presence(chunk: Chunk): { readonly series: readonly number[]; readonly isOccupied: Uint8Array } {
  const isOccupied = new Uint8Array(chunk.steps);
  const series = new Set<number>();
  for (let step = 0; step < chunk.steps; step++) {
    for (let own = 0; own < chunk.width; own++) {
      if (cellKind(chunk, step, step * chunk.width + own) === MISSING) continue;
      series.add(own);
      isOccupied[step] = 1;
    }
  }
  return { series: [...series].sort((a, b) => a - b), isOccupied };
}

/** As Prometheus asks its storage: only info series whose instance and job each occur among the series to enrich. */
function belonging(read: readonly InfoSeries[], others: readonly Labels[]): InfoSeries[] {
  const valuesOf = (name: string): Set<string> => new Set(others.map((labels) => labelValue(labels, name)));
  const wanted = IDENTIFYING_LABELS.map((name) => [name, valuesOf(name)] as const).map(([name, values]) => {
    values.delete('');
    return { name, values };
  });
  if (wanted.every(({ values }) => values.size === 0)) return [];
  return read.filter(({ labels }) =>
    wanted.every(({ name, values }) => values.size === 0 || values.has(labelValue(labels, name))),
  );
}

/** A series of the result: the samples of one series of the argument at the given steps. */
interface Output {
  readonly source: number;
  readonly labels: Labels;
  readonly steps: number[];
}

function asItIs(chunk: Chunk, source: number): Output {
  return { source, labels: chunk.series.labels(source), steps: Array.from({ length: chunk.steps }, (_, step) => step) };
}

interface Known {
  readonly labels: Labels;
  /** What each info metric says. */
  readonly known: readonly InfoAnswer[];
  readonly asked: InfoSelection;
}

/** One series becomes several when what is known about it changes. */
function outputsOf(chunk: Chunk, source: number, { labels, known, asked }: Known): Output[] {
  const mustBeKnown = asked.labelMatchers.some((matcher) => !matcher.matches(''));
  const outputs = new Map<string, Output>();
  let said: readonly (InfoSeries | null)[] | null = null;
  let output: Output | null = null;
  for (let step = 0; step < chunk.steps; step++) {
    if (cellKind(chunk, step, step * chunk.width + source) === MISSING) continue;
    if (said === null || known.some((answer, i) => (answer[step] ?? null) !== said?.[i])) {
      said = known.map((answer) => answer[step] ?? null);
      const own = withInfo(labels, said, asked);
      output = outputs.get(own.key) ?? { source, labels: own, steps: [] };
    }
    if (output === null || (mustBeKnown && said.every((series) => series === null))) continue;
    outputs.set(output.labels.key, output);
    output.steps.push(step);
  }
  return [...outputs.values()];
}

function withInfo(labels: Labels, said: readonly (InfoSeries | null)[], { labelMatchers }: InfoSelection): Labels {
  const wanted = new Set(labelMatchers.map(({ name }) => name));
  const added = new Map<string, string>();
  for (const [name, value] of said.flatMap((series): readonly LabelPair[] => series?.labels.pairs ?? [])) {
    if (name === METRIC_NAME || (wanted.size > 0 && !wanted.has(name)) || labelValue(labels, name) !== '') continue;
    if ((added.get(name) ?? value) !== value) throw new QueryError(`conflicting label: ${name}`);
    added.set(name, value);
  }
  return overrideLabels(labels, added);
}

function copied(chunk: Chunk, outputs: readonly Output[]): Chunk {
  const marked = Uint8Array.from(outputs, ({ source }) => (chunk.series.isMarked(source) ? 1 : 0));
  const labels = outputs.map((output) => output.labels);
  const result = emptyChunk(labelledSeries(labels, marked), chunk.steps);
  outputs.forEach(({ source, steps }, to) => {
    for (const step of steps) copyCell(chunk, result, step, { from: source, to });
  });
  return result;
}
