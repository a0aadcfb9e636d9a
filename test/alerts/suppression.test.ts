import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createInhibition, isInhibitSource } from '../../lib/alerts/inhibition.ts';
import { parseMatchers } from '../../lib/alerts/matcher-text.ts';
import { suppress } from '../../lib/alerts/suppression.ts';
import type { TimeInterval } from '../../lib/alerts/time-interval-spec.ts';
import { type Labels, labelsOf } from '../../lib/model/labels.ts';
import type { Matcher } from '../../lib/model/matcher.ts';

function matchers(text: string): readonly Matcher[] {
  const parsed = parseMatchers(text);
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed;
}

const rule = (source: string, target: string, equal: readonly string[]) => ({
  name: '',
  sourceMatchers: matchers(source),
  targetMatchers: matchers(target),
  equal,
});

const alert = (labels: Readonly<Record<string, string>>, endsAtMs = 100) => ({
  labels: labelsOf(labels),
  annotations: [],
  startsAtMs: 0,
  endsAtMs,
  updatedAtMs: 0,
  endsByTimeout: false,
  generatorUrl: '',
});

test('a target is inhibited by a firing source with the same values of equal', () => {
  const critical = alert({ alertname: 'c', severity: 'critical', cluster: 'x' });
  const plain = alert({ alertname: 'p', severity: 'critical' });
  const rows: readonly [
    name: string,
    sources: readonly (typeof critical)[],
    target: Record<string, string>,
    string | null,
  ][] = [
    ['same value', [critical], { severity: 'warning', cluster: 'x' }, 'c'],
    ['other value', [critical], { severity: 'warning', cluster: 'y' }, null],
    ['absent equals absent', [plain], { severity: 'warning' }, 'p'],
    ['absent is not a value', [plain], { severity: 'warning', cluster: 'x' }, null],
    ['not a target', [critical], { severity: 'info', cluster: 'x' }, null],
    ['a resolved source', [{ ...critical, endsAtMs: 50 }], { severity: 'warning', cluster: 'x' }, null],
    ['a source that ends later', [{ ...critical, endsAtMs: 51 }], { severity: 'warning', cluster: 'x' }, 'c'],
  ];
  for (const [name, sources, target, expected] of rows) {
    const inhibitorOf = createInhibition([rule('severity=critical', 'severity=warning', ['cluster'])], sources, 50);
    assert.equal(inhibitorOf(labelsOf(target))?.labels.pairs[0]?.[1] ?? null, expected, name);
  }
});

test('the first rule that hits names the source', () => {
  const rules = [rule('a=1', 't=1', []), rule('b=1', 't=1', [])];
  const [a, b] = [alert({ a: '1' }), alert({ b: '1' })];
  const target = labelsOf({ t: '1' });
  assert.equal(createInhibition(rules, [b, a], 0)(target), a);
  assert.equal(createInhibition(rules, [b], 0)(target), b);
  assert.equal(createInhibition([], [a, b], 0)(target), null);
  assert.deepEqual([isInhibitSource(rules, a.labels), isInhibitSource(rules, target)], [true, false]);
});

const labelSets = fc.record({
  s: fc.constantFrom('1', '2'),
  t: fc.constantFrom('1', '2'),
  e: fc.constantFrom('1', ''),
});

test('the index of sources answers as a search through all of them does', () => {
  const rules = [rule('s=1', 't=1', ['e'])];
  const matches = (labels: Labels, name: string): boolean => labels.pairs.some(([n, v]) => n === name && v === '1');
  const equal = (labels: Labels): string => labels.pairs.find(([name]) => name === 'e')?.[1] ?? '';
  fc.assert(
    fc.property(fc.array(labelSets), labelSets, (sets, targetSet) => {
      const sources = sets.map((set) => alert(set));
      const target = labelsOf(targetSet);
      const expected = sources.some(
        ({ labels }) =>
          matches(labels, 's') &&
          matches(target, 't') &&
          equal(labels) === equal(target) &&
          !(matches(target, 's') && matches(labels, 't')),
      );
      assert.equal(createInhibition(rules, sources, 0)(target) !== null, expected);
    }),
  );
});

const always = [{ times: null, weekdays: null, daysOfMonth: null, months: null, years: null, location: null }];
const never = always.map((interval) => ({ ...interval, years: [{ begin: 1900, end: 1900 }] }));

test('causes are asked for in order, and time intervals hold back the whole group', () => {
  const timeIntervals = new Map<string, readonly TimeInterval[]>([
    ['always', always],
    ['never', never],
  ]);
  const alerts = ['i', 's', 'b', 'n'].map((id) => ({ id, labels: labelsOf({ id }) }));
  const is =
    (...ids: string[]) =>
    (labels: Labels): boolean =>
      ids.includes(labels.pairs[0]?.[1] ?? '');
  const rules = { timeIntervals, isInhibited: is('i', 'b'), isSilenced: is('s', 'b') };
  const rows: readonly [active: string[], mute: string[], causes: string, mutedBy: readonly string[]][] = [
    [[], [], 'i inhibition, b inhibition, s silence', []],
    [['always', 'never'], ['never'], 'i inhibition, b inhibition, s silence', []],
    [[], ['never', 'always'], 'i inhibition, b inhibition, s mute-time-interval, n mute-time-interval', ['always']],
    [['never'], ['always'], 'i inhibition, b inhibition, s active-time-interval, n active-time-interval', ['never']],
    [['unknown'], [], 'i inhibition, b inhibition, s active-time-interval, n active-time-interval', ['unknown']],
  ];
  for (const [activeTimeIntervals, muteTimeIntervals, causes, mutedBy] of rows) {
    const suppressed = suppress(alerts, { ...rules, route: { activeTimeIntervals, muteTimeIntervals } }, 0);
    assert.equal([...suppressed.causes].map((pair) => pair.join(' ')).join(', '), causes);
    assert.deepEqual(suppressed.mutedBy, mutedBy);
  }
  const onlyInhibited = suppress(
    alerts.slice(0, 1),
    { ...rules, route: { activeTimeIntervals: ['never'], muteTimeIntervals: [] } },
    0,
  );
  assert.deepEqual(onlyInhibited.mutedBy, [], 'intervals are not asked when nothing is left');
});
