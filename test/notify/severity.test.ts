import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mappedSeverity } from '../../lib/notify/severity.ts';
import { alertOf, resolvedOf } from './planning.ts';

const scale = {
  scale: ['critical', 'error', 'warning', 'info'],
  aliases: { high: 'error', medium: 'warning', low: 'info' },
};
const toNumbers = { critical: 'P1', error: 'P2', warning: 'P3', info: 'P4' };
const firing = (...severities: readonly string[]) =>
  severities.map((severity) => alertOf({ alertname: 'A', severity }));

const rows: readonly (readonly [
  about: string,
  severities: readonly string[],
  map: Record<string, string>,
  string | null,
])[] = [
  ['a step of the scale', ['critical'], toNumbers, 'P1'],
  ['an alias stands for its step', ['high'], toNumbers, 'P2'],
  ['medium and low as well', ['medium'], toNumbers, 'P3'],
  ['low', ['low'], toNumbers, 'P4'],
  ['the worst of all counts', ['info', 'critical', 'warning'], toNumbers, 'P1'],
  ['the worst of all, by alias', ['low', 'high', 'warning'], toNumbers, 'P2'],
  ['words off the scale are milder than any on it', ['page', 'info'], { ...toNumbers, page: 'P0' }, 'P4'],
  ['the own word counts before its step', ['high'], { high: 'H', error: 'E' }, 'H'],
  ['capitals make no difference', ['HIGH'], { Error: 'E' }, 'E'],
  ['nor in the map', ['p1'], { P1: 'one' }, 'one'],
  ['a word the map does not know', ['page'], toNumbers, null],
  ['a step the map does not know', ['info'], { critical: 'P1' }, null],
  ['no severity at all', [''], toNumbers, null],
  ['no map', ['critical'], {}, null],
  ['a name that every object has', ['constructor'], toNumbers, null],
];

for (const [about, severities, map, expected] of rows) {
  test(`${about}: ${severities} gives ${expected}`, () =>
    assert.equal(mappedSeverity(firing(...severities), map, scale), expected));
}

test('resolved alerts count only when none fires', () => {
  const resolved = resolvedOf({ alertname: 'A', severity: 'critical' });
  assert.equal(mappedSeverity([resolved, ...firing('info')], toNumbers, scale), 'P4');
  assert.equal(mappedSeverity([resolved], toNumbers, scale), 'P1');
});
