/**
 * Queries over native histograms, on the local process and on a real Prometheus in turn, both filled by the same remote-write
 * requests:
 *   TOCSIN_PEERS=… node test/bench/histograms.ts [--series 200] [--buckets 100] [--rounds 9]
 * An hour of samples every 15 s, asked for by the minute over HTTP, most answers folded so that writing them does not count.
 * Prints medians of rounds, in each of which the sides take turns, and ratios ours / Prometheus: below 1 we are faster.
 */
import { parseArgs } from 'node:util';
import { compress, type SentHistogram, type SentSeries, writeRequest } from '../ingest/encoder.ts';
import { type Contender, markdownTable, median, startOurs, startPrometheus, threeDigits } from './contenders.ts';

const { values: options } = parseArgs({
  options: {
    series: { type: 'string', default: '200' },
    buckets: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '9' },
  },
});
const SERIES = Number(options.series);
const BUCKETS = Number(options.buckets);
const ROUNDS = Number(options.rounds);
const JOBS = 4;
const SCRAPE_MS = 15_000;
const SCRAPES = 240;
const STEP_MS = 60_000;
const RANGE_MS = 300_000;

const QUERIES = [
  'sum(h)',
  'sum by (job) (h)',
  'avg(h)',
  'count(rate(h[5m]))',
  'sum(rate(h[5m]))',
  'sum by (job) (rate(h[5m]))',
  'sum(delta(h[5m]))',
  'sum(irate(h[5m]))',
  'sum(sum_over_time(h[5m]))',
  'count(avg_over_time(h[5m]))',
  'count(resets(h[5m]))',
  'sum(changes(h[5m]))',
  'count(h + h)',
  'count(h * 2)',
  'histogram_quantile(0.9, h)',
  'histogram_quantile(0.9, sum by (job) (rate(h[5m])))',
  'histogram_quantile(0.9, rate(h[5m]))',
  'histogram_fraction(0.1, 0.5, h)',
  'histogram_stddev(h)',
  'histogram_count(h)',
  'sum(histogram_count(rate(h[5m])))',
  'sum(count_over_time(h[5m]))',
  'h{instance="i0000"}',
];

/** Counters: every bucket grows by an amount of its own, now and then one that was empty is populated. */
function histogramAt(series: number, scrape: number, timeMs: number): SentHistogram {
  const positive = Array.from({ length: BUCKETS }, (_, i) => (scrape + 1) * (1 + ((i * 7 + series) % 5)) + i);
  const count = positive.reduce((sum, own) => sum + own, 3);
  return {
    ...{ timeMs, schema: 3, count, sum: count * 0.25, zeroThreshold: 2 ** -128, zeroCount: 3, positive },
    positiveSpans: [
      [-(BUCKETS >> 1), BUCKETS >> 1],
      [2, BUCKETS - (BUCKETS >> 1)],
    ],
  };
}

function requestAt(scrape: number, timeMs: number): Uint8Array {
  const series = Array.from(
    { length: SERIES },
    (_, i): SentSeries => ({
      labels: [
        ['__name__', 'h'],
        ['instance', `i${String(i).padStart(4, '0')}`],
        ['job', `j${i % JOBS}`],
      ],
      histograms: [histogramAt(i, scrape, timeMs)],
    }),
  );
  return compress(writeRequest(series));
}

async function send({ url }: Contender, body: Uint8Array): Promise<void> {
  const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
  const answer = await fetch(`${url}/api/v1/write`, { method: 'POST', headers, body: Buffer.from(body) });
  if (!answer.ok) throw new Error(`${url} refuses samples: ${answer.status} ${await answer.text()}`);
}

/** Milliseconds until the whole answer is there. */
async function ask({ url }: Contender, query: string, endMs: number): Promise<number> {
  const startMs = endMs - SCRAPES * SCRAPE_MS + RANGE_MS;
  const times = { start: String(startMs / 1000), end: String(endMs / 1000), step: String(STEP_MS / 1000) };
  const begun = performance.now();
  const answer = await fetch(`${url}/api/v1/query_range`, {
    method: 'POST',
    body: new URLSearchParams({ query, ...times }),
  });
  const text = await answer.text();
  const took = performance.now() - begun;
  if (!answer.ok) throw new Error(`${query}: ${text.slice(0, 500)}`);
  if (text.includes('"result":[]')) throw new Error(`${query}: no result`);
  return took;
}

async function compare(sides: readonly Contender[], query: string, endMs: number): Promise<readonly string[]> {
  const took = sides.map((): number[] => []);
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, side] of sides.entries()) {
      const own = await ask(side, query, endMs);
      if (round > 0) took[i]?.push(own);
    }
  }
  const [ours = Number.NaN, theirs = Number.NaN] = took.map(median);
  return [`\`${query}\``, threeDigits(ours), threeDigits(theirs), threeDigits(ours / theirs)];
}

const sides = [await startOurs(), await startPrometheus(['--enable-feature=native-histograms'])];
try {
  const endMs = Math.floor(Date.now() / STEP_MS) * STEP_MS;
  for (let scrape = 0; scrape < SCRAPES; scrape++) {
    const body = requestAt(scrape, endMs - (SCRAPES - 1 - scrape) * SCRAPE_MS);
    for (const side of sides) await send(side, body);
  }
  const rows: (readonly string[])[] = [];
  for (const query of QUERIES) rows.push(await compare(sides, query, endMs));
  console.log(`${SERIES} series of ${BUCKETS} buckets, ${SCRAPES} samples each\n`);
  console.log(markdownTable(['query', 'ours, ms', 'Prometheus, ms', 'ratio'], rows));
} finally {
  for (const side of sides) await side.stop();
}
