import assert from 'node:assert/strict';
import type { Agreement, RecordedRequest } from './request-table.ts';

/** Where the two programs are. */
export interface Asked {
  readonly realUrl: string;
  readonly ourUrl: string;
}

/** What one of them answered. */
interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Headers that must agree. The order of methods in `allow` and of names in `vary` means nothing. */
const COMPARED_HEADERS = [
  'content-type',
  'allow',
  'access-control-allow-origin',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-expose-headers',
];
const SIGNIFICANT_DIGITS = 11;
/** Instants this close to the time of asking are "now". */
const NOW_MS = 30_000;

/** Asks both the same, one request after the other, and fails with all that they answer differently. */
export async function assertAgree(urls: Asked, requests: readonly RecordedRequest[]): Promise<void> {
  const differing: string[] = [];
  for (const request of requests) {
    const [theirs, mine] = await Promise.all([ask(urls.realUrl, request), ask(urls.ourUrl, request)]);
    try {
      assert.deepEqual(compared(mine, request), compared(theirs, request));
    } catch (error) {
      if (!(error instanceof assert.AssertionError)) throw error;
      const answers = [error.expected, error.actual].map((answer) => JSON.stringify(answer));
      differing.push([request.line, ...answers].join('\n    '));
    }
  }
  assert.ok(requests.length > 0, 'nothing was asked');
  assert.equal(differing.join('\n'), '', `${differing.length} of ${requests.length} requests are answered differently`);
}

async function ask(url: string, { body, headers, method, target }: RecordedRequest): Promise<Seen> {
  const reply = await fetch(`${url}${target}`, { method, headers, body, redirect: 'manual' });
  const seen = COMPARED_HEADERS.map((name) => [name, reply.headers.get(name) ?? ''] as const);
  return { status: reply.status, headers: Object.fromEntries(seen), body: await reply.text() };
}

function compared(seen: Seen, { agreement, target }: RecordedRequest): unknown {
  const headers = { ...seen.headers, allow: (seen.headers['allow'] ?? '').split(', ').sort().join(', ') };
  const isJson = seen.headers['content-type'] === 'application/json' && seen.body !== '';
  const body = isJson ? comparedJson(seen.body, agreement, target) : comparedText(seen.body, agreement);
  return { status: seen.status, headers, body };
}

/** The lines of a family stand in the order of the storage. */
function comparedText(text: string, agreement: Agreement): unknown {
  return agreement === 'envelope' ? typeof text : text.split('\n').sort();
}

function comparedJson(text: string, agreement: Agreement, target: string): unknown {
  const { issues: _, ...envelope } = Object(JSON.parse(text));
  if (agreement === 'envelope') return { ...envelope, data: typeof envelope.data };
  if (agreement === 'shape') return shapeOf(envelope);
  const isSorted = /query=(sort|topk|bottomk)/.test(target);
  const settled = settle({ ...envelope, data: isSorted ? envelope.data : ordered(envelope.data) }, null);
  return agreement === 'digits' ? rounded(settled) : settled;
}

/** Series stand in the order of their storage: by labels here, so that the same ones are equal. */
function ordered(answered: unknown): unknown {
  const isSeries = (item: unknown): boolean => typeof item === 'object' && item !== null && !Array.isArray(item);
  if (Array.isArray(answered)) return answered.every(isSeries) ? byText(answered) : answered;
  const { result, resultType } = Object(answered);
  return resultType === 'vector' ? { ...Object(answered), result: byText(result) } : answered;
}

function byText(items: readonly unknown[]): unknown[] {
  return items
    .map((item) => {
      const { labels, metric } = Object(item);
      return [JSON.stringify(metric ?? labels ?? item), item] as const;
    })
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, item]) => item);
}

/** Members that tell how long something took, when it happened, or what it took in memory. */
const PASSING = new Set([
  'evaluationTime',
  'lastEvaluation',
  'activeAt',
  'keepFiringSince',
  'groupNextToken',
  'peakSamples',
]);
/** Lists that Prometheus keeps in hash tables. */
const SHUFFLED = new Set(['alerts', 'infos', 'warnings']);
/** Two series that are too many stand in any order. */
const SERIES_PAIR = /\[(\{[^}]*\}), (\{[^}]*\})\]/g;

function settle(value: unknown, key: string | null): unknown {
  if (key !== null && PASSING.has(key)) return typeof value;
  if (key === 'file') return String(value).replace(/^.*\//, '');
  if (key === 'timings') return Object.keys(Object(value));
  if (key !== null && SHUFFLED.has(key) && Array.isArray(value)) return byText(value).map((item) => settle(item, null));
  if (Array.isArray(value)) return value.map((item) => settle(item, null));
  if (typeof value === 'string') return value.replace(SERIES_PAIR, (_, a, b) => `[${[a, b].sort().join(', ')}]`);
  if (typeof value === 'number' && Math.abs(value * 1000 - Date.now()) < NOW_MS) return 'NOW';
  if (typeof value !== 'object' || value === null) return value;
  // JSON keeps the order of members; so must we.
  return Object.entries(value).map(([name, member]) => [name, settle(member, name)]);
}

/** Names and types; of a list the different shapes in it. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((item) => JSON.stringify(shapeOf(item))))].sort();
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.entries(value).map(([name, member]) => [name, shapeOf(member)]);
}

function rounded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rounded);
  const isNumber = typeof value === 'string' && /^-?[\d.]+(e[+-]\d+)?$/.test(value);
  return isNumber ? Number(Number(value).toPrecision(SIGNIFICANT_DIGITS)) : value;
}
