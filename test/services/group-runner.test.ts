import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder } from '../../lib/model/sample.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { readRuleFile } from '../../lib/rules/rule-file.ts';
import { createGroupRunner, type RunnerSettings } from '../../lib/services/group-runner.ts';
import type { SampleReader } from '../../lib/store/sample-reader.ts';

const NOTHING_STORED: SampleReader = {
  load: async () => ({ blocks: 0, sizeBytes: 0, rows: 0, damaged: [] }),
  dropBefore: () => undefined,
};

const SETTINGS: RunnerSettings = {
  engine: {
    lookbackMs: 300_000,
    defaultSubqueryStepMs: 60_000,
    maxSamples: 50_000_000,
    delayedNameRemoval: false,
  },
  features: ALL_FEATURES,
  queryTimeoutMs: 5_000,
  resendDelayMs: 60_000,
  externalLabels: labelsOf({}),
  externalUrl: 'http://tocsin.test',
  maxCachedSamples: 1_000,
  memory: {},
};

test('a rule that never ends fails when its time is up, and the next one is evaluated', async () => {
  const text = `
groups:
  - name: endless
    rules:
      - { record: endless, expr: 'stdvar_over_time(stdvar_over_time(vector(1)[1d:1s])[1d:1s])' }
      - { record: brief, expr: vector(1) }
`;
  const rules = readRuleFile('rules/test.yml', text, { intervalMs: 60_000, queryOffsetMs: 0, features: ALL_FEATURES });
  const [group] = rules.groups;
  assert.ok(group !== undefined);
  let nowMs = 1_700_000_000_000;
  // A second goes by each time somebody looks.
  const clock = { nowMs: () => (nowMs += 1_000) };
  const runner = createGroupRunner({ samples: NOTHING_STORED, clock }, { ...SETTINGS, queryTimeoutMs: 5_000 });
  const outcome = await runner.run(group, null, nowMs);
  assert.deepEqual(
    outcome.state.rules.map(({ lastError }) => lastError),
    ['query timed out in expression evaluation', null],
  );
  assert.deepEqual(
    outcome.samples.map(({ labels, value }) => [labels.key, value]),
    [['[["__name__","brief"]]', 1]],
  );
});

test('rules heed since when samples count, where the memory keeps it', async () => {
  const nowMs = 1_700_000_000_000;
  const text = `groups: [{ name: restarts, rules: [{ record: restarts, expr: 'resets(up_total[5m])' }] }]`;
  const rules = readRuleFile('rules/test.yml', text, { intervalMs: 60_000, queryOffsetMs: 0, features: ALL_FEATURES });
  const [group] = rules.groups;
  assert.ok(group !== undefined);
  const builder = createSampleBatchBuilder();
  const series = builder.series(labelsOf({ __name__: 'up_total' }));
  builder.add(series, nowMs - 60_000, 1);
  builder.add(series, nowMs, 2);
  builder.setStart(nowMs - 30_000);
  const samples: SampleReader = {
    ...NOTHING_STORED,
    load: async (memory) => {
      memory.append(builder.build());
      return { blocks: 1, sizeBytes: 1, rows: 2, damaged: [] };
    },
  };
  const recorded = async (startTimes: boolean): Promise<unknown> => {
    const runner = createGroupRunner(
      { samples, clock: { nowMs: () => nowMs } },
      { ...SETTINGS, memory: { startTimes } },
    );
    return (await runner.run(group, null, nowMs)).samples.find(({ labels }) => labels.key.includes('restarts'))?.value;
  };
  assert.equal(await recorded(true), 1);
  assert.equal(await recorded(false), 0);
});
