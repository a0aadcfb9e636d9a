import { printDuration } from '../../../lib/model/duration.ts';
import type { QueryTimes } from '../../../lib/promql/value.ts';
import type { Dataset } from './dataset.ts';
import { createExpressions, KINDS } from './expressions.ts';
import { createRandom, type Random } from './random.ts';

/** One query to put to both. */
export interface FuzzCase {
  readonly index: number;
  readonly text: string;
  readonly times: QueryTimes;
  readonly lookbackMs: number;
  /** Asked of engines that remove metric names at the end of a query. */
  readonly delayedNameRemoval: boolean;
}

/** The case of this number: the same for the same seed, number, dataset and kind ("" for any). */
export function randomCase(
  dataset: Dataset,
  seeds: { readonly seed: number; readonly index: number },
  kind: string,
): FuzzCase {
  const random = createRandom(seeds.seed, seeds.index, 1);
  const isInstant = random.chance(0.5);
  return {
    index: seeds.index,
    text: randomText(random, dataset, { isInstant, kind }),
    times: isInstant ? instant(random, dataset) : range(random, dataset),
    lookbackMs: random.pick([300_000, 300_000, 300_000, 60_000, dataset.intervalMs, 3_000]),
    delayedNameRemoval: random.chance(0.25),
  };
}

function randomText(
  random: Random,
  dataset: Dataset,
  wanted: { readonly isInstant: boolean; readonly kind: string },
): string {
  const expressions = createExpressions(random, dataset);
  if (wanted.kind === 'scalar') return expressions.scalar(3);
  if (wanted.kind !== '') return expressions.ofKind(wanted.kind);
  const kind = random.weigh([...KINDS].map(([name, [weight]]) => [weight, name] as const));
  const text = random.chance(0.04) ? expressions.scalar(3) : expressions.ofKind(kind);
  if (!random.chance(0.02)) return text;
  // A few are wrong, or are what only an instant query may ask for.
  return random.weigh<string>([
    [wanted.isInstant ? 4 : 1, `${/^[\w:]+(\{[^}]*\})?$/.test(text) ? text : 'up'}[5m]`],
    [2, `(${text})[2m:30s]`],
    [1, `rate(${text})`],
    [1, `sum(1, ${text})`],
    [1, `${text} and 1`],
    [1, `${text} > bool`],
    [1, `abs(${text}, 1)`],
    [1, `-"text"`],
    [1, `"text"`],
  ]);
}

/** Some times before the first sample, or up to a lookback after the last. */
function someTime(random: Random, { endMs, intervalMs, startMs }: Dataset): number {
  const anyMs = random.between(startMs - 120_000, endMs + 330_000);
  return random.weigh([
    [5, anyMs],
    [3, startMs + intervalMs * random.int((endMs - startMs) / intervalMs) + random.pick([0, 0, 1, -1])],
    [1, Math.round(anyMs / 60_000) * 60_000],
  ]);
}

function instant(random: Random, dataset: Dataset): QueryTimes {
  const timeMs = someTime(random, dataset);
  return { startMs: timeMs, endMs: timeMs, stepMs: 0 };
}

function range(random: Random, dataset: Dataset): QueryTimes {
  const startMs = someTime(random, dataset);
  const stepMs = random.pick([15_000, 30_000, 60_000, 7_000, 13_370, 97_000, dataset.intervalMs, 300_000]);
  const lengthMs = random.int(24) * stepMs + random.pick([0, 0, random.int(stepMs)]);
  return { startMs, endMs: startMs + lengthMs, stepMs };
}

/** The case in words, for people. */
export function describeCase({ delayedNameRemoval, index, lookbackMs, text, times }: FuzzCase): string {
  const when =
    times.stepMs === 0
      ? `at ${times.startMs}`
      : `from ${times.startMs} to ${times.endMs} step ${printDuration(times.stepMs)}`;
  const how = `lookback ${printDuration(lookbackMs)}${delayedNameRemoval ? ', delayed name removal' : ''}`;
  return `#${index} ${when}, ${how}: ${text}`;
}
