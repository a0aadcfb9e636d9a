/** The `time_intervals` section: named lists of times, weekdays, days, months and years. */
import { type Field, field, list, type Rendered, renderText, text, textOf } from './config-fields.ts';
import { type Decoded, mapping } from './config-mapping.ts';
import { complain, type Place } from './config-yaml.ts';
import type { InclusiveRange, TimeInterval } from './time-interval-spec.ts';

const weekdayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const monthNames = 'january february march april may june july august september october november december'.split(' ');

type Parsed<T> = T | { readonly error: string };

interface RangeKind {
  /** A member in lower case to its number. */
  member(text: string): Parsed<number>;
  problemOf(range: InclusiveRange): string | null;
  print(member: number): string;
}

function wholeNumber(member: string): Parsed<number> {
  if (/^[-+]?\d+$/.test(member)) return Number(member);
  return { error: `strconv.Atoi: parsing ${JSON.stringify(member)}: invalid syntax` };
}

const weekdays: RangeKind = {
  member: (name) => {
    const index = weekdayNames.indexOf(name);
    return index === -1 ? { error: `${name} is not a valid weekday` } : index;
  },
  problemOf: ({ begin, end }) => (begin > end ? 'start day cannot be before end day' : null),
  print: (member) => weekdayNames[member] ?? '',
};

const daysOfMonth: RangeKind = {
  member: wholeNumber,
  problemOf: ({ begin, end }) => {
    const outside = [begin, end].find((day) => day === 0 || day < -31 || day > 31);
    if (outside !== undefined) return `${outside} is not a valid day of the month: out of range`;
    if (begin < 0 && end > 0) return 'end day must be negative if start day is negative';
    // Checked on the shortest month: a range that is empty there can never be meant.
    const first = begin < 0 ? 28 + begin : begin;
    const last = end < 0 ? 28 + end : end;
    return first > last ? `end day ${end} is always before start day ${begin}` : null;
  },
  print: String,
};

const months: RangeKind = {
  member: (name) => {
    const index = monthNames.indexOf(name);
    if (index !== -1) return index + 1;
    return /^[-+]?\d+$/.test(name) ? Number(name) : { error: `${name} is not a valid month` };
  },
  problemOf: ({ begin, end }) =>
    begin > end
      ? `end month ${monthNames[end - 1] ?? end} is before start month ${monthNames[begin - 1] ?? begin}`
      : null,
  print: String,
};

const years: RangeKind = {
  member: wholeNumber,
  problemOf: ({ begin, end }) => (begin > end ? `end year ${end} is before start year ${begin}` : null),
  print: String,
};

function ranges(kind: RangeKind): Field<readonly InclusiveRange[] | null> {
  const range = field<InclusiveRange>({
    absent: { begin: 0, end: 0 },
    decode: (place) => {
      const written = textOf(place, 'string');
      const parsed = written === null ? { begin: 0, end: 0 } : parseRange(written.toLowerCase(), kind);
      if (!('error' in parsed)) return parsed;
      complain(place, { code: 'invalid-range', message: parsed.error });
      return { begin: 0, end: 0 };
    },
    isEmpty: () => false,
    render: ({ begin, end }) =>
      renderText(begin === end ? kind.print(begin) : `${kind.print(begin)}:${kind.print(end)}`),
  });
  return orNull(list(range, { goType: '[]timeinterval.InclusiveRange', flow: true, nullItem: 'empty range' }));
}

function parseRange(written: string, kind: RangeKind): Parsed<InclusiveRange> {
  const members = written.split(':');
  if (members.length > 2) return { error: `couldn't parse range ${written}, invalid format` };
  const begin = kind.member(members[0] ?? '');
  if (typeof begin !== 'number') return begin;
  const end = kind.member(members[1] ?? members[0] ?? '');
  if (typeof end !== 'number') return end;
  const problem = kind.problemOf({ begin, end });
  return problem === null ? { begin, end } : { error: problem };
}

/** A list that is null when missing: no condition, while an empty one can never hold. */
function orNull<T>(base: Field<readonly T[]>): Field<readonly T[] | null> {
  return field<readonly T[] | null>({
    absent: null,
    decode: (place) => base.decode(place),
    isEmpty: (value) => value === null || value.length === 0,
    render: (value) => base.render(value ?? []),
  });
}

