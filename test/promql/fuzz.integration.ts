/**
 * A short run of the fuzzer (fuzz/run.ts): expressions that are always the same ones, over two lots of random data, answered as by
 * a real Prometheus 3.5 or with a documented difference.
 * Run: TOCSIN_PEERS=… node --test test/promql/fuzz.integration.ts
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countVerdict, createTally, runCampaign, summaryOf } from './fuzz/campaign.ts';
import { describeCase } from './fuzz/case.ts';
import { startPeers } from './fuzz/engines.ts';
import { report } from './fuzz/report.ts';

const CAMPAIGNS = [
  { seed: 20_250_801, from: 0, count: 5000, kind: '' },
  { seed: 42, from: 7_000_000, count: 5000, kind: '' },
];

for (const campaign of CAMPAIGNS) {
  test(`${campaign.count} random expressions of seed ${campaign.seed} are answered as by Prometheus`, async () => {
    const tally = createTally();
    const different: string[] = [];
    await runCampaign(campaign, startPeers, {
      isOver: () => different.length >= 5,
      async judged(arena, fuzzCase, verdict) {
        countVerdict(tally, verdict);
        if (verdict.kind === 'waiting') different.push(`${verdict.reason}: ${describeCase(fuzzCase)}`);
        if (verdict.kind === 'differs') different.push(await report(arena, fuzzCase, verdict.difference));
      },
    });
    assert.deepEqual(different, [], summaryOf(tally));
    assert.equal(tally.total, campaign.count);
    // Answers of all kinds, of which most have samples.
    assert.ok(tally.same - tally.errors - tally.empty > campaign.count / 3, summaryOf(tally));
    assert.ok(tally.errors > 0 && tally.bits > 0.9 * tally.same, summaryOf(tally));
  });
}
