import { printNumber } from '../../../lib/promql/number-text.ts';
import type { Arena } from './arena.ts';
import { describeCase, type FuzzCase } from './case.ts';
import type { Difference } from './compare.ts';
import { EPOCH_MS, type TimedValue } from './dataset.ts';
import { parsed } from './engines.ts';
import { readBy } from './reads.ts';
import { shrink } from './shrink.ts';
import { seriesOf } from './stored.ts';

/** A difference for people: the case, a smaller one that differs too, and the data it reads as lines of a script. */
export async function report(arena: Arena, fuzzCase: FuzzCase, difference: Difference): Promise<string> {
  const smaller = await shrink(arena, fuzzCase, difference);
  const lines = [
    '',
    describeCase(fuzzCase),
    ...(smaller.fuzzCase.text === fuzzCase.text ? [] : [`  smaller: ${describeCase(smaller.fuzzCase)}`]),
    `  ${smaller.difference.what} ${smaller.difference.place}`,
    `    own:  ${smaller.difference.own}`,
    `    real: ${smaller.difference.real}`,
    ...scriptOf(arena, smaller.fuzzCase).map(
      (line) => `    | ${line.length > 1_500 ? `${line.slice(0, 1_500)}…` : line}`,
    ),
  ];
  return lines.join('\n');
}

const MOST_SERIES = 4;

/** Lines of a script that loads what the case reads, times counted from the midnight before. */
function scriptOf({ dataset }: Arena, { lookbackMs, text, times }: FuzzCase): string[] {
  const expr = parsed(text);
  if (expr === null) return [];
  const read = readBy(expr, { lookbackMs, times }, seriesOf(dataset));
  const steps = read.flatMap(({ points }) => points.map(({ timeMs }) => timeMs - EPOCH_MS));
  const stepMs = steps.reduce(greatestCommonDivisor, 0);
  if (stepMs === 0) return [];
  const at = (timeMs: number): string => `${timeMs - EPOCH_MS}ms`;
  const when =
    times.stepMs === 0
      ? `instant at ${at(times.startMs)}`
      : `range from ${at(times.startMs)} to ${at(times.endMs)} step ${times.stepMs}ms`;
  return [
    `load ${stepMs}ms`,
    ...read
      .slice(0, MOST_SERIES)
      .map(({ labels, points }) => `  ${seriesText(labels.pairs)} ${pointTexts(points, stepMs)}`),
    ...(read.length > MOST_SERIES ? [`  … ${read.length - MOST_SERIES} more series`] : []),
    `eval ${when} ${text}`,
  ];
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function seriesText(pairs: readonly (readonly [string, string])[]): string {
  return `{${pairs.map(([name, value]) => (name === '__name__' ? JSON.stringify(value) : `${JSON.stringify(name)}=${JSON.stringify(value)}`)).join(',')}}`;
}

function pointTexts(points: readonly TimedValue[], stepMs: number): string {
  let next = 0;
  const texts: string[] = [];
  for (const { timeMs, value } of points) {
    const index = (timeMs - EPOCH_MS) / stepMs;
    if (index > next) texts.push(`_x${index - next}`);
    texts.push(valueText(value));
    next = index + 1;
  }
  return texts.join(' ');
}

function valueText(value: TimedValue['value']): string {
  if (value.kind === 'stale') return 'stale';
  if (value.kind === 'float') return printNumber(value.value);
  const { histogram } = value;
  return JSON.stringify(histogram);
}
