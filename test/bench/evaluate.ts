import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Labels, labelsFromPairs } from '../../lib/model/labels.ts';
import { evaluate } from '../../lib/promql/evaluate.ts';
import { STABLE_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import type { EngineOptions, QueryTimes } from '../../lib/promql/value.ts';
import { createSeriesMemory, type SeriesMemory } from '../../lib/series/memory.ts';

// Times the nine queries of bench/lib/queries.mjs (in TOCSIN_SHARED) on generated series that are already in memory:
//   node test/bench/evaluate.ts [--series 10000] [--reps 15]
// Prints medians in milliseconds: instant at the end of the data, and 30 minutes by 15 s. Parsing is included.

/** What bench/lib/gen.mjs makes, as far as it is used here. */
interface Dataset {
  readonly t0: number;
  readonly tEnd: number;
  readonly grids: readonly Float64Array[];
  readonly series: readonly {
    readonly labels: readonly (readonly [string, string])[];
    readonly grid: number;
    readonly values: Float64Array;
  }[];
}

interface Generator {
  makeDataset(options: { series: number; minutes: number }): Dataset;
  isStale(values: Float64Array, index: number): boolean;
}

interface Queries {
  readonly QUERIES: readonly { readonly id: string; readonly q: string }[];
}

const OPTIONS: EngineOptions = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  maxSamples: 50_000_000,
  delayedNameRemoval: false,
};

function numberAfter(flag: string, otherwise: number): number {
  const at = process.argv.indexOf(flag);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
}

async function load<T>(file: string): Promise<T> {
  const shared = process.env['TOCSIN_SHARED'] ?? '../shared';
  // The scripts are untyped; the interfaces above say what they export.
  return (await import(pathToFileURL(join(shared, 'bench', 'lib', file)).href)) as T;
}

/** Everything at once, series by series: how a cold evaluator reads its window. */
function fill(memory: SeriesMemory, dataset: Dataset, isStale: Generator['isStale']): void {
  const labels: Labels[] = dataset.series.map((series) => labelsFromPairs(series.labels));
  const counts = dataset.series.map((series) => series.values.length);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const seriesOf = new Int32Array(total);
  const timesMs = new Float64Array(total);
  const values = new Float64Array(total);
  const stale = new Uint8Array(total);
  let row = 0;
  for (const [number, series] of dataset.series.entries()) {
    const grid = dataset.grids[series.grid] ?? new Float64Array(0);
    for (let i = 0; i < series.values.length; i++, row++) {
      seriesOf[row] = number;
      timesMs[row] = grid[i] ?? 0;
      stale[row] = isStale(series.values, i) ? 1 : 0;
      values[row] = stale[row] === 1 ? Number.NaN : (series.values[i] ?? 0);
    }
  }
  memory.append({ series: labels, seriesOf, timesMs, values, stale, histograms: new Map() });
}

function median(times: number[]): number {
  times.sort((a, b) => a - b);
  return times[times.length >> 1] ?? 0;
}

function measure(query: string, memory: SeriesMemory, times: QueryTimes, reps: number): number {
  const took: number[] = [];
  for (let i = 0; i < reps; i++) {
    const start = performance.now();
    evaluate(parseExpr(query, STABLE_FEATURES), memory, times, OPTIONS);
    took.push(performance.now() - start);
  }
  return median(took);
}

const { makeDataset, isStale } = await load<Generator>('gen.mjs');
const { QUERIES } = await load<Queries>('queries.mjs');
const reps = numberAfter('--reps', 15);
const dataset = makeDataset({ series: numberAfter('--series', 10_000), minutes: 30 });
const memory = createSeriesMemory();
const loadStart = performance.now();
fill(memory, dataset, isStale);
const loadMs = performance.now() - loadStart;
const { seriesCount, sampleCount } = memory;
console.log(`${seriesCount} series, ${sampleCount} samples, loaded in ${loadMs.toFixed(0)} ms`);
console.log(`${'query'.padEnd(12)}${'instant ms'.padStart(12)}${'range ms'.padStart(12)}`);
for (const { id, q } of QUERIES) {
  const instant = measure(q, memory, { startMs: dataset.tEnd, endMs: dataset.tEnd, stepMs: 0 }, reps * 3);
  const range = measure(q, memory, { startMs: dataset.t0, endMs: dataset.tEnd, stepMs: 15_000 }, reps);
  console.log(`${id.padEnd(12)}${instant.toFixed(3).padStart(12)}${range.toFixed(2).padStart(12)}`);
}
