/**
 * From an API Gateway event (payload 2.0) to a plain request and back: who may call, what a mistake answers, one log line.
 * The local process calls the same handlers with the same events.
 */
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { HttpReply, HttpRequest } from '../api/http.ts';
import { BODY_BYTES, jsonReply, textReply } from '../api/http.ts';
import { type App, app } from '../app/app.ts';
import type { AppConfig } from '../app/config.ts';
import { InvalidInput, printIssue } from '../model/issue.ts';
import { type Access, createAuthorizer, type Decision } from './authorize.ts';

export interface HttpOptions {
  /** What the request needs. */
  readonly access: Access | ((request: HttpRequest) => Access);
  /** How this API says that the input is wrong; without it 400 in the envelope of the Prometheus API, with all issues. */
  readonly invalid?: (error: InvalidInput, request: HttpRequest) => HttpReply;
}

/** With the body as bytes where it had them. */
type FunctionResult = APIGatewayProxyStructuredResultV2 & { readonly [BODY_BYTES]?: Uint8Array };

export type HttpFunction = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** Largest reply that Lambda passes on, as it is encoded. */
const MAX_REPLY_BYTES = 6_000_000;
const MIN_COMPRESSED_BYTES = 2_000;
const MIN_CONCURRENT_BYTES = 50_000;
const COMPRESSION = { level: 1 };
const TEXT_TYPE = /^(text\/|application\/json\b)/;

const authorize = createAuthorizer();
const compressLater = promisify<string | Uint8Array, { readonly level: number }, Buffer>(gzip);

/** A Lambda handler that answers HTTP. `loadApp` is `app` or a part of it; `respond` may throw InvalidInput (400), anything else is 500. */
export function httpHandler<A extends App>(
  loadApp: () => Promise<A>,
  options: HttpOptions,
  respond: (app: A, request: HttpRequest) => Promise<HttpReply>,
): HttpFunction {
  return async (event) => {
    const correlationId = correlationIdOf(event);
    let base: App;
    try {
      base = await app();
    } catch (error) {
      // Without a configuration there is no logger yet.
      console.error(JSON.stringify({ level: 'error', message: 'start failed', correlationId, error: describe(error) }));
      return encodeReply(unexpectedReply(correlationId), correlationId);
    }
    const startMs = base.clock.nowMs();
    const request = decodeRequest(event, startMs);
    const outcome = await answer({ base, loadApp, options, respond, correlationId }, request);
    const result = await encodeReply(outcome.reply, correlationId, request.headers.get('accept-encoding'));
    const status = result.statusCode ?? 0;
    base.log.log(status >= 500 ? 'error' : 'info', 'request', {
      correlationId,
      method: request.method,
      path: request.path,
      status,
      durationMs: base.clock.nowMs() - startMs,
      requestBytes: request.body.byteLength,
      replyBytes: Buffer.byteLength(outcome.reply.body),
      caller: outcome.caller,
      ...(outcome.error === null ? {} : { error: outcome.error }),
    });
    return result;
  };
}

interface Work<A extends App> {
  readonly base: App;
  readonly loadApp: () => Promise<A>;
  readonly options: HttpOptions;
  readonly respond: (app: A, request: HttpRequest) => Promise<HttpReply>;
  readonly correlationId: string;
}

interface Outcome {
  readonly reply: HttpReply;
  readonly caller: string | null;
  /** For the log only. */
  readonly error: string | null;
}

async function answer<A extends App>(work: Work<A>, request: HttpRequest): Promise<Outcome> {
  const { base, options, correlationId } = work;
  let caller: string | null = null;
  try {
    const access = typeof options.access === 'function' ? options.access(request) : options.access;
    const decision = await authorize(base, access, request.headers.get('authorization') ?? null);
    if (decision.kind !== 'allowed') return refuse(decision, access);
    caller = decision.caller;
    const isWrite = access !== 'read' && access !== 'open';
    if (isWrite && !decision.isDeliberate && isFromForeignPage(request, base.config)) return refuseForeignPage(caller);
    const part = await loadPart(work.loadApp);
    return { reply: await work.respond(part, request), caller, error: null };
  } catch (error) {
    if (!(error instanceof InvalidInput)) {
      return { reply: unexpectedReply(correlationId), caller, error: describe(error) };
    }
    const reply = options.invalid?.(error, request) ?? invalidReply(error);
    return { reply, caller, error: error.message.slice(0, 1_000) };
  }
}

/** A configuration that does not load is our failure towards the caller, not their bad input. */
async function loadPart<A>(loadApp: () => Promise<A>): Promise<A> {
  try {
    return await loadApp();
  } catch (cause) {
    throw new Error('the configuration does not load', { cause });
  }
}

