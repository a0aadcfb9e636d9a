import { MILLISECOND_NS } from './calendar.ts';
import { type FunctionTable, fixed, sliceAt, stringsAt, textAt, timeAt, valueAt, variadic } from './functions.ts';
import { humanizeDuration, toNumber } from './numbers.ts';
import { regexFunctions } from './regex-functions.ts';
import { CallError } from './template-error.ts';
import { joinTexts } from './text-builder.ts';
import { formatTime } from './time-format.ts';
import { clampDuration } from './time-methods.ts';
import { parseTime } from './time-parse.ts';
import { lowerText, titleWords, upperText } from './title-case.ts';
import { toJson } from './to-json.ts';
import { byteLength, decodeUtf8, encodeUtf8 } from './utf8.ts';
import {
  durationValue,
  listValue,
  mapValue,
  stringsValue,
  textOf,
  timeValue,
  type Value,
  ZERO_TIME_NS,
} from './value.ts';
import { isZone } from './zone.ts';

/** What notification templates ask of their surroundings. */
export interface NotifyScope {
  /** Answers `now` and `since`. */
  readonly nowMs: number;
  /** The rendered text of a label of the route, for `routeLabels "name"`; see `routeLabelRenderer`. */
  readonly routeLabel: (name: string) => string;
}

/** The functions of notification templates, those of Alertmanager 0.34 included. */
export function notifyFunctions({ nowMs, routeLabel }: NotifyScope): FunctionTable {
  const nowNs = BigInt(Math.trunc(nowMs)) * MILLISECOND_NS;
  return new Map([
    ...textFunctions,
    ...regexFunctions,
    ...collectionFunctions,
    ...timeFunctions,
    ['now', fixed([], () => timeValue(nowNs))],
    ['since', fixed(['time.Time'], (args) => durationValue(clampDuration(nowNs - timeAt(args, 0).epochNs)))],
    ['routeLabels', fixed(['string'], (args) => routeLabel(textAt(args, 0)))],
  ]);
}

/**
 * Renders the labels of a route on demand. One label may use others through `routeLabels`; a circle is an error.
 * A label the route does not have is "".
 */
export function routeLabelRenderer(
  texts: ReadonlyMap<string, string>,
  render: (text: string) => string,
): (name: string) => string {
  const open: string[] = [];
  return (name) => {
    if (open.includes(name)) throw new CallError(`route label cycle: ${[...open, name].join(' -> ')}`);
    open.push(name);
    try {
      return render(texts.get(name) ?? '');
    } finally {
      open.pop();
    }
  };
}

const textFunctions: FunctionTable = new Map([
  ['toUpper', fixed(['string'], (args) => upperText(textAt(args, 0)))],
  ['toLower', fixed(['string'], (args) => lowerText(textAt(args, 0)))],
  ['title', fixed(['string'], (args) => titleWords(textAt(args, 0), 'lower'))],
  ['trimSpace', fixed(['string'], (args) => trimSpace(textAt(args, 0)))],
  ['join', fixed(['string', '[]string'], (args) => joinTexts(stringsAt(args, 1), textAt(args, 0)))],
  ['stringSlice', variadic([], 'string', (args) => stringsValue(args.map((arg) => textOf(arg) ?? '')))],
  ['safeHtml', fixed(['string'], (args) => ({ kind: 'text', type: 'template.HTML', text: textAt(args, 0) }))],
  ['safeUrl', fixed(['string'], (args) => ({ kind: 'text', type: 'template.URL', text: textAt(args, 0) }))],
  ['urlUnescape', fixed(['string'], (args) => unescapeQuery(textAt(args, 0)))],
  ['base64encode', fixed(['string'], (args) => encodeBase64(textAt(args, 0)))],
  ['base64decode', fixed(['string'], (args) => decodeBase64(textAt(args, 0)))],
]);

/** White space by Unicode, without the byte order mark that JavaScript counts in. */
function trimSpace(text: string): string {
  return text.replace(/^[\p{White_Space}]+|[\p{White_Space}]+$/gu, '');
}

function unescapeQuery(text: string): string {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/su.exec(text);
  if (bad !== null) throw new CallError(`invalid URL escape ${JSON.stringify(bad[0])}`);
  const bytes: number[] = [];
  for (const [piece] of text.replaceAll('+', ' ').matchAll(/%[0-9a-fA-F]{2}|[^%]+/g)) {
    if (piece.startsWith('%')) bytes.push(Number.parseInt(piece.slice(1), 16));
    else for (const byte of encodeUtf8(piece)) bytes.push(byte);
  }
  return decodeUtf8(Uint8Array.from(bytes));
}

/** With the alphabet for URLs (`-` and `_`), padded. */
function encodeBase64(text: string): string {
  const bytes = Array.from(encodeUtf8(text), (byte) => String.fromCharCode(byte)).join('');
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_');
}

function decodeBase64(text: string): string {
  const bad = /[^A-Za-z0-9\-_=]|=(?!=?$)/.exec(text);
  if (bad !== null || text.length % 4 !== 0) {
    throw new CallError(`illegal base64 data at input byte ${byteLength(text.slice(0, bad?.index ?? text.length))}`);
  }
  const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return decodeUtf8(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
}

const collectionFunctions: FunctionTable = new Map([
  ['list', variadic([], 'any', (args) => listValue(args))],
  ['append', variadic(['[]interface {}'], 'any', (args) => listValue([...sliceAt(args, 0).items, ...args.slice(1)]))],
  ['dict', variadic([], 'any', dictOf)],
  ['toJson', fixed(['any'], (args) => toJson(valueAt(args, 0)))],
]);

function dictOf(args: readonly Value[]): Value {
  if (args.length % 2 !== 0) throw new CallError('dict requires an even number of arguments');
  const entries = new Map<string, Value>();
  for (let i = 0; i < args.length; i += 2) {
    const key = valueAt(args, i);
    if (typeof key !== 'string') throw new CallError('dict keys must be strings');
    entries.set(key, valueAt(args, i + 1));
  }
  return mapValue(entries);
}

const timeFunctions: FunctionTable = new Map([
  ['humanizeDuration', fixed(['any'], (args) => humanizeDuration(toNumber(valueAt(args, 0))))],
  [
    'date',
    fixed(['string', 'time.Time'], (args) =>
      formatTime(timeAt(args, 1).epochNs, timeAt(args, 1).zone, textAt(args, 0)),
    ),
  ],
  ['tz', fixed(['string', 'time.Time'], (args) => inZone(textAt(args, 0), timeAt(args, 1).epochNs))],
  ['toDate', fixed(['string', 'string'], (args) => toDate(args) ?? timeValue(ZERO_TIME_NS))],
  ['mustToDate', fixed(['string', 'string'], mustToDate)],
]);

function inZone(zone: string, epochNs: bigint): Value {
  if (!isZone(zone)) throw new CallError(`unknown time zone ${zone}`);
  return timeValue(epochNs, zone);
}

function toDate(args: readonly Value[]): Value {
  const time = parseTime(textAt(args, 0), textAt(args, 1));
  return 'error' in time ? null : time;
}

function mustToDate(args: readonly Value[]): Value {
  const time = parseTime(textAt(args, 0), textAt(args, 1));
  if ('error' in time) throw new CallError(time.error);
  return time;
}
