/**
 * Peak memory (VmHWM) of a real Prometheus and of the local process, after the same load and the same queries as in queries.ts:
 *   TOCSIN_SHARED=… TOCSIN_PEERS=… node test/bench/memory.ts [--sizes 1000,10000,100000] [--reps 200] [--seconds 3]
 * 30 minutes at 15 s go by remote write into each, then each query is asked over HTTP up to `reps` times, in at most `seconds`.
 * One side runs at a time. Prints megabytes of each stage and the ratio ours / Prometheus at the end.
 */
import { parseArgs } from 'node:util';
import { type Contender, markdownTable, runShared, startOurs, startPrometheus, threeDigits } from './contenders.ts';

const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000,100000' },
    reps: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '3' },
  },
});
const MINUTES = 30;
const STEP_MS = 15_000;

/** Most memory held until the end of each stage, MB. */
interface Peaks {
  readonly idle: number;
  readonly loaded: number;
  readonly queried: number;
}

async function measure(start: () => Promise<Contender>, series: string): Promise<Peaks> {
  const contender = await start();
  try {
    const idle = contender.peakMb();
    // The data end now: both stores take samples of the present only.
    const t0 = Math.floor((Date.now() - MINUTES * 60_000) / STEP_MS) * STEP_MS;
    const span = ['--url', contender.url, '--t0', String(t0), '--minutes', String(MINUTES)];
    process.stderr.write(await runShared('load.mjs', [...span, '--series', series]));
    const loaded = contender.peakMb();
    process.stderr.write(
      await runShared('harness.mjs', [...span, '--reps', options.reps, '--budget', options.seconds, '--label', series]),
    );
    return { idle, loaded, queried: contender.peakMb() };
  } finally {
    await contender.stop();
  }
}

const rows: string[][] = [];
for (const series of options.sizes.split(',')) {
  const prometheus = await measure(startPrometheus, series);
  const ours = await measure(startOurs, series);
  const stages = (['idle', 'loaded', 'queried'] as const).map(
    (stage) => `${threeDigits(prometheus[stage])} → ${threeDigits(ours[stage])}`,
  );
  rows.push([series, ...stages, `**${threeDigits(ours.queried / prometheus.queried)}**`]);
}
console.log(markdownTable(['series', 'started, MB', 'loaded, MB', 'queried, MB', 'ratio'], rows));
