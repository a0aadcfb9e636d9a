/** Node's HTTP server in front of the same handlers that API Gateway calls, with the same events. */
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { BODY_BYTES } from '../api/http.ts';
import type { Route } from './manifest.ts';
import { announcesBody, createBodyReader, discardRest, NO_BODY, type ReceivedBody } from './request-bodies.ts';
import type { FindRoute } from './routes.ts';
import { createWorkLimits, type EnterWork } from './work-limits.ts';

/** As API Gateway has it. */
const MAX_BODY_BYTES = 10_000_000;
/** Of all requests at once: API Gateway would start more functions, one process has to say no. */
const MAX_HELD_BYTES = 64_000_000;
/** What a sender whose body is not taken may still send before its connection ends. */
const REST_LIMITS = { maxBytes: 50_000_000, maxMs: 2_000 };
/** Small batches share the price of a commit; large ones take a hundred times their size while they are worked on. */
const WORK_LIMITS = { maxRequests: 6, maxBytes: 1_000_000 };
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** How often connections are looked at for these two. */
const TIMEOUT_CHECK_MS = 1_000;
const KEEP_ALIVE_MS = 65_000;
const CLOSE_SWEEP_MS = 20;
const TEXT_TYPE = /^(text\/|application\/(json|x-www-form-urlencoded)\b)/;
/** Up to here head and body go out in one piece. */
const SMALL_BYTES = 8_000;
/** Request line and headers together: dashboards put long expressions into the address. Beyond it is 431. */
const MAX_HEAD_BYTES = 64 * 1024;

/** What a function answers, with its body as bytes where it had them. */
export type FunctionResult = APIGatewayProxyStructuredResultV2 & { readonly [BODY_BYTES]?: Uint8Array };

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly findRoute: FindRoute;
  readonly invoke: (route: Route, event: APIGatewayProxyEventV2) => Promise<FunctionResult>;
  readonly nowMs: () => number;
  /** Names by which this process may be called; null for any. Guards a process without authentication against web pages that rebind their name to loopback. */
  readonly allowedHosts: ReadonlySet<string> | null;
}

export interface HttpServer {
  /** "http://127.0.0.1:9095", with the port that was taken. */
  readonly url: string;
  /** Takes no more requests, answers those that have begun. */
  close(): Promise<void>;
}

