import { type CivilTime, civilTime, epochDays, floorDivide, MILLISECOND_NS, SECOND_NS } from './calendar.ts';
import { printGoDuration } from './duration-text.ts';
import { fixed, intAt, type TemplateFunction, textAt, timeAt } from './functions.ts';
import { stringerText } from './stringer.ts';
import { CallError } from './template-error.ts';
import { formatTime } from './time-format.ts';
import {
  DURATION_TYPE,
  durationValue,
  floatValue,
  intValue,
  type TimeValue,
  timeValue,
  type Value,
  ZERO_TIME_NS,
} from './value.ts';
import { readZone } from './zone.ts';

const TIME = 'time.Time';
const DAY_NS = 86_400n * SECOND_NS;
const MAX_DURATION_NS = 2n ** 63n - 1n;
const MAX_DATE_STEPS = 1_000_000;
const MINUTE_NS = 60n * SECOND_NS;

/** Methods of time.Time, by name, each bound to its receiver. */
export const timeMethods: ReadonlyMap<string, (time: TimeValue) => TemplateFunction> = new Map([
  ['String', (time) => reading(() => stringerText(time))],
  ['Format', (time) => fixed(['string'], (args) => formatTime(time.epochNs, time.zone, textAt(args, 0)))],
  ['Unix', (time) => reading(() => intValue(floorDivide(time.epochNs, SECOND_NS), 'int64'))],
  ['UnixMilli', (time) => reading(() => intValue(floorDivide(time.epochNs, MILLISECOND_NS), 'int64'))],
  ['UnixMicro', (time) => reading(() => intValue(floorDivide(time.epochNs, 1000n), 'int64'))],
  ['UnixNano', (time) => reading(() => intValue(BigInt.asIntN(64, time.epochNs), 'int64'))],
  ['Year', (time) => reading(() => intValue(civilOf(time).year))],
  ['Month', (time) => reading(() => intValue(civilOf(time).month, 'time.Month'))],
  ['Day', (time) => reading(() => intValue(civilOf(time).day))],
  ['Hour', (time) => reading(() => intValue(civilOf(time).hour))],
  ['Minute', (time) => reading(() => intValue(civilOf(time).minute))],
  ['Second', (time) => reading(() => intValue(civilOf(time).second))],
  ['Nanosecond', (time) => reading(() => intValue(civilOf(time).nanosecond))],
  ['YearDay', (time) => reading(() => intValue(civilOf(time).yearDay))],
  ['Weekday', (time) => reading(() => intValue(civilOf(time).weekday, 'time.Weekday'))],
  ['IsZero', (time) => reading(() => time.epochNs === ZERO_TIME_NS)],
  ['UTC', (time) => reading(() => timeValue(time.epochNs))],
  ['Local', (time) => reading(() => timeValue(time.epochNs))],
  ['Before', (time) => fixed([TIME], (args) => time.epochNs < timeAt(args, 0).epochNs)],
  ['After', (time) => fixed([TIME], (args) => time.epochNs > timeAt(args, 0).epochNs)],
  ['Equal', (time) => fixed([TIME], (args) => time.epochNs === timeAt(args, 0).epochNs)],
  ['Compare', (time) => fixed([TIME], (args) => intValue(compareInstants(time.epochNs, timeAt(args, 0).epochNs)))],
  ['Sub', (time) => fixed([TIME], (args) => durationValue(clampDuration(time.epochNs - timeAt(args, 0).epochNs)))],
  ['Add', (time) => fixed([DURATION_TYPE], (args) => timeValue(time.epochNs + intAt(args, 0), time.zone))],
  ['AddDate', (time) => fixed(['int', 'int', 'int'], (args) => addDate(time, args))],
  ['Truncate', (time) => fixed([DURATION_TYPE], (args) => roundTime(time, intAt(args, 0), truncateTo))],
  ['Round', (time) => fixed([DURATION_TYPE], (args) => roundTime(time, intAt(args, 0), roundTo))],
]);

