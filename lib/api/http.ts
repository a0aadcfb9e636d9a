/** A request as every handler sees it, whichever world it came from. */
export interface HttpRequest {
  readonly method: string;
  /** Decoded path without query: "/api/v1/query". */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  readonly receivedAtMs: number;
}

/** What goes back. Header names as they are sent. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Under this name a function's result has its body as bytes, for a caller in the same process; JSON leaves it out. */
export const BODY_BYTES: unique symbol = Symbol('body as bytes');

/** A plain-text answer, as Prometheus and Alertmanager give outside their JSON APIs. */
export function textReply(status: number, body: string): HttpReply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

/** A JSON answer. */
export function jsonReply(status: number, value: unknown): HttpReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
