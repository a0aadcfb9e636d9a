/**
 * Tables of requests (`recorded/*.txt`), one a line, with two blanks or more between the columns:
 *
 *     MARK METHOD  PATH  parameter=value …  header: value …
 *
 * A path without a leading slash is below /api/v1/. Parameters are written as they are meant; those of POST go into a form, unless
 * they begin with `?`. `%` before a parameter says that it is percent-encoded already. `<end>` is the time of the newest sample in
 * seconds, `<end-90>` is earlier, `<end rfc3339>` is written as a date. A header `body: …` is the whole body.
 *
 * MARK says how far answers must agree beside status and content type: nothing, in every byte (times of now, and the order of series
 * that nobody sorted, aside); `≈` in eleven digits of every number; `~` in their shape, where values are those of an installation;
 * `*` in status and envelope only.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Agreement = 'exact' | 'digits' | 'shape' | 'envelope';

export interface RecordedRequest {
  readonly agreement: Agreement;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** The line as it is written. */
  readonly line: string;
}

const MARKS: Readonly<Record<string, Agreement>> = { '': 'exact', '≈': 'digits', '~': 'shape', '*': 'envelope' };
const LINE = /^([≈~*]?)\s*([A-Z]+) {2,}(\S+)(?: {2,}(.*))?$/;
const FORM = 'application/x-www-form-urlencoded';

/** The requests of one table, in their order. */
export function readRequestTable(name: string, endMs: number): readonly RecordedRequest[] {
  const text = readFileSync(join(import.meta.dirname, 'recorded', name), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => parseRequest(line, endMs));
}

function parseRequest(line: string, endMs: number): RecordedRequest {
  const [, mark = '', method = '', path = '', rest = ''] = LINE.exec(line) ?? [];
  const agreement = MARKS[mark];
  if (method === '' || agreement === undefined) throw new Error(`not a request: ${line}`);
  const columns = withTimes(rest, endMs)
    .split(/ {2,}/)
    .filter((column) => column !== '');
  const isHeader = (column: string): boolean => /^[a-z-]+: /.test(column);
  const { body, ...headers } = Object.fromEntries(columns.filter(isHeader).map(parseHeader));
  const parameters = columns.filter((column) => !isHeader(column));
  const isInForm = (parameter: string): boolean => method === 'POST' && !parameter.startsWith('?');
  const form = parameters.filter(isInForm).map(encodeParameter).join('&');
  const query = parameters.filter((parameter) => !isInForm(parameter)).map(encodeParameter);
  const hasForm = method === 'POST' && body === undefined;
  return {
    agreement,
    method,
    target: `${path.startsWith('/') ? '' : '/api/v1/'}${path}${query.length === 0 ? '' : `?${query.join('&')}`}`,
    headers: hasForm ? { 'content-type': FORM, ...headers } : headers,
    body: hasForm ? form : (body ?? null),
    line,
  };
}

function withTimes(text: string, endMs: number): string {
  return text.replace(/<end([+-][\d.]+)?( rfc3339)?>/g, (_, shiftS: string | undefined, date: string | undefined) => {
    const timeMs = endMs + Number(shiftS ?? 0) * 1000;
    return date === undefined ? String(timeMs / 1000) : new Date(timeMs).toISOString();
  });
}

function parseHeader(column: string): readonly [string, string] {
  const colon = column.indexOf(': ');
  return [column.slice(0, colon), column.slice(colon + 2)];
}

function encodeParameter(parameter: string): string {
  const text = parameter.replace(/^\?/, '');
  if (text.startsWith('%')) return text.slice(1);
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  return equals < 0
    ? encodeURIComponent(name)
    : `${encodeURIComponent(name)}=${encodeURIComponent(text.slice(equals + 1))}`;
}
