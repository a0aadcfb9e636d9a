import type { HttpSettings, TlsSettings } from '../alerts/config-http.ts';
import type { HttpTransport, OutgoingRequest, TlsOptions } from '../ports.ts';
import type { Renderer } from './notification.ts';

const USER_AGENT = 'Tocsin';
/** Of one attempt, when the receiver sets none. */
export const DEFAULT_TIMEOUT_MS = 10_000;

interface Post {
  readonly url: string;
  readonly contentType: string;
  readonly body: string;
  readonly http: HttpSettings | null;
  /** 0 means the default. */
  readonly timeoutMs: number;
  readonly headers?: readonly (readonly [string, string])[];
}

/** A POST with the authentication and extra headers of `http_config`. */
export function postRequest(post: Post, renderer: Renderer): OutgoingRequest {
  return {
    method: 'POST',
    url: post.url,
    headers: [
      ['User-Agent', USER_AGENT],
      ['Content-Type', post.contentType],
      ...authHeaders(post.http, renderer),
      ...extraHeaders(post.http, renderer),
      ...(post.headers ?? []),
    ],
    body: post.body,
    timeoutMs: post.timeoutMs === 0 ? DEFAULT_TIMEOUT_MS : post.timeoutMs,
  };
}

function authHeaders(http: HttpSettings | null, { reveal }: Renderer): [string, string][] {
  if (http === null) return [];
  const { authorization, basicAuth } = http;
  if (authorization !== null) {
    return [
      ['Authorization', `${authorization.type} ${reveal(authorization.credentials, authorization.credentialsFile)}`],
    ];
  }
  if (basicAuth === null) return [];
  const username = basicAuth.username === '' ? reveal(null, basicAuth.usernameFile) : basicAuth.username;
  const pair = new TextEncoder().encode(`${username}:${reveal(basicAuth.password, basicAuth.passwordFile)}`);
  return [['Authorization', `Basic ${btoa(String.fromCharCode(...pair))}`]];
}

function extraHeaders(http: HttpSettings | null, { reveal }: Renderer): [string, string][] {
  if (http === null) return [];
  return [...http.httpHeaders].flatMap(([name, header]) => [
    ...header.values.map((value): [string, string] => [name, value]),
    ...header.secrets.map((value): [string, string] => [name, reveal(value, '')]),
    ...header.files.map((file): [string, string] => [name, reveal(null, file)]),
  ]);
}

/** Files that a request with these settings needs read first. */
export function secretFilesOf(http: HttpSettings | null): readonly string[] {
  if (http === null) return [];
  const headerFiles = [...http.httpHeaders.values()].flatMap((header) => header.files);
  const files = [
    http.authorization?.credentialsFile,
    http.basicAuth?.passwordFile,
    http.basicAuth?.usernameFile,
    ...headerFiles,
  ];
  return files.filter((file): file is string => file !== undefined && file !== '');
}

/** Why `http_config` cannot be honoured; null when it can. */
export function unsupportedHttp(http: HttpSettings | null): string | null {
  if (http?.oauth2 != null) return 'http_config.oauth2';
  const references = [http?.authorization?.credentialsRef, http?.basicAuth?.passwordRef, http?.basicAuth?.usernameRef];
  return references.some((reference) => reference !== undefined && reference !== '')
    ? 'references to secret providers'
    : null;
}

/** How the connection is made. */
export function transportOf(http: HttpSettings | null): HttpTransport {
  return {
    followRedirects: http?.followRedirects ?? true,
    proxyUrl: http === null || http.proxyUrl === '' ? null : http.proxyUrl,
    tls: tlsOptions(http?.tlsConfig ?? null),
  };
}

/** TLS settings for an adapter; null when nothing is set. */
export function tlsOptions(tls: TlsSettings | null): TlsOptions | null {
  if (tls === null) return null;
  const given = (text: string): string | null => (text === '' ? null : text);
  return {
    ca: given(tls.ca),
    caFile: given(tls.caFile),
    certFile: given(tls.certFile),
    keyFile: given(tls.keyFile),
    serverName: given(tls.serverName),
    insecureSkipVerify: tls.insecureSkipVerify,
  };
}
