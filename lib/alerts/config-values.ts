/** Kinds of values with a grammar of their own: secrets, URLs, host and port, durations, free YAML trees. */
import { isMap, isScalar, isSeq } from 'yaml';
import { parseDuration, printDuration } from '../model/duration.ts';
import { goQuote } from '../model/go-text.ts';
import { type Secret, secret } from '../model/secret.ts';
import {
  byName,
  complainOfType,
  type Field,
  field,
  RENDERED_NULL,
  type Rendered,
  renderText,
  textOf,
} from './config-fields.ts';
import {
  complain,
  follow,
  isNull,
  mappingEntries,
  type Place,
  type ResolvedScalar,
  resolveScalar,
  sequenceItems,
  warn,
} from './config-yaml.ts';

/** The address of Slack's bot API is no secret; Alertmanager accepts some settings only together with it. */
export const SLACK_BOT_API = 'https://slack.com/api/chat.postMessage';

const renderSecret = (value: Secret | null): Rendered =>
  renderText(value?.reveal() === SLACK_BOT_API ? SLACK_BOT_API : '<secret>');

/** A secret; null when missing or empty. */
export const secretText: Field<Secret | null> = field<Secret | null>({
  absent: null,
  decode: (place) => {
    const value = textOf(place, 'string') ?? '';
    return value === '' ? null : secret(value);
  },
  isEmpty: (value) => value === null,
  render: renderSecret,
});

/** An http or https address as text; null when missing. */
export const url: Field<string | null> = field<string | null>({
  absent: null,
  decode: (place) => {
    const value = textOf(place, 'string');
    return value === null || complainOfUrl(place, value, '') ? null : value;
  },
  isEmpty: (value) => value === null,
  render: (value) => (value === null ? RENDERED_NULL : renderText(maskPassword(value))),
});

