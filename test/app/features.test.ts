/** What `query.features` switches on beside the language. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryOptions } from '../../lib/app/rules.ts';
import { parseSettings } from '../../lib/app/settings.ts';

const optionsOf = (tocsin: string) => memoryOptions(parseSettings(tocsin, 'tocsin.yml').settings);

test('start timestamps are held in memory only where something heeds them', () => {
  assert.deepEqual(optionsOf(''), { startTimes: false });
  assert.deepEqual(optionsOf('query: {features: [promql-experimental-functions]}'), { startTimes: false });
  assert.deepEqual(optionsOf('query: {features: [use-start-timestamps]}'), { startTimes: true });
});
