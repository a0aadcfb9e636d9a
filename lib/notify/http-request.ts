import type { HttpSettings, TlsSettings } from '../alerts/config-http.ts';
import type { HttpTransport, OutgoingRequest, TlsOptions, TlsVersion } from '../ports.ts';
import type { Renderer } from './notification.ts';
import { base64 } from './secrets.ts';

const USER_AGENT = 'Tocsin';

type Headers = readonly (readonly [name: string, value: string])[];

interface Post {
  readonly url: string;
  readonly contentType: string;
  readonly body: string;
  readonly http: HttpSettings | null;
  /** The receiver's own; 0 when it sets none. */
  readonly timeoutMs: number;
  readonly headers?: Headers;
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
    timeoutMs: post.timeoutMs,
  };
}

function authHeaders(http: HttpSettings | null, { reveal, conceal }: Renderer): Headers {
  if (http === null) return [];
  const { authorization, basicAuth } = http;
  if (authorization !== null) {
    return [
      ['Authorization', `${authorization.type} ${reveal(authorization.credentials, authorization.credentialsFile)}`],
    ];
  }
  if (basicAuth === null) return [];
  const username = basicAuth.username === '' ? reveal(null, basicAuth.usernameFile) : basicAuth.username;
  const encoded = base64(`${username}:${reveal(basicAuth.password, basicAuth.passwordFile)}`);
  conceal(encoded);
  return [['Authorization', `Basic ${encoded}`]];
}

/** `http_config.http_headers`. */
export function extraHeaders(http: HttpSettings | null, { reveal }: Renderer): Headers {
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
  const { authorization, basicAuth, httpHeaders, tlsConfig } = http;
  const ofHeaders = [...httpHeaders.values()].flatMap((header) => header.files);
  const files = [authorization?.credentialsFile, basicAuth?.passwordFile, basicAuth?.usernameFile, ...ofHeaders];
  return [...files.filter((file) => file !== undefined), ...tlsFiles(tlsConfig)];
}

/** Files with certificates and keys. */
export function tlsFiles(tls: TlsSettings | null): readonly string[] {
  return tls === null ? [] : [tls.caFile, tls.certFile, tls.keyFile];
}

/** What of `http_config` cannot be honoured; null when all of it can. */
export function unsupportedHttp(http: HttpSettings | null): string | null {
  if (http === null) return null;
  if (http.oauth2 !== null) return 'http_config.oauth2';
  if (http.proxyFromEnvironment) return 'http_config.proxy_from_environment';
  const proxy = http.proxyUrl?.reveal() ?? '';
  if (proxy !== '' && !/^https?:\/\//i.test(proxy)) return 'an http_config.proxy_url other than http:// and https://';
  const { authorization, basicAuth, tlsConfig } = http;
  const references = [authorization?.credentialsRef, basicAuth?.passwordRef, basicAuth?.usernameRef];
  return hasText(references) ? 'http_config with references to a secret provider' : unsupportedTls(tlsConfig);
}

/** What of TLS settings cannot be honoured; null when all of it can. */
export function unsupportedTls(tls: TlsSettings | null): string | null {
  const refersTo = tls !== null && hasText([tls.caRef, tls.certRef, tls.keyRef]);
  return refersTo ? 'tls_config with references to a secret provider' : null;
}

function hasText(texts: readonly (string | undefined)[]): boolean {
  return texts.some((text) => text !== undefined && text !== '');
}

/** How the connection is made. */
export function transportOf(http: HttpSettings | null, renderer: Renderer): HttpTransport {
  if (http === null) return { followRedirects: true, proxy: null, tls: null };
  const { followRedirects, proxyUrl, noProxy, proxyConnectHeader, tlsConfig } = http;
  const connectHeaders = [...proxyConnectHeader].flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, renderer.reveal(value, '')]),
  );
  return {
    followRedirects,
    proxy: proxyUrl === null ? null : { url: renderer.reveal(proxyUrl, ''), bypass: noProxy, connectHeaders },
    tls: tlsOptions(tlsConfig, renderer),
  };
}

const tlsVersions: ReadonlyMap<string, TlsVersion> = new Map([
  ['TLS10', 'TLSv1'],
  ['TLS11', 'TLSv1.1'],
  ['TLS12', 'TLSv1.2'],
  ['TLS13', 'TLSv1.3'],
]);

/** TLS settings for an adapter; null when nothing is set. */
export function tlsOptions(tls: TlsSettings | null, { reveal }: Renderer): TlsOptions | null {
  if (tls === null) return null;
  const given = (text: string): string | null => (text === '' ? null : text);
  return {
    ca: given(tls.ca === '' ? reveal(null, tls.caFile) : tls.ca),
    cert: given(tls.cert === '' ? reveal(null, tls.certFile) : tls.cert),
    key: given(reveal(tls.key, tls.keyFile)),
    serverName: given(tls.serverName),
    insecureSkipVerify: tls.insecureSkipVerify,
    minVersion: tlsVersions.get(tls.minVersion) ?? null,
    maxVersion: tlsVersions.get(tls.maxVersion) ?? null,
  };
}