/** An address with `xxxxx` in the place of its password. */
export function maskPassword(address: string): string {
  return address.replace(/^([^:/?#]+:\/\/[^:/?#@]*):[^/?#]*@/, '$1:xxxxx@');
}

/** An address that grants access to who knows it; null when missing. `<secret>` stands for itself in a printed configuration. */
export const secretUrl: Field<Secret | null> = field<Secret | null>({
  absent: null,
  decode: (place) => {
    const value = textOf(place, 'string');
    if (value === null) return null;
    return value !== '<secret>' && complainOfUrl(place, value, '') ? null : secret(value);
  },
  isEmpty: (value) => value === null,
  render: renderSecret,
});

/** A secret address that may be a template; then it is checked only after it is rendered. */
export const secretTemplateUrl: Field<Secret | null> = field<Secret | null>({
  absent: null,
  decode: (place) => {
    const value = textOf(place, 'string') ?? '';
    if (value === '') return null;
    if (value !== '<secret>' && !value.includes('{{') && complainOfUrl(place, value, 'invalid URL: ')) return null;
    return secret(value);
  },
  isEmpty: (value) => value === null,
  render: renderSecret,
});

function complainOfUrl(place: Place, text: string, prefix: string): boolean {
  const problem = problemOfUrl(text);
  if (problem === null) return false;
  complain(place, { code: 'invalid-url', message: `${prefix}${problem}`, hint: 'write http://HOST or https://HOST' });
  return true;
}

/** Null for an http(s) address with a host. The message never repeats the address: it may be secret. */
function problemOfUrl(text: string): string | null {
  if ([...text].some((character) => character <= ' ' || character === '\x7f')) return 'invalid character in URL';
  const [, scheme = ''] = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text) ?? [];
  if (scheme === '' && /^[^/?#]*:/.test(text)) return 'first path segment in URL cannot contain colon';
  if (!/^https?$/i.test(scheme)) return `unsupported scheme ${goQuote(scheme.toLowerCase())} for URL`;
  const [, authority = ''] = /^[^:]*:\/\/([^/?#]*)/.exec(text) ?? [];
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (host === '') return 'missing host for URL';
  if (!/^(\[[^\]]*\]|[^:[\]]*)(:\d*)?$/.test(host)) return 'invalid port or host in URL';
  return /%(?![0-9a-fA-F]{2})/.test(text) ? 'invalid URL escape' : null;
}

/** `host:port` with a port that is not empty; "" when missing. */
export const hostPort: Field<string> = field({
  absent: '',
  decode: (place) => {
    const value = textOf(place, 'string') ?? '';
    const problem = value === '' ? null : problemOfHostPort(value);
    if (problem === null) return value;
    complain(place, { code: 'invalid-address', message: problem, hint: 'write host:port' });
    return '';
  },
  isEmpty: (value) => value === '',
  render: renderText,
});

function problemOfHostPort(address: string): string | null {
  const [, port] = /^(?:\[[^\]]*\]|[^:]*):([^:]*)$/.exec(address) ?? [];
  if (port === '') return `address ${goQuote(address)}: port cannot be empty`;
  if (port !== undefined) return null;
  return `address ${address}: ${/^(\[[^\]]*\]|[^:]*)$/.test(address) ? 'missing port' : 'too many colons'} in address`;
}

/** Reads a Prometheus duration in milliseconds, or null after a complaint. */
export function readDuration(place: Place): number | null {
  const value = textOf(place, 'string');
  if (value === null) return null;
  const lengthMs = parseDuration(value);
  if (typeof lengthMs === 'number') return lengthMs;
  complain(place, { code: 'invalid-duration', message: lengthMs.error, hint: 'write for example 30s, 5m or 1h30m' });
  return null;
}

export const renderDuration = (lengthMs: number): Rendered => renderText(printDuration(lengthMs));

/** A Prometheus duration (`1h30m`). */
export const duration: Field<number> = field({
  absent: 0,
  decode: (place) => readDuration(place) ?? 0,
  isEmpty: (value) => value === 0,
  render: renderDuration,
});

const goUnitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A Go duration (`1.5s`, `1h30m`; a bare whole number is nanoseconds), in milliseconds, possibly with a fraction. */
export const goDuration: Field<number> = field({
  absent: 0,
  decode: (place) => {
    const node = follow(place);
    const resolved = isScalar(node) ? resolveScalar(node) : null;
    if (typeof resolved === 'number' && Number.isInteger(resolved)) return resolved / 1e6;
    const lengthMs = typeof resolved === 'string' ? parseGoDuration(resolved) : null;
    if (lengthMs === null && node !== null) complainOfType(place, node, 'time.Duration');
    return lengthMs ?? 0;
  },
  isEmpty: (value) => value === 0,
  render: (value) => renderText(printGoDuration(value)),
});

/** As `goDuration`, without the bare number: Pushover's times. */
export const goDurationText: Field<number> = field({
  ...goDuration,
  decode: (place: Place) => {
    const value = textOf(place, 'string') ?? '';
    const lengthMs = parseGoDuration(value);
    if (lengthMs !== null) return lengthMs;
    complain(place, {
      code: 'invalid-duration',
      message: `time: invalid duration ${goQuote(value)}`,
      hint: 'write for example 90s or 1h30m',
    });
    return 0;
  },
});

function parseGoDuration(text: string): number | null {
  const [, sign = '', parts = ''] = /^([-+]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text) ?? [];
  if (text === '0' || text === '+0' || text === '-0') return 0;
  if (parts === '') return null;
  let totalMs = 0;
  for (const [, digits = '', unit = ''] of parts.matchAll(/([\d.]+)([a-zµμ]+)/g)) {
    totalMs += Number(digits) * (goUnitsMs[unit] ?? 0);
  }
  return sign === '-' ? -totalMs : totalMs;
}

/** As Go prints it: `1h0m0s`, `1.5s`, `100ms`, `1µs`, `0s`. */
function printGoDuration(lengthMs: number): string {
  const sign = lengthMs < 0 ? '-' : '';
  const ms = Math.abs(lengthMs);
  if (ms === 0) return '0s';
  if (ms < 1e-3) return `${sign}${Math.round(ms * 1e6)}ns`;
  if (ms < 1) return `${sign}${trimmed(ms * 1e3, 3)}µs`;
  if (ms < 1000) return `${sign}${trimmed(ms, 6)}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = `${trimmed((ms % 60_000) / 1000, 9)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

function trimmed(amount: number, digits: number): string {
  return String(Number(amount.toFixed(digits)));
}

/** A tree of free YAML values, resolved by the rules of YAML 1.1. Entries whose key is not a text do not exist here. */
export type FreeValue = ResolvedScalar | readonly FreeValue[] | ReadonlyMap<string, FreeValue>;

/** Any YAML value; null when missing. */
export const free: Field<FreeValue> = field<FreeValue>({
  absent: null,
  decode: readFree,
  isEmpty: (value) => value === null,
  render: renderFree,
});

/** A mapping with free values: its own keys are texts whatever they look like, those further inside are not. */
export const freeMap: Field<ReadonlyMap<string, FreeValue>> = field<ReadonlyMap<string, FreeValue>>({
  absent: new Map(),
  decode: (place) => {
    const node = follow(place);
    if (isMap(node)) return new Map(mappingEntries(place).map(({ name, value }) => [name, readFree(value)]));
    if (node !== null) complainOfType(place, node, 'map[string]interface {}');
    return new Map();
  },
  isEmpty: (value) => value.size === 0,
  render: renderFree,
});

function readFree(place: Place): FreeValue {
  if (isNull(place)) return null;
  const node = follow(place);
  if (isSeq(node)) return sequenceItems(place).map(readFree);
  if (!isMap(node)) return isScalar(node) ? resolveScalar(node) : null;
  const entries = new Map<string, FreeValue>();
  for (const { name, resolvedKey, key, value } of mappingEntries(place)) {
    if (typeof resolvedKey === 'string') entries.set(name, readFree(value));
    else {
      const hint = `quote it: "${name}"`;
      warn(key, { code: 'dropped-key', message: `key ${name} is not a text in YAML 1.1 and is dropped`, hint });
    }
  }
  return entries;
}

function renderFree(value: FreeValue): Rendered {
  if (typeof value === 'string') return renderText(value);
  if (typeof value === 'number') return { kind: 'plain', text: printFreeNumber(value) };
  if (value === null || typeof value === 'boolean') return { kind: 'plain', text: String(value) };
  if (value instanceof Map) {
    const sorted = [...value].sort(byName);
    return { kind: 'map', entries: sorted.map(([key, each]) => [key, renderFree(each)]) };
  }
  // The compiler does not narrow a readonly array away from a readonly map.
  return { kind: 'list', items: (value as readonly FreeValue[]).map(renderFree), flow: false };
}

function printFreeNumber(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '.inf' : '-.inf';
}
