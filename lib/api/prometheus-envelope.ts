import type { Issue } from '../model/issue.ts';
import { quoteJson, writeJson } from './go-json.ts';
import type { HttpReply } from './http.ts';
import { TextBytes } from './text-bytes.ts';

/** Data too long to be one string first. */
export interface WrittenJson {
  /** Bytes that it will take, roughly. */
  readonly guessBytes: number;
  write(out: TextBytes): void;
}

/** What an endpoint of /api/v1 answers. `json` is what the envelope calls data, as JSON text; null when there is none to speak of. */
export type Answer =
  | {
      readonly kind: 'success';
      readonly json: string | WrittenJson | null;
      readonly warnings: readonly string[];
      readonly infos: readonly string[];
    }
  | {
      readonly kind: 'failure';
      readonly reason: ErrorType;
      readonly message: string;
      readonly issues: readonly Issue[];
    };

export type ErrorType = 'bad_data' | 'execution' | 'timeout' | 'unavailable' | 'internal';

const STATUS: Readonly<Record<ErrorType, number>> = {
  bad_data: 400,
  execution: 422,
  timeout: 503,
  unavailable: 500,
  internal: 500,
};

/** The warning of a list that `limit` cut off. */
export const TRUNCATED = 'results truncated due to limit';

export function success(
  json: string | WrittenJson | null,
  warnings: readonly string[] = [],
  infos: readonly string[] = [],
): Answer {
  return { kind: 'success', json, warnings, infos };
}

export function failure(reason: ErrorType, message: string, issues: readonly Issue[] = []): Answer {
  return { kind: 'failure', reason, message, issues };
}

/** Prometheus' envelope. For those that know us `issues` holds every mistake with its place and hint. */
export function renderAnswer(answer: Answer): HttpReply {
  if (answer.kind === 'failure') {
    const { issues, message, reason } = answer;
    return jsonTextReply(STATUS[reason], errorJson(reason, message, issues));
  }
  const { infos, json, warnings } = answer;
  if (json === null) return { status: 204, headers: {}, body: '' };
  const begin = '{"status":"success","data":';
  const end = `${noteMember('warnings', warnings)}${noteMember('infos', infos)}}`;
  if (typeof json === 'string') return jsonTextReply(200, `${begin}${json}${end}`);
  const out = new TextBytes(json.guessBytes + begin.length + end.length);
  out.add(begin);
  json.write(out);
  out.add(end);
  return jsonTextReply(200, out.taken());
}

function noteMember(name: string, notes: readonly string[]): string {
  return notes.length === 0 ? '' : `,"${name}":${writeJson(notes)}`;
}

function errorJson(reason: ErrorType, message: string, issues: readonly Issue[]): string {
  const listed = issues.map(({ code, hint, message: text, span }) => {
    return { code, span: span === null ? null : { start: span.start, end: span.end }, message: text, hint };
  });
  const more = listed.length === 0 ? '' : `,"issues":${writeJson(listed)}`;
  return `{"status":"error","errorType":"${reason}","error":${quoteJson(message)}${more}}`;
}

function jsonTextReply(status: number, body: HttpReply['body']): HttpReply {
  return { status, headers: { 'content-type': 'application/json' }, body };
}