function refuse(decision: Exclude<Decision, { kind: 'allowed' }>, access: Access): Outcome {
  if (decision.kind === 'unavailable') {
    return { reply: textReply(503, 'the access list cannot be read\n'), caller: null, error: 'no access list' };
  }
  if (decision.kind === 'forbidden') {
    const reply = textReply(403, `"${decision.caller}" lacks the scope ${access}\n`);
    return { reply, caller: decision.caller, error: `lacks the scope ${access}` };
  }
  const reply = textReply(401, 'a bearer token or a name and password is needed\n');
  const headers = { ...reply.headers, 'www-authenticate': 'Basic realm="tocsin", charset="UTF-8"' };
  return { reply: { ...reply, headers }, caller: null, error: 'not authorized' };
}

/**
 * Whether a web page of somebody else sent this. Browsers let any page post forms and plain text to any address, also to this machine,
 * and add a password that was once typed in; but they say where the page is from.
 */
function isFromForeignPage({ headers }: HttpRequest, { externalUrl }: AppConfig): boolean {
  const origin = headers.get('origin');
  if (origin === undefined || (URL.canParse(externalUrl) && origin === new URL(externalUrl).origin)) return false;
  return !URL.canParse(origin) || new URL(origin).host !== headers.get('host')?.toLowerCase();
}

function refuseForeignPage(caller: string): Outcome {
  const message = 'web pages of other origins may change nothing here, unless they send a bearer token\n';
  return { reply: textReply(403, message), caller, error: 'from a page of another origin' };
}

/** All issues at once: `error` for programs that know Prometheus, `issues` for those that know us. */
function invalidReply({ issues }: InvalidInput): HttpReply {
  return jsonReply(400, { status: 'error', errorType: 'bad_data', error: issues.map(printIssue).join('\n'), issues });
}

function unexpectedReply(correlationId: string): HttpReply {
  const error = `internal error, the log has it under correlation id ${correlationId}`;
  return jsonReply(500, { status: 'error', errorType: 'internal', error });
}

/** The caller's, else that of API Gateway. */
function correlationIdOf({ headers, requestContext }: APIGatewayProxyEventV2): string {
  const given = headers['x-correlation-id'] ?? requestContext.requestId;
  return /^[\w.:/+=@-]{1,128}$/.test(given) ? given : randomUUID();
}

function decodeRequest(event: APIGatewayProxyEventV2, receivedAtMs: number): HttpRequest {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(event.headers)) headers.set(name.toLowerCase(), value ?? '');
  return {
    method: event.requestContext.http.method,
    path: decodePath(event.rawPath),
    query: new URLSearchParams(event.rawQueryString),
    headers,
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
    receivedAtMs,
  };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // A stray % is no escape: the path stays as it came.
    return path;
  }
}

/** Long texts go out compressed to those who take it: queries are answered within Lambda's limit, and faster. */
async function encodeReply(
  reply: HttpReply,
  correlationId: string,
  acceptEncoding = '',
): Promise<APIGatewayProxyStructuredResultV2> {
  const sizeBytes = Buffer.byteLength(reply.body);
  const isCompressed = sizeBytes >= MIN_COMPRESSED_BYTES && /\bgzip\b/.test(acceptEncoding);
  const content = isCompressed ? await compress(reply.body, sizeBytes) : reply.body;
  const isBinary =
    isCompressed || (typeof content !== 'string' && !TEXT_TYPE.test(reply.headers['content-type'] ?? ''));
  if (encodedBytes(content, isBinary) > MAX_REPLY_BYTES) {
    const error = `the reply has more than ${MAX_REPLY_BYTES} bytes: ask for fewer series, a shorter range or a longer step`;
    return encodeReply(jsonReply(422, { status: 'error', errorType: 'execution', error }), correlationId);
  }
  const headers: Record<string, string> = { ...reply.headers, 'x-correlation-id': correlationId };
  if (isCompressed) {
    headers['content-encoding'] = 'gzip';
    headers['vary'] = headers['vary'] === undefined ? 'accept-encoding' : `${headers['vary']}, accept-encoding`;
  }
  const rest = { statusCode: reply.status, headers, isBase64Encoded: isBinary };
  return typeof content === 'string' ? { ...rest, body: content } : withBytes(rest, content);
}

/** Short texts at once, long ones beside the work of others. */
function compress(body: string | Uint8Array, sizeBytes: number): Uint8Array | Promise<Uint8Array> {
  return sizeBytes < MIN_CONCURRENT_BYTES ? gzipSync(body, COMPRESSION) : compressLater(body, COMPRESSION);
}

/** Of the body as a Lambda result has it, but for what JSON escapes in it. */
function encodedBytes(content: string | Uint8Array, isBinary: boolean): number {
  const sizeBytes = Buffer.byteLength(content);
  return isBinary ? Math.ceil(sizeBytes / 3) * 4 : sizeBytes;
}

/** Bytes become the text that Lambda wants only when that is read. */
function withBytes(
  rest: Omit<APIGatewayProxyStructuredResultV2, 'body'>,
  content: Uint8Array,
): APIGatewayProxyStructuredResultV2 {
  const result: FunctionResult = {
    ...rest,
    [BODY_BYTES]: content,
    get body() {
      const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
      return bytes.toString(rest.isBase64Encoded === true ? 'base64' : 'utf8');
    },
  };
  return result;
}

/** Message and stack with all causes, for the log. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${describe(error.cause)}`;
}
