import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import type { HttpTransport, OutgoingRequest, OutgoingResponse, TlsOptions } from '../ports.ts';
import { checkHost, guardedLookup, plainHost, RefusedAddress } from './address-guard.ts';
import { bypassesProxy, openTunnel, routeToProxy } from './outbound-proxy.ts';

const MAX_BODY_BYTES = 64_000;
const MAX_REDIRECTS = 5;
/** What goes along when a redirect leads to another server: nothing that could be a credential. */
const UNCONFIDENTIAL_HEADERS = new Set(['user-agent', 'content-type', 'idempotency-key']);

type Answer = Extract<OutgoingResponse, { kind: 'response' }>;

/**
 * Sends one HTTP request: one deadline for everything, answer cut at 64 KB, addresses checked, no credentials to another server on a
 * redirect. An answer whose body breaks off or never ends counts by its status.
 */
export async function sendHttp(
  request: OutgoingRequest,
  transport: HttpTransport,
  allowPrivate: boolean,
): Promise<OutgoingResponse> {
  const signal = AbortSignal.timeout(request.timeoutMs);
  const way: Way = { tls: tlsConnectionOptions(transport.tls), transport, allowPrivate, signal };
  try {
    let current = request;
    for (let redirects = 0; ; redirects++) {
      const answer = await exchange(current, way);
      const next = transport.followRedirects && redirects < MAX_REDIRECTS ? redirected(current, answer) : null;
      if (next === null) return answer;
      current = next;
    }
  } catch (error) {
    if (signal.aborted)
      return { kind: 'failure', reason: 'timeout', detail: `no answer within ${request.timeoutMs} ms` };
    const refused = error instanceof RefusedAddress;
    return { kind: 'failure', reason: refused ? 'refused-address' : 'network', detail: messageOf(error) };
  }
}

interface Way {
  readonly tls: ConnectionOptions;
  readonly transport: HttpTransport;
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}

interface Route {
  readonly options: RequestOptions & ConnectionOptions;
  readonly isTls: boolean;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

async function exchange(request: OutgoingRequest, way: Way): Promise<Answer> {
  const url = new URL(request.url);
  if (!/^https?:$/.test(url.protocol)) throw new Error(`cannot send to an address that begins with ${url.protocol}`);
  checkHost(url.hostname, way.allowPrivate);
  const route = await routeTo(url, way);
  const headers = [
    ...request.headers,
    ...route.headers,
    ['Host', url.host] as const,
    ['Content-Length', String(Buffer.byteLength(request.body))] as const,
    ...credentialsIn(url, request),
  ];
  const send = route.isTls ? httpsRequest : httpRequest;
  const options = { ...route.options, method: request.method, headers: headers.flat(), signal: way.signal };
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    send(options, resolve).on('error', reject).end(request.body);
  });
  return {
    kind: 'response',
    status: incoming.statusCode ?? 0,
    headers: headerMap(incoming),
    body: await readCut(incoming),
  };
}

/** Straight to the receiver; or through a proxy, in absolute form for http and in a tunnel for https. */
async function routeTo(url: URL, { tls, transport, allowPrivate, signal }: Way): Promise<Route> {
  const { proxy } = transport;
  const isTls = url.protocol === 'https:';
  const host = plainHost(url.hostname);
  const path = `${url.pathname}${url.search}`;
  if (proxy === null || bypassesProxy(proxy.bypass, url)) {
    const port = Number(url.port || (isTls ? 443 : 80));
    const lookup = guardedLookup(allowPrivate);
    return { options: { ...tls, host, port, path, lookup, agent: false }, isTls, headers: [] };
  }
  const hop = routeToProxy(proxy, tls);
  if (!isTls) return { ...hop, options: { ...hop.options, path: `http://${url.host}${path}` } };
  const socket = await openTunnel(url, proxy, hop, signal);
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const createConnection = () => tlsConnect({ socket, host, ...servername, ...tls });
  // Without an agent, or Node would not ask for the connection.
  return { options: { createConnection, host, path }, isTls, headers: [] };
}

/** A user and password in the address, as browsers and Go send them. */
function credentialsIn({ username, password }: URL, { headers }: OutgoingRequest): [string, string][] {
  if (username === '' && password === '') return [];
  if (headers.some(([name]) => name.toLowerCase() === 'authorization')) return [];
  const pair = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return [['Authorization', `Basic ${pair.toString('base64')}`]];
}

function redirected(request: OutgoingRequest, answer: Answer): OutgoingRequest | null {
  const location = answer.headers.get('location');
  if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return null;
  const from = new URL(request.url);
  const to = new URL(location, from);
  const keepsBody = answer.status === 307 || answer.status === 308;
  return {
    ...request,
    url: to.href,
    method: keepsBody ? request.method : 'GET',
    body: keepsBody ? request.body : '',
    headers:
      to.origin === from.origin
        ? request.headers
        : request.headers.filter(([name]) => UNCONFIDENTIAL_HEADERS.has(name.toLowerCase())),
  };
}

function headerMap(incoming: IncomingMessage): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

async function readCut(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let lengthBytes = 0;
  try {
    for await (const chunk of incoming) {
      if (!Buffer.isBuffer(chunk)) continue;
      chunks.push(chunk);
      lengthBytes += chunk.length;
      if (lengthBytes >= MAX_BODY_BYTES) break;
    }
  } catch {
    // The status has come, and it decides.
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8');
}

/** TLS settings of a receiver as Node's options. */
export function tlsConnectionOptions(tls: TlsOptions | null): ConnectionOptions {
  if (tls === null) return {};
  const { ca, cert, key, serverName, minVersion, maxVersion, insecureSkipVerify } = tls;
  return {
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
    ...(serverName === null ? {} : { servername: serverName }),
    ...(minVersion === null ? {} : { minVersion }),
    ...(maxVersion === null ? {} : { maxVersion }),
    rejectUnauthorized: !insecureSkipVerify,
  };
}

/** What an error of a connection says; some of Node's say it only by their code. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return error.message === '' ? code || error.name : error.message;
}