type TimeRange = NonNullable<TimeInterval['times']>[number];

const timeTexts = mapping({
  goType: 'timeinterval.yamlTimeRange',
  fields: { startTime: text, endTime: text },
});

const timeRange: Field<TimeRange> = field<TimeRange>({
  absent: { startMinute: 0, endMinute: 1440 },
  decode: (place) => {
    const issuesBefore = place.source.issues.length;
    const { startTime, endTime } = timeTexts.decode(place);
    const parsed = parseTimeRange(startTime, endTime);
    if (!('error' in parsed)) return parsed;
    if (place.source.issues.length === issuesBefore) complain(place, { code: 'invalid-time', message: parsed.error });
    return { startMinute: 0, endMinute: 1440 };
  },
  isEmpty: () => false,
  render: ({ startMinute, endMinute }): Rendered => ({
    kind: 'map',
    entries: [
      ['start_time', renderText(printMinute(startMinute))],
      ['end_time', renderText(printMinute(endMinute))],
    ],
  }),
});

function parseTimeRange(startTime: string, endTime: string): Parsed<TimeRange> {
  if (startTime === '' || endTime === '') return { error: 'both start and end times must be provided' };
  const startMinute = parseMinute(startTime);
  if (typeof startMinute !== 'number') return startMinute;
  const endMinute = parseMinute(endTime);
  if (typeof endMinute !== 'number') return endMinute;
  if (startMinute >= endMinute) return { error: 'start time cannot be equal or greater than end time' };
  return { startMinute, endMinute };
}

function parseMinute(time: string): Parsed<number> {
  const [, hours = '', minutes = ''] = /^((?:[01]\d|2[0-3]|24(?=:00)):)([0-5]\d)$/.exec(time) ?? [];
  if (minutes === '') return { error: `couldn't parse timestamp ${time}, invalid format` };
  return Number(hours.slice(0, 2)) * 60 + Number(minutes);
}

function printMinute(minute: number): string {
  const hours = String(Math.floor(minute / 60)).padStart(2, '0');
  return `${hours}:${String(minute % 60).padStart(2, '0')}`;
}

const location: Field<string | null> = field<string | null>({
  absent: null,
  decode: (place: Place) => {
    const name = textOf(place, 'string');
    if (name === null || isTimeZone(name)) return name;
    const hint = 'write an IANA name such as Europe/Berlin';
    complain(place, { code: 'unknown-time-zone', message: `unknown time zone ${name}`, hint });
    return null;
  },
  isEmpty: (value) => value === null,
  render: (value) => renderText(value === '' ? 'UTC' : (value ?? '')),
});

function isTimeZone(name: string): boolean {
  if (['', 'UTC', 'Local'].includes(name)) return true;
  // Offsets such as +01:00 are zones to JavaScript only.
  if (!/^[A-Z]/i.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const timeIntervalEntry = mapping({
  goType: 'timeinterval.TimeInterval',
  fields: {
    times: orNull(list(timeRange, { goType: '[]timeinterval.TimeRange', nullItem: 'empty time range' })),
    weekdays: ranges(weekdays),
    daysOfMonth: ranges(daysOfMonth),
    months: ranges(months),
    years: ranges(years),
    location,
  },
});

function namedIntervals(what: string) {
  return list(
    mapping({
      goType: 'config.plain',
      fields: {
        name: { ...text, always: true },
        timeIntervals: {
          ...list(timeIntervalEntry, { goType: '[]timeinterval.TimeInterval' }),
          always: true,
        },
      },
      check: ({ name }, report) => {
        if (name === '') report(`missing name in ${what}`);
      },
    }),
    { goType: '[]config.TimeInterval', nullItem: `missing name in ${what}` },
  );
}

/** The `time_intervals` section. */
export const timeIntervals = namedIntervals('time interval');
/** The older `mute_time_intervals` section; its names live among those of `time_intervals`. */
export const muteTimeIntervals = namedIntervals('mute time interval');

/** A named time interval as the file has it: it holds when one of its entries does. */
export type NamedTimeInterval = Decoded<{ name: Field<string>; timeIntervals: Field<readonly TimeInterval[]> }>;
