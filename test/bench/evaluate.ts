import { evaluate } from '../../lib/promql/evaluate.ts';
import { STABLE_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import type { EngineOptions, QueryTimes } from '../../lib/promql/value.ts';
import { createSeriesMemory, type SeriesMemory } from '../../lib/series/memory.ts';
import { batchOf, type Generator, importShared } from './dataset.ts';

// Times the nine queries of bench/lib/queries.mjs (in TOCSIN_SHARED) on generated series that are already in memory:
//   node test/bench/evaluate.ts [--series 10000] [--reps 15]
// Prints medians in milliseconds: instant at the end of the data, and 30 minutes by 15 s. Parsing is included.

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

const { makeDataset, isStale } = await importShared<Generator>('gen.mjs');
const { QUERIES } = await importShared<Queries>('queries.mjs');
const reps = numberAfter('--reps', 15);
const dataset = makeDataset({ series: numberAfter('--series', 10_000), minutes: 30 });
const memory = createSeriesMemory();
const loadStart = performance.now();
memory.append(batchOf(dataset, isStale));
const loadMs = performance.now() - loadStart;
const { seriesCount, sampleCount } = memory;
console.log(`${seriesCount} series, ${sampleCount} samples, loaded in ${loadMs.toFixed(0)} ms`);
console.log(`${'query'.padEnd(12)}${'instant ms'.padStart(12)}${'range ms'.padStart(12)}`);
for (const { id, q } of QUERIES) {
  const instant = measure(q, memory, { startMs: dataset.tEnd, endMs: dataset.tEnd, stepMs: 0 }, reps * 3);
  const range = measure(q, memory, { startMs: dataset.t0, endMs: dataset.tEnd, stepMs: 15_000 }, reps);
  console.log(`${id.padEnd(12)}${instant.toFixed(3).padStart(12)}${range.toFixed(2).padStart(12)}`);
}
