import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { civilTime, epochDays } from '../../lib/templates/calendar.ts';
import { printGoDuration } from '../../lib/templates/duration-text.ts';
import { formatTime } from '../../lib/templates/time-format.ts';
import { parseTime } from '../../lib/templates/time-parse.ts';
import { isZone } from '../../lib/templates/zone.ts';
import { renderNotification } from './notification.ts';

/** 2026-01-02T03:04:05.006070800Z, a Friday. */
const INSTANT = 1_767_323_045_006_070_800n;

const layouts: readonly (readonly [layout: string, expected: string])[] = [
  ['2006-01-02T15:04:05Z07:00', '2026-01-02T03:04:05Z'],
  ['Mon Monday Jan January 1 01 2 02 _2', 'Fri Friday Jan January 1 01 2 02  2'],
  ['06 2006 002 __2', '26 2026 002   2'],
  ['3 03 15 4 04 5 05 PM pm', '3 03 03 4 04 5 05 AM am'],
  ['.000 .000000 .999 .999999999 ,000', '.006 .006070 .006 .0060708 ,006'],
  ['MST -0700 -07:00 -07 Z0700 Z07', 'UTC +0000 +00:00 +00 Z Z'],
  ['Janet Mondays _2006 x', 'Janet Fridays _2026 x'],
  ['', ''],
];

test('times print by Go layouts', async (t) => {
  for (const [layout, expected] of layouts) {
    await t.test(layout, () => assert.equal(formatTime(INSTANT, 'UTC', layout), expected));
  }
});

const zones: readonly (readonly [zone: string, winter: string, summer: string])[] = [
  ['UTC', 'UTC +0000', 'UTC +0000'],
  ['Europe/Paris', 'CET +0100', 'CEST +0200'],
  ['America/New_York', 'EST -0500', 'EDT -0400'],
  ['America/St_Johns', 'NST -0330', 'NDT -0230'],
  ['Australia/Sydney', 'AEDT +1100', 'AEST +1000'],
  ['Asia/Kolkata', 'IST +0530', 'IST +0530'],
  ['Asia/Tokyo', 'JST +0900', 'JST +0900'],
  ['Asia/Kathmandu', '+0545 +0545', '+0545 +0545'],
  ['Asia/Dubai', '+04 +0400', '+04 +0400'],
  ['America/Sao_Paulo', '-03 -0300', '-03 -0300'],
  ['Asia/Jerusalem', 'IST +0200', 'IDT +0300'],
];

