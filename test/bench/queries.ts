/**
 * The queries of bench/lib/queries.mjs, asked over HTTP of a real Prometheus and of the local process in turn, on the same samples:
 *   TOCSIN_SHARED=… TOCSIN_PEERS=… node test/bench/queries.ts [--sizes 1000,10000] [--reps 30] [--only ID,ID] [--json FILE]
 * Prints a table of ratios ours / Prometheus for each size (below 1 we are faster), after bench/harness.mjs has compared every
 * result. Evaluation is `stats.timings.evalTotalTime` of each side: for ours from the parsed query to its result, with the reading
 * of what is new in the store; wall time is until the last byte of the answer. Both sides are warm: they have answered each query
 * before. Where series tie for the last place of topk either may stand there: then the values alone are compared. Exits with 1
 * when a result differs.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { type Contender, markdownTable, runShared, startOurs, startPrometheus, threeDigits } from './contenders.ts';

const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000' },
    reps: { type: 'string', default: '30' },
    only: { type: 'string', default: '' },
    json: { type: 'string', default: '' },
  },
});
const MINUTES = 30;
const STEP_MS = 15_000;
/** Each query again lists the blocks of the last 40 s; in a steady stream there are few, after a load in one go there are all. */
const SETTLED_MS = 45_000;
const WARM_REPS = '600';
const WARM_SECONDS_PER_QUERY = '3';

/** What harness.mjs writes for each query: A is Prometheus, B is ours. Times are medians in milliseconds. */
interface Measured {
  readonly mode: 'instant' | 'range';
  readonly id: string;
  readonly q: string;
  readonly eval: number;
  readonly evalB: number;
  readonly wall: number;
  readonly wallB: number;
  readonly series: number;
  readonly bytes: number;
  readonly equal: boolean;
  readonly examples?: readonly string[];
  readonly error?: string;
}

interface SizeRun {
  readonly series: number;
  readonly rows: readonly Measured[];
  readonly peakMb: { readonly prometheus: number; readonly ours: number };
}

async function measure(series: number): Promise<SizeRun> {
  const prometheus = await startPrometheus();
  const ours = await startOurs();
  try {
    // The data end now: both stores take samples of the present only.
    const t0 = Math.floor((Date.now() - MINUTES * 60_000) / STEP_MS) * STEP_MS;
    const sized = ['--series', String(series), '--t0', String(t0), '--minutes', String(MINUTES)];
    for (const { url } of [prometheus, ours])
      process.stderr.write(await runShared('load.mjs', ['--url', url, ...sized]));
    const settled = sleep(SETTLED_MS);
    const question = { t0, label: String(series) };
    await ask(prometheus, ours, question, ['--reps', WARM_REPS, '--budget', WARM_SECONDS_PER_QUERY]);
    await settled;
    const asked = await ask(prometheus, ours, question, ['--reps', options.reps]);
    const rows = await Promise.all(asked.map((row) => forgiveTies(row, [prometheus, ours], t0)));
    return { series, rows, peakMb: { prometheus: prometheus.peakMb(), ours: ours.peakMb() } };
  } finally {
    await Promise.all([prometheus.stop(), ours.stop()]);
  }
}

interface Question {
  readonly t0: number;
  readonly label: string;
}

async function ask(
  prometheus: Contender,
  ours: Contender,
  { label, t0 }: Question,
  more: readonly string[],
): Promise<readonly Measured[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-bench-'));
  const file = join(folder, 'rows.json');
  const only = options.only === '' ? [] : ['--only', options.only];
  const times = ['--t0', String(t0), '--minutes', String(MINUTES)];
  const sides = ['--url', prometheus.url, '--compare', ours.url];
  const printed = await runShared('harness.mjs', [
    ...sides,
    ...times,
    ...only,
    '--label',
    label,
    '--json',
    file,
    ...more,
  ]);
  process.stderr.write(printed);
  const text = readFileSync(file, 'utf8');
  rmSync(folder, { recursive: true });
  // Written by harness.mjs, whose row is Measured.
  return JSON.parse(text) as readonly Measured[];
}

/** The row, with `equal` set when only the names in the last place of topk differ. */
async function forgiveTies(row: Measured, sides: readonly Contender[], t0: number): Promise<Measured> {
  if (row.error !== undefined || row.equal || !row.q.startsWith('topk(')) return row;
  const tEnd = t0 + MINUTES * 60_000;
  const [theirs, own] = await Promise.all(sides.map(({ url }) => valuesByInstant(url, row, { t0, tEnd })));
  return { ...row, equal: isDeepStrictEqual(theirs, own) };
}

interface Series {
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

/** Values of all series in ascending order, by instant. */
async function valuesByInstant(
  url: string,
  { mode, q }: Measured,
  { t0, tEnd }: { readonly t0: number; readonly tEnd: number },
): Promise<ReadonlyMap<number, readonly number[]>> {
  const seconds = (timeMs: number): string => String(timeMs / 1_000);
  const times = { start: seconds(t0), end: seconds(tEnd), step: seconds(STEP_MS) };
  const body = new URLSearchParams({ query: q, ...(mode === 'instant' ? { time: seconds(tEnd) } : times) });
  const endpoint = mode === 'instant' ? 'query' : 'query_range';
  const answer = await (await fetch(`${url}/api/v1/${endpoint}`, { method: 'POST', body })).json();
  // Prometheus' API: harness.mjs has had the same answer and read it.
  const series = (answer as { readonly data: { readonly result: readonly Series[] } }).data.result;
  const found = new Map<number, number[]>();
  for (const { value, values = value === undefined ? [] : [value] } of series) {
    for (const [at, text] of values)
      found.set(
        at,
        [...(found.get(at) ?? []), Number(text)].sort((a, b) => a - b),
      );
  }
  return found;
}

function tableOf({ rows }: SizeRun): string {
  const cells = (mode: Measured['mode'], id: string): string[] => {
    const row = rows.find((one) => one.mode === mode && one.id === id);
    if (row === undefined || row.error !== undefined) return ['failed', '', ''];
    const times = `${threeDigits(row.eval)} → ${threeDigits(row.evalB)}`;
    const ratio = `**${threeDigits(row.evalB / row.eval)}**${row.equal ? '' : ' DIFFERS'}`;
    return [ratio, times, threeDigits(row.wallB / row.wall)];
  };
  const ids = [...new Set(rows.map(({ id }) => id))];
  const head = ['evaluation', 'ms', 'wall'];
  return markdownTable(
    ['query', ...head.map((name) => `instant: ${name}`), ...head.map((name) => `range: ${name}`)],
    ids.map((id) => [`\`${id}\``, ...cells('instant', id), ...cells('range', id)]),
  );
}

const runs: SizeRun[] = [];
for (const size of options.sizes.split(',')) {
  const sizeRun = await measure(Number(size));
  runs.push(sizeRun);
  const { ours, prometheus } = sizeRun.peakMb;
  console.log(`\n### ${size} series\n\n${tableOf(sizeRun)}\n`);
  console.log(
    `Peak memory: ${threeDigits(ours / prometheus)} (${threeDigits(ours)} MB, Prometheus ${threeDigits(prometheus)} MB)`,
  );
}
if (options.json !== '') writeFileSync(options.json, `${JSON.stringify(runs, null, 1)}\n`);
const wrong = runs.flatMap(({ rows }) => rows.filter(({ equal, error }) => error !== undefined || !equal));
for (const { error, examples, id, mode } of wrong) console.error(`${mode} ${id}: ${error ?? examples?.join('; ')}`);
if (wrong.length > 0) process.exitCode = 1;
