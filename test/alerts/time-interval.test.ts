import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intervalHolds, namesHolding } from '../../lib/alerts/time-interval.ts';
import type { TimeInterval } from '../../lib/alerts/time-interval-spec.ts';

const ANY: TimeInterval = {
  times: null,
  weekdays: null,
  daysOfMonth: null,
  months: null,
  years: null,
  location: null,
};
const range = (begin: number, end = begin) => [{ begin, end }];
const at = (text: string): number => Date.parse(text);

test('each field that is given must hold', () => {
  const office = { times: [{ startMinute: 540, endMinute: 1020 }], weekdays: range(1, 5) };
  const rows: readonly [name: string, Partial<TimeInterval>, instant: string, boolean][] = [
    ['nothing given', {}, '2026-01-05T00:00:00Z', true],
    ['at the start', office, '2026-01-05T09:00:00Z', true],
    ['just before the end', office, '2026-01-05T16:59:59.999Z', true],
    ['at the end', office, '2026-01-05T17:00:00Z', false],
    ['on a Sunday', office, '2026-01-04T10:00:00Z', false],
    ['Sunday is 0', { weekdays: range(0) }, '2026-01-04T10:00:00Z', true],
    ['until midnight', { times: [{ startMinute: 1380, endMinute: 1440 }] }, '2026-01-05T23:59:59Z', true],
    ['after midnight', { times: [{ startMinute: 1380, endMinute: 1440 }] }, '2026-01-06T00:00:00Z', false],
    ['month', { months: range(3, 5) }, '2026-05-31T23:59:00Z', true],
    ['month past', { months: range(3, 5) }, '2026-06-01T00:00:00Z', false],
    ['no such month', { months: range(13) }, '2026-01-01T00:00:00Z', false],
    ['year', { years: range(2025, 2026) }, '2026-12-31T23:59:59Z', true],
    ['year past', { years: range(2025, 2026) }, '2027-01-01T00:00:00Z', false],
    ['no ranges at all', { months: [] }, '2026-01-01T00:00:00Z', false],
  ];
  for (const [name, over, instant, expected] of rows) {
    assert.equal(intervalHolds({ ...ANY, ...over }, at(instant)), expected, name);
  }
});

test('days of the month count from either end, and are cut to the month', () => {
  const rows: readonly [begin: number, end: number, month: string, days: string][] = [
    [1, 3, '2026-02', '1 2 3'],
    [-3, -1, '2026-02', '26 27 28'],
    [-1, -1, '2024-02', '29'],
    [-1, -1, '2100-02', '28'],
    [30, 31, '2026-02', ''],
    [28, 31, '2026-02', '28'],
    [30, 31, '2026-04', '30'],
    [27, -1, '2026-02', '27 28'],
    [-31, 2, '2026-02', '1 2'],
    [-31, -28, '2026-02', '1'],
  ];
  for (const [begin, end, month, expected] of rows) {
    const interval = { ...ANY, daysOfMonth: range(begin, end) };
    const days = Array.from({ length: 31 }, (_, index) => index + 1).filter((day) => {
      const instant = at(`${month}-${String(day).padStart(2, '0')}T12:00:00Z`);
      return new Date(instant).toISOString().startsWith(month) && intervalHolds(interval, instant);
    });
    assert.equal(days.join(' '), expected, `${begin}:${end} in ${month}`);
  }
});

test('the clock is that of the place, through its changes', () => {
  const nine = { ...ANY, times: [{ startMinute: 540, endMinute: 541 }] };
  const rows: readonly [location: string, instant: string, boolean][] = [
    ['Europe/Berlin', '2026-01-05T08:00:00Z', true],
    ['Europe/Berlin', '2026-07-06T07:00:00Z', true],
    ['Europe/Berlin', '2026-07-06T08:00:00Z', false],
    ['Australia/Lord_Howe', '2026-01-04T22:00:00Z', true],
    ['Asia/Kathmandu', '2026-01-05T03:15:00Z', true],
    ['UTC', '2026-01-05T09:00:30Z', true],
  ];
  for (const [location, instant, expected] of rows) {
    assert.equal(intervalHolds({ ...nine, location }, at(instant)), expected, `${location} ${instant}`);
  }
  const twice = { ...ANY, location: 'Europe/Berlin', times: [{ startMinute: 120, endMinute: 180 }] };
  const hours = ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-10-25T02:30:00Z'];
  assert.deepEqual(
    hours.map((instant) => intervalHolds(twice, at(instant))),
    [true, true, false],
    'the hour that comes twice',
  );
  const skipped = { ...twice };
  const spring = ['2026-03-29T00:59:00Z', '2026-03-29T01:00:00Z'];
  assert.deepEqual(
    spring.map((instant) => intervalHolds(skipped, at(instant))),
    [false, false],
    'the hour that is left out',
  );
  const newYear = { ...ANY, location: 'Pacific/Auckland', years: range(2027) };
  assert.equal(intervalHolds(newYear, at('2026-12-31T11:00:00Z')), true);
});

test('a named interval holds when one of its entries does', () => {
  const intervals = new Map([
    [
      'weekend',
      [
        { ...ANY, weekdays: range(6) },
        { ...ANY, weekdays: range(0) },
      ],
    ],
    ['empty', []],
  ]);
  const holding = (instant: string) => namesHolding(['empty', 'weekend', 'unknown'], intervals, at(instant));
  assert.deepEqual(holding('2026-01-04T00:00:00Z'), ['weekend']);
  assert.deepEqual(holding('2026-01-05T00:00:00Z'), []);
});
