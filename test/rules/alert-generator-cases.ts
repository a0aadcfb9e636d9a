import assert from 'node:assert/strict';
import { live, type SeriesPlan } from './alert-timeline.ts';
import type { EvaluationWorld } from './evaluation-world.ts';

/** How a rule file names what the cases need. */
export interface CaseNames {
  readonly group: string;
  readonly alerts: readonly string[];
  /** Labels of the series that the alert watches; `variant` where a case has several. */
  readonly series: (alert: string, variant?: string) => Record<string, string>;
  /** Series that a template queries, by their `id`. */
  readonly templateSeries?: (id: string) => Record<string, string>;
}

/** One case of the alert generator compliance suite: samples every 15 s, and what rules make of them every 30 s. */
export type AlertGeneratorCase = (world: EvaluationWorld, names: CaseNames) => Promise<void>;

function plan(labels: Record<string, string>, values: SeriesPlan['values']): SeriesPlan {
  return { labels, values };
}

function everyThird(first: number, last: number, what: string): string[] {
  const told: string[] = [];
  for (let sample = first; sample <= last; sample += 6) told.push(`${sample} ${what}`);
  return told;
}

/** A `for` of 6 minutes, two rounds, with values that change on the way. */
const pendingFiringResolved: AlertGeneratorCase = async (world, { group, alerts: [alert = ''], series }) => {
  const values = [
    [0, 5],
    [8, 11],
    [21, 15],
    [53, 19],
    [69, 5],
    [89, 11],
    [134, 5],
  ] as const;
  const timeline = await live(world, group, [plan(series(alert), values)], 220);
  assert.deepEqual(timeline.changes(alert), [
    '8 pending 11',
    '22 pending 15',
    '32 firing 15',
    '54 firing 19',
    '70 inactive',
    '90 pending 11',
    '114 firing 11',
    '134 inactive',
  ]);
  // Told at once, then each 90 s; resolved is told until the alert is pending again, the last time for 15 minutes.
  assert.deepEqual(timeline.told(alert), [
    ...everyThird(32, 68, 'firing'),
    ...everyThird(70, 88, 'resolved'),
    ...everyThird(114, 132, 'firing'),
    ...everyThird(134, 194, 'resolved'),
  ]);
};

/** One alert that never gets past pending, one that never gets there; nobody is told anything. */
const pendingOnly: AlertGeneratorCase = async (world, { group, alerts: [pending = '', never = ''], series }) => {
  const timeline = await live(
    world,
    group,
    [
      plan(series(pending), [
        [0, 5],
        [8, 11],
        [19, 5],
      ]),
      plan(series(never), [
        [0, 5],
        [8, 11],
      ]),
    ],
    60,
  );
  assert.deepEqual(timeline.changes(pending), ['8 pending 11', '20 inactive']);
  assert.deepEqual(timeline.changes(never), []);
  assert.deepEqual([...timeline.told(pending), ...timeline.told(never)], []);
};

/** No `for`, and one below the interval; annotations with every template function the suite knows. */
const zeroAndSmallFor: AlertGeneratorCase = async (world, { group, alerts, series, templateSeries }) => {
  const [zero = '', small = ''] = alerts;
  const plans = [
    plan(series(zero), [
      [0, 5],
      [8, 11],
      [21, 5],
      [93, 11],
      [107, 5],
    ]),
    plan(series(small), [
      [0, 5],
      [8, 15],
      [21, 5],
    ]),
  ];
  for (const [id, value] of [
    ['101', 1],
    ['102', 2],
    ['103', 3],
  ] as const) {
    if (templateSeries !== undefined)
      plans.push(
        plan(templateSeries(id), [
          [0, value],
          [60, 2 * value],
        ]),
      );
  }
  const timeline = await live(world, group, plans, 110);
  assert.deepEqual(timeline.changes(zero), ['8 firing 11', '22 inactive', '94 firing 11', '108 inactive']);
  assert.deepEqual(timeline.changes(small), ['8 pending 15', '10 firing 15', '22 inactive']);
  assert.deepEqual(timeline.told(zero).slice(0, 3), ['8 firing', '14 firing', '20 firing']);
  const numbers = timeline.lastHeard(zero).annotations;
  assert.equal(numbers['template_test'], '1.049M 1Mi 2m 15s 95.9% 2022-01-25 12:36:43 +0000 UTC');
  assert.equal(numbers['template_query_test'], 'Args are: foo bar 99. first_id:101,101:2,102:4,103:6,');
  const texts = timeline.lastHeard(small).annotations;
  assert.equal(texts['template_test'], 'This Part IS TESTING the strings. ::1 127.0.0.1. 7815. replaced text. .');
};

/** A second rule that counts firing alerts of the first, and must fire in the same cycle. */
const newAlertsInOrder: AlertGeneratorCase = async (world, { group, alerts: [first = '', second = ''], series }) => {
  const timeline = await live(
    world,
    group,
    [
      plan(series(first, 'one'), [
        [0, 5],
        [8, 11],
        [73, 5],
      ]),
      plan(series(first, 'two'), [
        [0, 5],
        [32, 11],
        [65, 5],
      ]),
    ],
    90,
  );
  assert.deepEqual(timeline.changes(`${first} one`), ['8 pending 11', '20 firing 11', '74 inactive']);
  assert.deepEqual(timeline.changes(`${first} two`), ['32 pending 11', '44 firing 11', '66 inactive']);
  assert.deepEqual(timeline.changes(second), ['44 firing 2', '66 inactive']);
  const { labels, annotations } = timeline.lastHeard(second);
  assert.deepEqual([labels['alertstate'], labels['foo'], labels['ba_dum']], ['firing', 'baz', 'tss']);
  assert.equal(annotations['description'], `Based on ALERTS. Old alertname was ${first}. foo was bar.`);
};

export const alertGeneratorCases = { pendingFiringResolved, pendingOnly, zeroAndSmallFor, newAlertsInOrder };