test('zones have the offsets and letters of the zone database', async (t) => {
  const halfYearNs = 15_552_000n * 1_000_000_000n;
  for (const [zone, winter, summer] of zones) {
    await t.test(zone, () => {
      assert.equal(formatTime(INSTANT, zone, 'MST -0700'), winter);
      assert.equal(formatTime(INSTANT + halfYearNs, zone, 'MST -0700'), summer);
    });
  }
  assert.deepEqual(['Europe/Berlin', '', 'Local', 'Nope/Zone', '+01:00', '../etc'].map(isZone), [
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('the calendar holds from year 1 on', () => {
  assert.equal(
    formatTime(-62_135_596_800_000_000_000n, 'UTC', '2006-01-02 15:04:05 Monday'),
    '0001-01-01 00:00:00 Monday',
  );
  assert.equal(formatTime(-1n, 'UTC', '2006-01-02 15:04:05.000000000'), '1969-12-31 23:59:59.999999999');
  assert.equal(formatTime(951_782_400_000_000_000n, 'UTC', '2006-01-02 002'), '2000-02-29 060');
});

test('days and dates are inverse', () => {
  fc.assert(
    fc.property(fc.integer({ min: -719_162, max: 2_932_896 }), (days) => {
      const civil = civilTime(BigInt(days) * 86_400_000_000_000n, 0);
      assert.equal(epochDays(civil.year, civil.month, civil.day), days);
      assert.equal(civil.weekday, (((days + 4) % 7) + 7) % 7);
    }),
  );
});

test('what a layout prints it parses back', () => {
  const layout = 'Mon Jan _2 15:04:05.999999999 -07:00 2006';
  fc.assert(
    fc.property(fc.bigInt({ min: -62_135_596_800_000_000_000n, max: 253_402_300_799_999_999_999n }), (epochNs) => {
      const parsed = parseTime(layout, formatTime(epochNs, 'UTC', layout));
      assert.ok('epochNs' in parsed && parsed.epochNs === epochNs);
    }),
  );
});

const parsed: readonly (readonly [layout: string, text: string, expected: string])[] = [
  ['2006-01-02', '2026-05-06', '2026-05-06 00:00:00 +0000 UTC'],
  ['2006-01-02T15:04:05Z07:00', '2026-05-06T01:02:03.5+02:00', '2026-05-05 23:02:03.5 +0000 UTC'],
  ['Jan 2, 2006 at 3:04pm (MST)', 'Feb 3, 2013 at 7:54pm (PST)', '2013-02-03 19:54:00 +0000 UTC'],
  ['2006-01-02', '2026-02-30', 'parsing time "2026-02-30": day out of range'],
  ['2006-01-02', '2026-13-01', 'parsing time "2026-13-01": month out of range'],
  ['2006-01-02', '2026-01-02x', 'parsing time "2026-01-02x": extra text: "x"'],
  ['2006-01-02', '2026/01/02', 'parsing time "2026/01/02" as "2006-01-02": cannot parse "/01/02" as "-"'],
];

test('texts parse by Go layouts, or say where they do not', async (t) => {
  for (const [layout, text, expected] of parsed) {
    await t.test(text, () => {
      const time = parseTime(layout, text);
      const shown =
        'error' in time ? time.error : formatTime(time.epochNs, time.zone, '2006-01-02 15:04:05.999999999 -0700 MST');
      assert.equal(shown, expected);
    });
  }
});

const durations: readonly (readonly [lengthNs: bigint, expected: string])[] = [
  [0n, '0s'],
  [1n, '1ns'],
  [1_100n, '1.1µs'],
  [2_200_000n, '2.2ms'],
  [3_300_000_000n, '3.3s'],
  [245_000_000_000n, '4m5s'],
  [18_367_001_000_000n, '5h6m7.001s'],
  [-90_000_000_000n, '-1m30s'],
];

test('durations print as Go prints them', async (t) => {
  for (const [lengthNs, expected] of durations) {
    await t.test(expected, () => assert.equal(printGoDuration(lengthNs), expected));
  }
});

const methods: readonly (readonly [text: string, expected: string])[] = [
  [
    '{{ $t := now }}{{ $t.Year }} {{ $t.Month }} {{ $t.Day }} {{ $t.Hour }} {{ $t.Minute }} {{ $t.Second }} {{ $t.Nanosecond }}',
    '2026 January 2 4 4 5 678000000',
  ],
  [
    '{{ now.Weekday }} {{ now.YearDay }} {{ now.Unix }} {{ now.UnixMilli }} {{ now.UnixNano }}',
    'Friday 2 1767326645 1767326645678 1767326645678000000',
  ],
  [
    '{{ now.Add 3600000000000 }} {{ now.AddDate 0 1 30 }}',
    '2026-01-02 05:04:05.678 +0000 UTC 2026-03-04 04:04:05.678 +0000 UTC',
  ],
  [
    '{{ now.Truncate 3600000000000 }} {{ now.Round 1000000000 }}',
    '2026-01-02 04:00:00 +0000 UTC 2026-01-02 04:04:06 +0000 UTC',
  ],
  [
    '{{ $a := index .Alerts 1 }}{{ $a.StartsAt.Before $a.EndsAt }} {{ $a.StartsAt.After $a.EndsAt }} {{ $a.StartsAt.Equal $a.StartsAt }} {{ $a.StartsAt.Compare $a.EndsAt }}',
    'true false true -1',
  ],
  ['{{ (index .Alerts 0).EndsAt.IsZero }} {{ (now.Sub (index .Alerts 0).EndsAt) }}', 'true 2562047h47m16.854775807s'],
  [
    '{{ $d := now.Sub (index .Alerts 1).EndsAt }}{{ $d }} {{ $d.Seconds }} {{ $d.Minutes }} {{ $d.Hours }} {{ $d.Milliseconds }}',
    '30m0s 1800 30 0.5 1800000',
  ],
  [
    '{{ $d := since (now.Add 90500000000) }}{{ $d }} {{ $d.Abs }} {{ $d.Round 60000000000 }} {{ $d.Truncate 60000000000 }}',
    '-1m30.5s 1m30.5s -2m0s -1m0s',
  ],
  [
    '{{ (tz "Asia/Tokyo" now).Hour }} {{ (tz "Asia/Tokyo" now).UTC.Hour }} {{ (tz "Asia/Tokyo" now).Format "15:04 MST" }}',
    '13 4 13:04 JST',
  ],
];

test('times and durations have Go’s methods', async (t) => {
  for (const [text, expected] of methods) await t.test(text, () => assert.equal(renderNotification(text), expected));
});
