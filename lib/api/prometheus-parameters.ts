import { parseDuration } from '../model/duration.ts';
import { InvalidInput } from '../model/issue.ts';
import type { Matcher } from '../model/matcher.ts';
import { parseRfc3339 } from '../model/rfc3339.ts';
import { SECOND_MS } from '../model/unix-time.ts';
import type { LanguageFeatures } from '../promql/features.ts';
import { parseSelector } from '../promql/parser.ts';
import { quoteString } from '../promql/quote.ts';
import { parseGoFloat, parseGoInteger } from './go-number.ts';
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

const decoder = new TextDecoder();

/** Reads the URL, and the body if it is a form. */
export function readParameters(request: HttpRequest): Parameters {
  const isForm = (request.headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded');
  const hasBody = request.method === 'POST' && isForm;
  const form = new URLSearchParams(hasBody ? decoder.decode(request.body) : '');
  return {
    all: (name) => [...form.getAll(name), ...request.query.getAll(name)],
    first: (name) => form.get(name) ?? request.query.get(name) ?? '',
  };
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

/** How Go's clients write the ends of time; RFC 3339 has no such years. */
const ENDS_OF_TIME: ReadonlyMap<string, number> = new Map([
  ['-292273086-05-16T16:47:06Z', EARLIEST_MS],
  ['292277025-08-18T07:12:54.999999999Z', LATEST_MS],
]);

/** Milliseconds; null when it is no instant that can be told. */
function parseTime(text: string): number | null {
  const seconds = parseGoFloat(text);
  if (seconds === null) return (/[tz]/.test(text) ? null : parseRfc3339(text)) ?? ENDS_OF_TIME.get(text) ?? null;
  // As Prometheus, which rounds what is behind the point on its own: 1.0005 is 1 s, though the nearest double is 1.0005000000000002.
  const whole = Math.trunc(seconds);
  const fraction = seconds - whole;
  const timeMs = whole * SECOND_MS + Math.sign(fraction) * Math.round(Math.abs(fraction) * SECOND_MS) + 0;
  return timeMs >= EARLIEST_MS && timeMs <= LATEST_MS ? timeMs : null;
}

/** A length, float seconds or Prometheus duration, in milliseconds, or what is wrong with it. */
export function parseLength(text: string): number | { readonly error: string } {
  const failure = `cannot parse ${quoteString(text)} to a valid duration`;
  const seconds = parseGoFloat(text);
  if (seconds === null) {
    const lengthMs = parseDuration(text);
    return typeof lengthMs === 'number' ? lengthMs : { error: failure };
  }
  if (Number.isNaN(seconds)) return Number.NEGATIVE_INFINITY;
  if (Math.abs(seconds * 1e9) >= MAX_INT64_NS) return { error: `${failure}. It overflows int64` };
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
  const limit = parseGoInteger(text);
  if (typeof limit !== 'number') {
    return refuseParameter('limit', `strconv.Atoi: parsing ${quoteString(text)}: ${limit}`);
  }
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
