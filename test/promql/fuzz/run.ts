/**
 * Puts random expressions over random data to our engine and to a real Prometheus 3.5, and compares the answers.
 * Run: TOCSIN_PEERS=… npm run fuzz:promql -- [--count N] [--minutes N] [--seed N] [--from INDEX] [--only KIND] [--print]
 * Everything follows from the seed and the number of an expression: `--seed 7 --from 1234 --count 1 --print` shows one again.
 * Exits with 1 when a difference has no explanation (explained.ts).
 */
import { parseArgs } from 'node:util';
import { type Campaign, countVerdict, createTally, explanationsOf, runCampaign, summaryOf } from './campaign.ts';
import { describeCase } from './case.ts';
import { startPeers } from './engines.ts';
import { report } from './report.ts';

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    only: { type: 'string', default: '' },
    print: { type: 'boolean', default: false },
    show: { type: 'string', default: '20' },
  },
});

const PROGRESS_MS = 10_000;
const count = Number(options.count);
const startedAtMs = Date.now();
const endAtMs = startedAtMs + Number(options.minutes) * 60_000;
const campaign: Campaign = { seed: Number(options.seed), from: Number(options.from), count, kind: options.only };
const tally = createTally();
let shown = 0;
let saidAtMs = startedAtMs;

await runCampaign(campaign, startPeers, {
  isOver: () => Date.now() >= endAtMs,
  async judged(arena, fuzzCase, verdict) {
    countVerdict(tally, verdict);
    if (options.print)
      console.log(
        `${verdict.kind}${verdict.kind === 'explained' ? ` (${verdict.rule})` : ''} ${describeCase(fuzzCase)}`,
      );
    if (verdict.kind === 'differs' && shown++ < Number(options.show))
      console.log(await report(arena, fuzzCase, verdict.difference));
    if (Date.now() - saidAtMs < PROGRESS_MS) return;
    saidAtMs = Date.now();
    console.error(`${Math.round((saidAtMs - startedAtMs) / 1000)} s: ${summaryOf(tally)}`);
  },
});
console.log(explanationsOf(tally));
console.log(`seed ${campaign.seed}: ${summaryOf(tally)}`);
process.exitCode = tally.differing === 0 ? 0 : 1;
