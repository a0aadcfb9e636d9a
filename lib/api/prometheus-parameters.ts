import { parseDuration } from '../model/duration.ts';
import { InvalidInput } from '../model/issue.ts';
import type { Matcher } from '../model/matcher.ts';
import { SECOND_MS } from '../model/unix-time.ts';
import type { LanguageFeatures } from '../promql/features.ts';
import { parseSelector } from '../promql/parser.ts';
import { quoteString } from '../promql/quote.ts';
import type { HttpRequest } from './http.ts';

/** Parameters of a request by name, each with its values in order: those of a form body before those of the URL. */
export interface Parameters {
  /** The first value, "" when there is none. */
  first(name: string): string;
  all(name: string): readonly string[];
}

/** Ends of time for requests that do not say; any stored sample lies between. */
export const EARLIEST_MS = -8_640_000_000_000_000;
export const LATEST_MS = 8_640_000_000_000_000;

const MAX_INT64_NS = 2 ** 63;

/** Reads the URL, and the body if it is a form. */
export function readParameters(request: HttpRequest): Parameters {
  const isForm = (request.headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded');
  const hasBody = request.method === 'POST' && isForm;
  const form = new URLSearchParams(hasBody ? new TextDecoder().decode(request.body) : '');
  const all = (name: string): readonly string[] => [...form.getAll(name), ...request.query.getAll(name)];
  return { all, first: (name) => all(name)[0] ?? '' };
}

/** Refuses a request with Prometheus' words. */
export function refuse(message: string): never {
  const place = { file: null, line: null, column: null, path: '', span: null };
  throw new InvalidInput([{ code: 'bad-parameter', ...place, message, hint: null }]);
}

/** Refuses a parameter. */
export function refuseParameter(name: string, message: string): never {
  return refuse(`invalid parameter ${quoteString(name)}: ${message}`);
}

/** Runs a parser of a parameter's text; its issues become the parameter's, with their positions and hints. */
export function withinParameter<T>(prefix: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw prefixIssues(prefix, error);
  }
}

/** The error of a parameter for one of its text; any other error as it is. */
export function prefixIssues(prefix: string, error: unknown): unknown {
  if (!(error instanceof InvalidInput)) return error;
  return new InvalidInput(error.issues.map((issue) => ({ ...issue, message: `${prefix}${issue.message}` })));
}

/** An instant that must be given: float seconds or RFC 3339; milliseconds. */
export function requiredTime(parameters: Parameters, name: string): number {
  const text = parameters.first(name);
  return parseTime(text) ?? refuseParameter(name, `cannot parse ${quoteString(text)} to a valid timestamp`);
}

/** An instant with a default. */
export function optionalTime(parameters: Parameters, name: string, defaultMs: number): number {
  const text = parameters.first(name);
  if (text === '') return defaultMs;
  const message = `invalid time value for '${name}': cannot parse ${quoteString(text)} to a valid timestamp`;
  return parseTime(text) ?? refuseParameter(name, message);
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds, halves away from zero; null when it is no instant that can be told. */
function parseTime(text: string): number | null {
  const seconds = parseSeconds(text);
  if (seconds !== null) {
    const timeMs = Math.sign(seconds) * Math.round(Math.abs(seconds) * SECOND_MS) + 0;
    return timeMs >= EARLIEST_MS && timeMs <= LATEST_MS ? timeMs : null;
  }
  const timeMs = RFC3339.test(text) ? Date.parse(text.replace(/(\.\d{3})\d+/, '$1')) : Number.NaN;
  return Number.isNaN(timeMs) ? null : timeMs;
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function parseSeconds(text: string): number | null {
  return DECIMAL.test(text) ? Number(text) : null;
}

/** A length, float seconds or Prometheus duration, in milliseconds, or what is wrong with it. */
export function parseLength(text: string): number | { readonly error: string } {
  const failure = `cannot parse ${quoteString(text)} to a valid duration`;
  const seconds = parseSeconds(text);
  if (seconds === null) {
    const lengthMs = parseDuration(text);
    return typeof lengthMs === 'number' ? lengthMs : { error: failure };
  }
  if (!(Math.abs(seconds * 1e9) < MAX_INT64_NS)) return { error: `${failure}. It overflows int64` };
  return Math.trunc(seconds * SECOND_MS);
}

/** A length with its parameter's error; null when it is not given. */
export function optionalLength(parameters: Parameters, name: string): number | null {
  const text = parameters.first(name);
  if (text === '') return null;
  const lengthMs = parseLength(text);
  return typeof lengthMs === 'number' ? lengthMs : refuseParameter(name, lengthMs.error);
}

/** How many results to give; 0 for all. */
export function parseLimit(parameters: Parameters): number {
  const text = parameters.first('limit');
  if (text === '') return 0;
  if (!/^[+-]?\d+$/.test(text)) {
    refuseParameter('limit', `strconv.Atoi: parsing ${quoteString(text)}: invalid syntax`);
  }
  const limit = Number(text);
  return limit < 0 ? refuseParameter('limit', 'limit must be non-negative') : limit;
}

/** The selectors of `match[]`, each with a condition that the empty string does not meet. `prefix` stands before the messages. */
export function parseSelectors(
  parameters: Parameters,
  features: LanguageFeatures,
  prefix: string,
): readonly (readonly Matcher[])[] {
  return parameters.all('match[]').map((text) => {
    const matchers = withinParameter(prefix, () => parseSelector(text, features));
    if (matchers.some((matcher) => !matcher.matches(''))) return matchers;
    return refuse(`${prefix}match[] must contain at least one non-empty matcher`);
  });
}