/** Methods of time.Duration, by name, each bound to its length in nanoseconds. */
export const durationMethods: ReadonlyMap<string, (lengthNs: bigint) => TemplateFunction> = new Map([
  ['String', (lengthNs) => reading(() => printGoDuration(lengthNs))],
  ['Nanoseconds', (lengthNs) => reading(() => intValue(lengthNs, 'int64'))],
  ['Microseconds', (lengthNs) => reading(() => intValue(lengthNs / 1000n, 'int64'))],
  ['Milliseconds', (lengthNs) => reading(() => intValue(lengthNs / MILLISECOND_NS, 'int64'))],
  ['Seconds', (lengthNs) => reading(() => floatValue(inUnits(lengthNs, SECOND_NS)))],
  ['Minutes', (lengthNs) => reading(() => floatValue(inUnits(lengthNs, MINUTE_NS)))],
  ['Hours', (lengthNs) => reading(() => floatValue(inUnits(lengthNs, 60n * MINUTE_NS)))],
  ['Abs', (lengthNs) => reading(() => durationValue(lengthNs < 0n ? -lengthNs : lengthNs))],
  ['Truncate', (lengthNs) => fixed([DURATION_TYPE], (args) => durationValue(truncateTo(lengthNs, intAt(args, 0))))],
  ['Round', (lengthNs) => fixed([DURATION_TYPE], (args) => durationValue(roundTo(lengthNs, intAt(args, 0))))],
]);

function reading(read: () => Value): TemplateFunction {
  return fixed([], read);
}

function civilOf(time: TimeValue): CivilTime {
  return civilTime(time.epochNs, readZone(time.epochNs, time.zone).offsetS);
}

/** Go adds the whole units and the rest apart, which keeps the rest exact. */
function inUnits(lengthNs: bigint, unitNs: bigint): number {
  return Number(lengthNs / unitNs) + Number(lengthNs % unitNs) / Number(unitNs);
}

function compareInstants(a: bigint, b: bigint): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Go's durations end at 292 years; longer ones are cut to that. */
export function clampDuration(lengthNs: bigint): bigint {
  if (lengthNs > MAX_DURATION_NS) return MAX_DURATION_NS;
  return lengthNs < -MAX_DURATION_NS - 1n ? -MAX_DURATION_NS - 1n : lengthNs;
}

function addDate(time: TimeValue, args: readonly Value[]): TimeValue {
  const offsetS = readZone(time.epochNs, time.zone).offsetS;
  const civil = civilTime(time.epochNs, offsetS);
  const [years, months, days] = [intAt(args, 0), intAt(args, 1), intAt(args, 2)].map(Number);
  if (Math.abs(years ?? 0) + Math.abs(months ?? 0) + Math.abs(days ?? 0) > MAX_DATE_STEPS) {
    throw new CallError(`more than ${MAX_DATE_STEPS} years, months or days`);
  }
  const from = epochDays(civil.year, civil.month, civil.day);
  const to = epochDays(civil.year + (years ?? 0), civil.month + (months ?? 0), civil.day + (days ?? 0));
  return timeValue(time.epochNs + BigInt(to - from) * DAY_NS, time.zone);
}

/** Rounds from the zero time, as Go does, so that weeks begin on Mondays. */
function roundTime(time: TimeValue, unitNs: bigint, round: (lengthNs: bigint, unitNs: bigint) => bigint): TimeValue {
  return timeValue(round(time.epochNs - ZERO_TIME_NS, unitNs) + ZERO_TIME_NS, time.zone);
}

function truncateTo(lengthNs: bigint, unitNs: bigint): bigint {
  return unitNs <= 0n ? lengthNs : lengthNs - (lengthNs % unitNs);
}

/** Halves round away from zero. */
function roundTo(lengthNs: bigint, unitNs: bigint): bigint {
  if (unitNs <= 0n) return lengthNs;
  const magnitude = lengthNs < 0n ? -lengthNs : lengthNs;
  const rounded = ((2n * magnitude + unitNs) / (2n * unitNs)) * unitNs;
  return lengthNs < 0n ? -rounded : rounded;
}
