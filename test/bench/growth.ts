/**
 * Evaluation time of the engine alone per series, on samples in memory, as the number of series grows:
 *   TOCSIN_SHARED=… node test/bench/growth.ts [--sizes 1000,10000,100000,300000] [--seconds 1]
 * The nine queries of bench/lib/queries.mjs at the end of the data and over 30 minutes by 15 s, in nanoseconds per series of the
 * whole data set: the lower quartile of the second half of as many repetitions as fit in the seconds. Where a row does not rise
 * from left to right, evaluation is linear or better.
 */
import { parseArgs } from 'node:util';
import { evaluate } from '../../lib/promql/evaluate.ts';
import { STABLE_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import type { EngineOptions, QueryTimes } from '../../lib/promql/value.ts';
import { createSeriesMemory, type SeriesMemory } from '../../lib/series/memory.ts';
import { markdownTable, threeDigits } from './contenders.ts';
import { batchOf, type Generator, importShared } from './dataset.ts';

const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000,100000,300000' },
    seconds: { type: 'string', default: '1' },
  },
});
const OPTIONS: EngineOptions = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  maxSamples: 100_000_000,
  delayedNameRemoval: false,
};
const SERIES_PER_BATCH = 10_000;
const MIN_REPETITIONS = 5;

interface Queries {
  readonly QUERIES: readonly { readonly id: string; readonly q: string }[];
}

interface Loaded {
  readonly memory: SeriesMemory;
  readonly instant: QueryTimes;
  readonly range: QueryTimes;
}

const { makeDataset, isStale } = await importShared<Generator>('gen.mjs');
const { QUERIES } = await importShared<Queries>('queries.mjs');

function load(series: number): Loaded {
  const dataset = makeDataset({ series, minutes: 30 });
  const memory = createSeriesMemory();
  for (let from = 0; from < dataset.series.length; from += SERIES_PER_BATCH) {
    memory.append(batchOf({ ...dataset, series: dataset.series.slice(from, from + SERIES_PER_BATCH) }, isStale));
  }
  const { t0, tEnd } = dataset;
  return {
    memory,
    instant: { startMs: tEnd, endMs: tEnd, stepMs: 0 },
    range: { startMs: t0, endMs: tEnd, stepMs: 15_000 },
  };
}

/** Lower quartile of the later repetitions, milliseconds: other processes disturb it less than they do the median. */
function measure(query: string, memory: SeriesMemory, times: QueryTimes): number {
  const took: number[] = [];
  const expr = parseExpr(query, STABLE_FEATURES);
  const endMs = performance.now() + Number(options.seconds) * 1000;
  while (took.length < MIN_REPETITIONS || performance.now() < endMs) {
    const startMs = performance.now();
    evaluate(expr, memory, times, OPTIONS);
    took.push(performance.now() - startMs);
  }
  const later = took.slice(took.length >> 1).sort((a, b) => a - b);
  return later[later.length >> 2] ?? 0;
}

const sizes = options.sizes.split(',').map(Number);
const rows = new Map(
  QUERIES.flatMap(({ id }) => [`${id} instant`, `${id} range`]).map((row): [string, string[]] => [row, []]),
);
for (const size of sizes) {
  const { memory, instant, range } = load(size);
  for (const { id, q } of QUERIES) {
    for (const [mode, times] of [
      ['instant', instant],
      ['range', range],
    ] as const) {
      const nanoseconds = (measure(q, memory, times) * 1e6) / memory.seriesCount;
      rows.get(`${id} ${mode}`)?.push(threeDigits(nanoseconds));
    }
  }
}
const cells = (mode: string): string[][] =>
  QUERIES.map(({ id }) => [`\`${id}\``, ...(rows.get(`${id} ${mode}`) ?? [])]);
for (const mode of ['instant', 'range']) {
  console.log(`\n${mode}, ns per series\n`);
  console.log(markdownTable(['query', ...sizes.map((size) => `${size} series`)], cells(mode)));
}
