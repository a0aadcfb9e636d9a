import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type AlertRecord,
  fingerprint,
  isResolved,
  mergeReports,
  refuseAlert,
  stampAlert,
} from '../../lib/alerts/alert-record.ts';
import { type LabelPair, labelsFromPairs, labelsOf } from '../../lib/model/labels.ts';

const LABELS = labelsOf({ alertname: 'Down' });

function report(over: Partial<AlertRecord>): AlertRecord {
  return {
    labels: LABELS,
    annotations: [],
    startsAtMs: 0,
    endsAtMs: 10,
    updatedAtMs: 0,
    endsByTimeout: false,
    generatorUrl: '',
    ...over,
  };
}

const arbitraryReport = fc
  .record({
    startsAtMs: fc.nat(20),
    lengthMs: fc.nat(20),
    updatedAtMs: fc.nat(20),
    endsByTimeout: fc.boolean(),
    note: fc.constantFrom('', 'v1', 'v2'),
  })
  .map(({ startsAtMs, lengthMs, note, ...rest }) =>
    report({ ...rest, startsAtMs, endsAtMs: startsAtMs + lengthMs, annotations: [['note', note]] }),
  );

test('the fingerprint is that of Alertmanager', () => {
  const rows: readonly [Readonly<Record<string, string>>, string][] = [
    [
      {
        alertname: 'HighCPU',
        cluster: 'prod-eu',
        instance: 'node-1:9100',
        severity: 'critical',
        team: 'core',
      },
      'c069f3235e7d3c1f',
    ],
    [{}, 'cbf29ce484222325'],
    [{ 'Σ x': 'b🙂' }, '557fdca8398e3a42'],
  ];
  for (const [labels, expected] of rows) assert.equal(fingerprint(labelsOf(labels)), expected);
});

test('a report without times begins at its receipt and ends resolve_timeout later', () => {
  const times = { receivedAtMs: 1000, resolveTimeoutMs: 300 };
  const posted = { labels: LABELS, annotations: [], generatorUrl: '' };
  const rows: readonly [number | null, number | null, [number, number, boolean]][] = [
    [null, null, [1000, 1300, true]],
    [400, null, [400, 1300, true]],
    [null, 700, [700, 700, false]],
    [null, 5000, [5000, 5000, false]],
    [400, 700, [400, 700, false]],
  ];
  for (const [startsAtMs, endsAtMs, expected] of rows) {
    const record = stampAlert({ ...posted, startsAtMs, endsAtMs }, times);
    assert.deepEqual([record.startsAtMs, record.endsAtMs, record.endsByTimeout], expected);
    assert.equal(record.updatedAtMs, 1000);
  }
});

test('what cannot be taken is refused in the words of Alertmanager', () => {
  const bad = (pairs: readonly LabelPair[]): AlertRecord => report({ labels: labelsFromPairs(pairs) });
  const rows: readonly [AlertRecord, 'utf8' | 'classic', string | null][] = [
    [report({}), 'utf8', null],
    [report({ startsAtMs: 10 }), 'utf8', null],
    [report({ startsAtMs: 11 }), 'utf8', 'start time must be before end time'],
    [bad([]), 'utf8', 'at least one label pair required'],
    [bad([['a', '']]), 'utf8', 'at least one label pair required'],
    [bad([['', 'x']]), 'utf8', 'invalid label set: invalid name ""'],
    [bad([['Σ', 'x']]), 'utf8', null],
    [bad([['Σ', 'x']]), 'classic', 'invalid label set: invalid name "Σ"'],
    [bad([['\ud800', 'x']]), 'utf8', 'invalid label set: invalid name "\\ud800"'],
    [report({ annotations: [['Σ', '']] }), 'utf8', null],
    [report({ annotations: [['Σ', '']] }), 'classic', 'invalid annotations: invalid name "Σ"'],
    [report({ generatorUrl: 'x'.repeat(50_000) }), 'utf8', 'alert of 50013 characters exceeds 50000'],
  ];
  for (const [alert, mode, expected] of rows) assert.equal(refuseAlert(alert, mode), expected);
});

test('an alert is resolved from its end on', () => {
  assert.deepEqual(
    [9, 10, 11].map((atMs) => isResolved({ endsAtMs: 10 }, atMs)),
    [false, true, true],
  );
});

test('reports that overlap are one episode, others replace', () => {
  const rows: readonly [name: string, older: Partial<AlertRecord>, younger: Partial<AlertRecord>, [number, number]][] =
    [
      [
        'a resend with a later end replaces',
        { startsAtMs: 1, endsAtMs: 5 },
        { startsAtMs: 1, endsAtMs: 9, updatedAtMs: 2 },
        [1, 9],
      ],
      [
        'an earlier start stays',
        { startsAtMs: 1, endsAtMs: 5 },
        { startsAtMs: 3, endsAtMs: 9, updatedAtMs: 4 },
        [1, 9],
      ],
      [
        'a stated end that is later stays',
        { startsAtMs: 1, endsAtMs: 9 },
        { startsAtMs: 2, endsAtMs: 7, updatedAtMs: 3 },
        [1, 9],
      ],
      [
        'a timeout gives way',
        { startsAtMs: 1, endsAtMs: 9, endsByTimeout: true },
        { startsAtMs: 2, endsAtMs: 7, updatedAtMs: 3 },
        [1, 7],
      ],
      ['resolved beats firing', { startsAtMs: 1, endsAtMs: 9 }, { startsAtMs: 1, endsAtMs: 4, updatedAtMs: 5 }, [1, 4]],
      [
        'of two resolved ones the later end',
        { startsAtMs: 1, endsAtMs: 6 },
        { startsAtMs: 2, endsAtMs: 5, updatedAtMs: 7 },
        [1, 6],
      ],
      [
        'a new episode replaces',
        { startsAtMs: 1, endsAtMs: 4 },
        { startsAtMs: 5, endsAtMs: 9, updatedAtMs: 6 },
        [5, 9],
      ],
      [
        'touching is not overlapping',
        { startsAtMs: 1, endsAtMs: 4 },
        { startsAtMs: 4, endsAtMs: 9, updatedAtMs: 5 },
        [4, 9],
      ],
    ];
  for (const [name, older, younger, expected] of rows) {
    const merged = mergeReports(report(older), report({ ...younger, annotations: [['note', 'younger']] }));
    assert.deepEqual([merged.startsAtMs, merged.endsAtMs], expected, name);
    assert.deepEqual(merged.annotations, [['note', 'younger']], name);
  }
});

test('the order in which two reports arrive does not matter', () => {
  fc.assert(
    fc.property(arbitraryReport, arbitraryReport, (a, b) => {
      assert.deepEqual(mergeReports(a, b), mergeReports(b, a));
    }),
  );
});

test('a report that comes again changes nothing', () => {
  fc.assert(
    fc.property(arbitraryReport, arbitraryReport, (a, b) => {
      const merged = mergeReports(a, b);
      assert.deepEqual(mergeReports(a, a), a);
      assert.deepEqual(mergeReports(merged, a), merged);
      assert.deepEqual(mergeReports(merged, b), merged);
    }),
  );
});

test('the end of a merged report never comes before its start', () => {
  fc.assert(
    fc.property(arbitraryReport, arbitraryReport, (a, b) => {
      const merged = mergeReports(a, b);
      assert.ok(merged.endsAtMs >= merged.startsAtMs);
    }),
  );
});
