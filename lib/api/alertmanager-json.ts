/**
 * JSON bodies as Alertmanager's API reads them: the reader knows the expected shape, and says what is wrong in the words of Go's decoder
 * and of the API's schema, so that clients see what they know. Unknown fields are ignored.
 */
import { goQuote } from '../model/go-text.ts';
import { holdsMoreJsonValues } from '../model/json-size.ts';
import { parseDateTime } from './date-time.ts';

/** An error of the API: a status, a code of its own, a message. */
export class ApiRefusal extends Error {
  readonly status: number;
  readonly code: number;
  constructor(status: number, message: string, code = status) {
    super(message);
    this.name = 'ApiRefusal';
    this.status = status;
    this.code = code;
  }
}

/** Codes of schema errors. */
const REQUIRED = 602;
const WRONG_FORMAT = 601;
const TOO_FEW_ITEMS = 612;

/** The value at one place of a body. `path` is "" for the whole, else `0.labels`. */
export interface JsonPlace {
  /** What the body is called in messages: "alerts". */
  readonly body: string;
  readonly path: string;
  readonly value: unknown;
}

/** In one body: labels, annotations and fields of tens of thousands of alerts. */
export const MAX_JSON_VALUES = 1_000_000;

/** Parses a body; 422 when it is empty, 413 when it holds too much, 400 when it is not JSON. */
export function parseJsonBody(bytes: Uint8Array, body: string): JsonPlace {
  if (bytes.byteLength === 0) throw new ApiRefusal(422, `${body} in body is required`, REQUIRED);
  if (holdsMoreJsonValues(bytes, MAX_JSON_VALUES)) {
    throw new ApiRefusal(413, `${body} body holds more than ${MAX_JSON_VALUES} JSON values`);
  }
  const text = new TextDecoder().decode(bytes);
  try {
    return { body, path: '', value: JSON.parse(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unreadable(body, describeSyntaxError(text, error));
  }
}

function describeSyntaxError(text: string, error: SyntaxError): string {
  const [, token] = /^Unexpected token '(.)'|^Unexpected token "(.)"/u.exec(error.message) ?? [];
  if (token !== undefined) return `invalid character ${quoteCharacter(token)} looking for beginning of value`;
  const [, position] = /at position (\d+)/.exec(error.message) ?? [];
  const character = position === undefined ? undefined : text[Number(position)];
  if (character === undefined) return 'unexpected EOF';
  return `invalid character ${quoteCharacter(character)} at offset ${position}`;
}

function quoteCharacter(character: string): string {
  return `'${goQuote(character).slice(1, -1)}'`;
}

function unreadable(body: string, reason: string): ApiRefusal {
  return new ApiRefusal(400, `parsing ${body} body from "" failed, because ${reason}`);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return value === null ? 'null' : typeof value;
}

/** Go names: what stands in a message for the place and for what it should hold. */
interface GoName {
  /** "Alert.labels"; null for the whole body. */
  readonly field: string | null;
  /** "models.LabelSet" */
  readonly type: string;
}

function wrongType({ body, value }: JsonPlace, { field, type }: GoName): ApiRefusal {
  const place = field === null ? `Go value of type ${type}` : `Go struct field ${field} of type ${type}`;
  return unreadable(body, `json: cannot unmarshal ${kindOf(value)} into ${place}`);
}

/** The items of a list; null is an empty one. */
export function readItems(place: JsonPlace, go: GoName): readonly JsonPlace[] {
  if (place.value === null || place.value === undefined) return [];
  if (!Array.isArray(place.value)) throw wrongType(place, go);
  return place.value.map((value: unknown, index) => ({ ...place, path: joined(place.path, String(index)), value }));
}

/** The fields of an object, by name. A null item is refused: Alertmanager drops the connection there. */
export function readFields(place: JsonPlace, go: GoName): (name: string) => JsonPlace {
  if (typeof place.value !== 'object' || place.value === null || Array.isArray(place.value)) throw wrongType(place, go);
  const fields = new Map(Object.entries(place.value));
  return (name) => ({ ...place, path: joined(place.path, name), value: fields.get(name) });
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** A text; null when absent or null. */
export function readText(place: JsonPlace, go: string): string | null {
  if (place.value === undefined || place.value === null) return null;
  if (typeof place.value !== 'string') throw wrongType(place, { field: go, type: 'string' });
  return wellFormed(place.value);
}

function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/** A boolean; null when absent or null. */
export function readBool(place: JsonPlace, go: string): boolean | null {
  if (place.value === undefined || place.value === null) return null;
  if (typeof place.value !== 'boolean') throw wrongType(place, { field: go, type: 'bool' });
  return place.value;
}

/** Texts by name; a null value is an empty text; null when the whole is absent or null. */
export function readLabels(place: JsonPlace, go: string): readonly (readonly [string, string])[] | null {
  if (place.value === undefined || place.value === null) return null;
  if (typeof place.value !== 'object' || Array.isArray(place.value)) {
    throw wrongType(place, { field: go, type: 'models.LabelSet' });
  }
  return Object.entries(place.value).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'string' ? wellFormed(value) : (readText({ ...place, value }, `${go}.${name}`) ?? ''),
  ]);
}

/** An instant in milliseconds; null when absent or null. */
export function readDateTime(place: JsonPlace): number | null {
  const { value, body } = place;
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') throw wrongType(place, { field: null, type: 'string' });
  const atMs = parseDateTime(value);
  if (atMs !== null) return atMs;
  const problem = /^\d{4}-\d{2}-\d{2}/.test(value)
    ? `parsing time ${goQuote(value)}: extra text: ${goQuote(value.slice(10))}`
    : `parsing time ${goQuote(value)} as "2006-01-02": cannot parse ${goQuote(value)} as "2006"`;
  throw unreadable(body, problem);
}

/** 422 when a value that must be there is not. */
export function required<T>(value: T | null, place: JsonPlace): T {
  if (value === null) throw new ApiRefusal(422, `${place.path} in body is required`, REQUIRED);
  return value;
}

/** 422 for an empty list. */
export function requireItems(items: readonly unknown[], place: JsonPlace): void {
  if (items.length === 0)
    throw new ApiRefusal(422, `${place.path} in body should have at least 1 items`, TOO_FEW_ITEMS);
}

/** 422 unless the text is "" or a URI that has a scheme or begins with a slash. */
export function requireUri(text: string, place: JsonPlace): void {
  if (text === '' || isUri(text)) return;
  throw new ApiRefusal(422, `${place.path} in body must be of type uri: ${goQuote(text)}`, WRONG_FORMAT);
}

function isUri(text: string): boolean {
  if (/[\s\p{Cc}]/u.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return false;
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) || text.startsWith('/');
}

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** 422 unless the text is a UUID; `where` is "path" or "body". */
export function requireUuid(text: string, name: string, where: 'path' | 'body'): void {
  if (UUID.test(text)) return;
  throw new ApiRefusal(422, `${name} in ${where} must be of type uuid: ${goQuote(text)}`, WRONG_FORMAT);
}
