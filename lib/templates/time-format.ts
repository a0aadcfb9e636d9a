import { type CivilTime, civilTime, MONTHS, WEEKDAYS } from './calendar.ts';
import { readZone, type ZoneReading } from './zone.ts';

/** Layout of a time's default text. */
export const TIME_TEXT_LAYOUT = '2006-01-02 15:04:05.999999999 -0700 MST';
/** RFC 3339 with as many digits of a second as there are: how times stand in JSON. */
export const RFC3339_NANO_LAYOUT = '2006-01-02T15:04:05.999999999Z07:00';

/** One piece of a layout: `element` is "" for text that stands for itself. */
export interface LayoutPiece {
  readonly literal: string;
  readonly element: string;
}

/** Elements of the reference time, longest first where one begins with another. */
const ELEMENTS =
  /Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07|January|Monday|Jan(?![a-z])|Mon(?![a-z])|MST|2006|__2|_2006|_2|002|0[1-6]|15|PM|pm|[.,](?:0+|9+)(?![0-9])|[1-6]/g;

/** Cuts a Go layout (`2006-01-02 15:04:05`) into literal text and elements. */
export function parseLayout(layout: string): readonly LayoutPiece[] {
  const pieces: LayoutPiece[] = [];
  let end = 0;
  for (const match of layout.matchAll(ELEMENTS)) {
    const isYearAfterUnderscore = match[0] === '_2006';
    const at = match.index + (isYearAfterUnderscore ? 1 : 0);
    pieces.push({ literal: layout.slice(end, at), element: isYearAfterUnderscore ? '2006' : match[0] });
    end = match.index + match[0].length;
  }
  pieces.push({ literal: layout.slice(end), element: '' });
  return pieces;
}

/** Formats an instant by a Go layout, on the clock of a zone. */
export function formatTime(epochNs: bigint, zone: string, layout: string): string {
  const reading = readZone(epochNs, zone);
  const civil = civilTime(epochNs, reading.offsetS);
  return parseLayout(layout)
    .map(({ literal, element }) => literal + formatElement(element, civil, reading))
    .join('');
}

function formatElement(element: string, civil: CivilTime, reading: ZoneReading): string {
  if (/^[.,]/.test(element)) return formatFraction(element, civil.nanosecond);
  if (/^[Z-]0/.test(element)) return formatOffset(element, reading.offsetS);
  const hour12 = civil.hour % 12 === 0 ? 12 : civil.hour % 12;
  switch (element) {
    case '2006':
      return pad(civil.year, 4);
    case '06':
      return pad(civil.year % 100, 2);
    case 'January':
      return MONTHS[civil.month - 1] ?? '';
    case 'Jan':
      return (MONTHS[civil.month - 1] ?? '').slice(0, 3);
    case 'Monday':
      return WEEKDAYS[civil.weekday] ?? '';
    case 'Mon':
      return (WEEKDAYS[civil.weekday] ?? '').slice(0, 3);
    case '01':
      return pad(civil.month, 2);
    case '1':
      return String(civil.month);
    case '02':
      return pad(civil.day, 2);
    case '_2':
      return String(civil.day).padStart(2, ' ');
    case '2':
      return String(civil.day);
    case '__2':
      return String(civil.yearDay).padStart(3, ' ');
    case '002':
      return pad(civil.yearDay, 3);
    case '15':
      return pad(civil.hour, 2);
    case '03':
      return pad(hour12, 2);
    case '3':
      return String(hour12);
    default:
      return formatSmall(element, civil, reading);
  }
}

function formatSmall(element: string, civil: CivilTime, reading: ZoneReading): string {
  switch (element) {
    case '04':
      return pad(civil.minute, 2);
    case '4':
      return String(civil.minute);
    case '05':
      return pad(civil.second, 2);
    case '5':
      return String(civil.second);
    case 'PM':
      return civil.hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return civil.hour >= 12 ? 'pm' : 'am';
    case 'MST':
      return reading.abbreviation;
    default:
      return element;
  }
}

/** `.000` keeps zeros at the end, `.999` drops them, and itself when nothing is left. */
function formatFraction(element: string, nanosecond: number): string {
  const digits = pad(nanosecond, 9)
    .slice(0, element.length - 1)
    .padEnd(Math.min(element.length - 1, 9), '0');
  if (element.charAt(1) === '0') return element.charAt(0) + digits;
  const trimmed = digits.replace(/0+$/, '');
  return trimmed === '' ? '' : element.charAt(0) + trimmed;
}

function formatOffset(element: string, offsetS: number): string {
  if (element.startsWith('Z') && offsetS === 0) return 'Z';
  const magnitude = Math.abs(offsetS);
  const parts = [Math.floor(magnitude / 3600), Math.floor(magnitude / 60) % 60, magnitude % 60];
  const isColoned = element.includes(':');
  const count =
    (isColoned ? element.length - 1 : element.length) <= 3 ? 1 : /00:?00$/.test(element) && element.length > 6 ? 3 : 2;
  const shown = parts.slice(0, count).map((part) => pad(part, 2));
  return (offsetS < 0 ? '-' : '+') + shown.join(isColoned ? ':' : '');
}

function pad(value: number, width: number): string {
  return value < 0 ? `-${String(-value).padStart(width, '0')}` : String(value).padStart(width, '0');
}
