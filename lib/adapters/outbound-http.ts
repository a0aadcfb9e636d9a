import { readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import type { HttpTransport, OutgoingRequest, OutgoingResponse, TlsOptions } from '../ports.ts';
import { checkAddress, guardedLookup, RefusedAddress } from './address-guard.ts';

const MAX_BODY_BYTES = 64_000;
const MAX_REDIRECTS = 5;
const CREDENTIAL_HEADERS = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** Sends one HTTP request: one deadline for everything, answer cut at 64 KB, addresses checked, no credentials to another host on a redirect. */
export async function sendHttp(
  request: OutgoingRequest,
  transport: HttpTransport,
  allowPrivate: boolean,
): Promise<OutgoingResponse> {
  const signal = AbortSignal.timeout(request.timeoutMs);
  try {
    const tls = await tlsConnectionOptions(transport.tls);
    let current = request;
    for (let redirects = 0; ; redirects++) {
      const answer = await exchange(current, { tls, proxyUrl: transport.proxyUrl, allowPrivate, signal });
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

interface Route {
  readonly tls: ConnectionOptions;
  readonly proxyUrl: string | null;
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}

type Answer = Extract<OutgoingResponse, { kind: 'response' }>;

async function exchange(request: OutgoingRequest, route: Route): Promise<Answer> {
  const url = new URL(request.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) checkAddress(host, route.allowPrivate);
  const headers = [...request.headers, ['Content-Length', String(Buffer.byteLength(request.body))] as const];
  const options: RequestOptions & ConnectionOptions = {
    method: request.method,
    headers: headers.flat(),
    lookup: guardedLookup(route.allowPrivate),
    signal: route.signal,
    agent: false,
    ...route.tls,
  };
  if (!headers.some(([name]) => name.toLowerCase() === 'host'))
    options.headers = [...headers, ['Host', url.host]].flat();
  const viaProxy = route.proxyUrl === null ? {} : await proxied(url, new URL(route.proxyUrl), route);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    send(url, { ...options, ...viaProxy }, resolve)
      .on('error', reject)
      .end(request.body);
  });
  return {
    kind: 'response',
    status: incoming.statusCode ?? 0,
    headers: headerMap(incoming),
    body: await readCut(incoming),
  };
}

/** Options that lead a request through a forward proxy: the absolute URL for http, a CONNECT tunnel for https. */
async function proxied(url: URL, proxy: URL, route: Route): Promise<RequestOptions> {
  const port = Number(proxy.port || 80);
  if (url.protocol === 'http:') return { host: proxy.hostname, hostname: proxy.hostname, port, path: url.href };
  const target = `${url.hostname}:${url.port || 443}`;
  const tunnel = httpRequest({
    host: proxy.hostname,
    port,
    method: 'CONNECT',
    path: target,
    signal: route.signal,
    agent: false,
  });
  const socket = await new Promise<import('node:net').Socket>((resolve, reject) => {
    tunnel.on('connect', (answer, opened) => {
      if (answer.statusCode === 200) resolve(opened);
      else reject(new Error(`proxy answered ${answer.statusCode} to CONNECT`));
    });
    tunnel.on('error', reject).end();
  });
  return { createConnection: () => tlsConnect({ socket, servername: url.hostname, ...route.tls }) };
}

function redirected(request: OutgoingRequest, answer: Answer): OutgoingRequest | null {
  const location = answer.headers.get('location');
  if (answer.status < 300 || answer.status > 399 || location === undefined) return null;
  const from = new URL(request.url);
  const to = new URL(location, from);
  const keepsBody = answer.status === 307 || answer.status === 308;
  return {
    ...request,
    url: to.href,
    method: keepsBody ? request.method : 'GET',
    body: keepsBody ? request.body : '',
    headers:
      to.host === from.host
        ? request.headers
        : request.headers.filter(([name]) => !CREDENTIAL_HEADERS.has(name.toLowerCase())),
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
  let length = 0;
  for await (const chunk of incoming) {
    if (!Buffer.isBuffer(chunk)) continue;
    chunks.push(chunk);
    length += chunk.length;
    if (length >= MAX_BODY_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8');
}

/** TLS settings of a receiver as Node's options; files are read anew each time, so that rotated certificates count. */
export async function tlsConnectionOptions(tls: TlsOptions | null): Promise<ConnectionOptions> {
  if (tls === null) return {};
  const ca = tls.caFile === null ? tls.ca : await readFile(tls.caFile, 'utf8');
  return {
    ...(ca === null ? {} : { ca }),
    ...(tls.certFile === null ? {} : { cert: await readFile(tls.certFile, 'utf8') }),
    ...(tls.keyFile === null ? {} : { key: await readFile(tls.keyFile, 'utf8') }),
    ...(tls.serverName === null ? {} : { servername: tls.serverName }),
    rejectUnauthorized: !tls.insecureSkipVerify,
  };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return error.message === '' ? code || error.name : error.message;
}