export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    maxHeaderSize: MAX_HEAD_BYTES,
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const readBody = createBodyReader({ maxBodyBytes: MAX_BODY_BYTES, maxHeldBytes: MAX_HELD_BYTES });
  const enterWork = createWorkLimits(WORK_LIMITS);
  const answering = { ...options, readBody, enterWork };
  server.on('request', (request, response) => {
    answer(answering, request, response).catch(() => {
      // The connection broke, or the handler did outside of its own error handling: nothing more can be said to the caller.
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return { url: urlOf(server), close: () => close(server) };
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no address');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // A connection becomes idle when its answer is out, and would then be kept for the next request.
  const sweep = setInterval(() => server.closeIdleConnections(), CLOSE_SWEEP_MS);
  await closed;
  clearInterval(sweep);
}

interface Answering extends HttpServerOptions {
  readonly readBody: (request: IncomingMessage) => Promise<ReceivedBody>;
  readonly enterWork: EnterWork;
}

async function answer(options: Answering, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, search } = splitUrl(request.url ?? '/');
  const route = options.findRoute(request.method ?? 'GET', pathname);
  const host = hostName(request.headers.host ?? '');
  if (options.allowedHosts !== null && !options.allowedHosts.has(host)) {
    const message = `this process answers to ${[...options.allowedHosts].join(', ')}, not to "${host}"`;
    return refuse(request, response, { status: 421, message });
  }
  if (route === null) {
    return refuse(request, response, { status: 404, message: `nothing is at ${request.method} ${pathname}` });
  }
  const body = announcesBody(request) ? await options.readBody(request) : NO_BODY;
  if (body.kind !== 'whole') return refuseBody(request, response, body.kind);
  const leaveWork = await options.enterWork(route.functionName, body.bytes.byteLength);
  try {
    // Nobody waits for the answer any more, and nothing has been promised.
    if (response.destroyed) return;
    const event = eventOf({ request, route, pathname, search, body: body.bytes, nowMs: options.nowMs() });
    sendResult(response, await options.invoke(route, event));
  } finally {
    body.release();
    leaveWork();
  }
}

// `body` is made of the bytes when it is read, so it is not.
function contentOf(result: FunctionResult): string | Buffer {
  const bytes = result[BODY_BYTES];
  if (bytes !== undefined) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const body = result.body ?? '';
  return result.isBase64Encoded === true ? Buffer.from(body, 'base64') : body;
}

function sendResult(response: ServerResponse, result: FunctionResult): void {
  const content = contentOf(result);
  const sizeBytes = Buffer.byteLength(content);
  const status = result.statusCode ?? 200;
  const headers: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(result.headers ?? {})) headers[name] = String(value);
  if (status !== 204) headers['content-length'] = sizeBytes;
  response.writeHead(status, headers);
  const isShortAscii = sizeBytes < SMALL_BYTES && content.length === sizeBytes;
  // Node joins the head with text, not with bytes, and encodes both alike: heads are Latin-1.
  if (typeof content === 'string' && isShortAscii) response.end(content, 'latin1');
  else endWithBytes(response, typeof content === 'string' ? Buffer.from(content) : content);
}

function endWithBytes(response: ServerResponse, bytes: Buffer): void {
  if (bytes.byteLength < SMALL_BYTES) response.end(bytes.toString('latin1'), 'latin1');
  else response.end(bytes);
}

function refuseBody(
  request: IncomingMessage,
  response: ServerResponse,
  kind: Exclude<ReceivedBody['kind'], 'whole'>,
): Promise<void> {
  if (kind === 'too-large') {
    return refuse(request, response, { status: 413, message: `the body has more than ${MAX_BODY_BYTES} bytes` });
  }
  response.setHeader('retry-after', '1');
  return refuse(request, response, { status: 503, message: 'too many bodies at once, try again' });
}

/** Says so without waiting for the body, and ends only when its sender has had the time to read that. */
async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, message }: { readonly status: number; readonly message: string },
): Promise<void> {
  const text = Buffer.from(`${message}\n`);
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': text.byteLength });
  response.write(text);
  await discardRest(request, REST_LIMITS);
  response.end();
  if (!request.complete) request.destroy();
}

function splitUrl(url: string): { readonly pathname: string; readonly search: string } {
  const mark = url.indexOf('?');
  return mark < 0 ? { pathname: url, search: '' } : { pathname: url.slice(0, mark), search: url.slice(mark + 1) };
}

function hostName(header: string): string {
  return header.replace(/:\d+$/, '').toLowerCase();
}

const idPrefix = randomUUID();
let requests = 0;

function nextRequestId(): string {
  requests += 1;
  return `${idPrefix}.${requests}`;
}

interface Incoming {
  readonly request: IncomingMessage;
  readonly route: Route;
  readonly pathname: string;
  readonly search: string;
  readonly body: Buffer;
  readonly nowMs: number;
}

/** Payload format 2.0. Bodies that are not declared as text travel as base64, as API Gateway does it, and so do those that are none. */
function eventOf({ request, route, pathname, search, body, nowMs }: Incoming): APIGatewayProxyEventV2 {
  const headers: Record<string, string | undefined> = {};
  for (const name in request.headers) {
    const value = request.headers[name];
    headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  const isText =
    TEXT_TYPE.test(headers['content-type'] ?? '') && headers['content-encoding'] === undefined && isUtf8(body);
  const method = request.method ?? 'GET';
  return {
    version: '2.0',
    routeKey: `${route.method} ${route.path}`,
    rawPath: pathname,
    rawQueryString: search,
    headers,
    requestContext: {
      accountId: 'local',
      apiId: 'local',
      domainName: headers['host'] ?? '',
      domainPrefix: 'local',
      http: {
        method,
        path: pathname,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: nextRequestId(),
      routeKey: `${route.method} ${route.path}`,
      stage: '$default',
      time: new Date(nowMs).toISOString(),
      timeEpoch: nowMs,
    },
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}
