/** `http_config`: how requests to a receiver are made. Fields that end in File are paths, read by the application when it sends. */
import { goQuote } from '../model/go-text.ts';
import { type Secret, secret } from '../model/secret.ts';
import {
  always,
  bool,
  type Field,
  field,
  list,
  record,
  renderText,
  text,
  textMap,
  textOf,
  texts,
  withDefault,
} from './config-fields.ts';
import { type Decoded, mapping, optional, type Report } from './config-mapping.ts';
import { freeMap, maskPassword, secretText } from './config-values.ts';
import { complain } from './config-yaml.ts';

function given(...values: readonly unknown[]): number {
  return values.filter((value) => value !== null && value !== '').length;
}

const tlsVersions = ['TLS13', 'TLS12', 'TLS11', 'TLS10'];

const tlsVersion: Field<string> = {
  ...text,
  decode: (place) => {
    const version = textOf(place, 'string') ?? '';
    if (tlsVersions.includes(version)) return version;
    complain(place, {
      code: 'invalid-value',
      message: `unknown TLS version: ${version}`,
      hint: `one of ${tlsVersions.join(', ')}`,
    });
    return '';
  },
};

const tlsFields = {
  ca: text,
  cert: text,
  key: secretText,
  caFile: text,
  certFile: text,
  keyFile: text,
  caRef: text,
  certRef: text,
  keyRef: text,
  serverName: text,
  insecureSkipVerify: always(bool),
  minVersion: tlsVersion,
  maxVersion: tlsVersion,
};

/** How a TLS connection is made. */
export type TlsSettings = Decoded<typeof tlsFields>;

const tlsMapping = mapping({
  goType: 'config.plain',
  fields: tlsFields,
  check: (tls, report) => {
    const certs = given(tls.cert, tls.certFile, tls.certRef);
    const keys = given(tls.key, tls.keyFile, tls.keyRef);
    if (given(tls.ca, tls.caFile, tls.caRef) > 1) report('at most one of ca, ca_file & ca_ref must be configured');
    if (certs > 1) report('at most one of cert, cert_file & cert_ref must be configured');
    if (keys > 1) report('at most one of key and key_file must be configured');
    if (certs > 0 && keys === 0) {
      report('exactly one of key or key_file must be configured when a client certificate is configured');
    } else if (keys > 0 && certs === 0) {
      report('exactly one of cert or cert_file must be configured when a client key is configured');
    }
  },
});

/** TLS settings; null when missing. */
export const tlsConfig: Field<TlsSettings | null> = optional(tlsMapping);

/** TLS settings that are printed even when nothing was set: those of `smtp_tls_config`. */
export const defaultTlsConfig: Field<TlsSettings | null> = withDefault(tlsConfig, tlsMapping.absent);

const basicAuth = optional(
  mapping({
    goType: 'config.plain',
    fields: {
      username: text,
      usernameFile: text,
      usernameRef: text,
      password: secretText,
      passwordFile: text,
      passwordRef: text,
    },
    check: (auth, report) => {
      if (given(auth.username, auth.usernameFile, auth.usernameRef) > 1) {
        report('at most one of basic_auth username, username_file & username_ref must be configured');
      }
      if (given(auth.password, auth.passwordFile, auth.passwordRef) > 1) {
        report('at most one of basic_auth password, password_file & password_ref must be configured');
      }
    },
  }),
);

const authorization = optional(
  mapping({
    goType: 'config.plain',
    fields: { type: text, credentials: secretText, credentialsFile: text, credentialsRef: text },
    check: (auth, report) => {
      if (given(auth.credentials, auth.credentialsFile, auth.credentialsRef) > 1) {
        report('at most one of authorization credentials & credentials_file must be configured');
      }
      if (auth.type.trim().toLowerCase() === 'basic') {
        report('authorization type cannot be set to "basic", use "basic_auth" instead', 'type');
      }
    },
    complete: (auth) => ({ ...auth, type: auth.type.trim() === '' ? 'Bearer' : auth.type.trim() }),
  }),
);

/** Null when missing. It may hold a password, which is printed as Alertmanager prints it. */
const proxyUrl: Field<Secret | null> = field<Secret | null>({
  absent: null,
  decode: (place) => {
    const address = textOf(place, 'string') ?? '';
    if (address === '') return null;
    if (URL.canParse(address) || !/^[^/?#]*:/.test(address)) return secret(address);
    complain(place, { code: 'invalid-url', message: 'invalid proxy_url', hint: 'write for example http://HOST:PORT' });
    return null;
  },
  isEmpty: (value) => value === null,
  render: (value) => renderText(maskPassword(value?.reveal() ?? '')),
});

const proxyFields = {
  proxyUrl,
  noProxy: text,
  proxyFromEnvironment: bool,
  proxyConnectHeader: record(list(secretText, { goType: '[]config.Secret' }), 'config.ProxyHeader'),
};

function checkProxy(proxy: Decoded<typeof proxyFields>, report: Report): void {
  const hasUrl = proxy.proxyUrl !== null;
  if (proxy.proxyConnectHeader.size > 0 && !proxy.proxyFromEnvironment && !hasUrl) {
    report('if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured');
  }
  if (proxy.proxyFromEnvironment && hasUrl) {
    report('if proxy_from_environment is configured, proxy_url must not be configured');
  }
  if (proxy.proxyFromEnvironment && proxy.noProxy !== '') {
    report('if proxy_from_environment is configured, no_proxy must not be configured');
  }
  if (proxy.noProxy !== '' && !hasUrl) report('if no_proxy is configured, proxy_url must also be configured');
}

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

const oauth2Fields = {
  clientId: text,
  clientSecret: secretText,
  clientSecretFile: text,
  clientSecretRef: text,
  clientCertificateKeyId: text,
  clientCertificateKey: secretText,
  clientCertificateKeyFile: text,
  clientCertificateKeyRef: text,
  grantType: text,
  signatureAlgorithm: text,
  iss: text,
  audience: text,
  claims: freeMap,
  scopes: texts,
  tokenUrl: text,
  endpointParams: textMap,
  tlsConfig,
  ...proxyFields,
};

function checkOauth2(oauth2: Decoded<typeof oauth2Fields>, report: Report): void {
  if (oauth2.clientId === '') report('oauth2 client_id must be configured');
  if (oauth2.tokenUrl === '') report('oauth2 token_url must be configured');
  const keys = [oauth2.clientCertificateKey, oauth2.clientCertificateKeyFile, oauth2.clientCertificateKeyRef];
  const secrets = [oauth2.clientSecret, oauth2.clientSecretFile, oauth2.clientSecretRef];
  if (oauth2.grantType !== JWT_BEARER) {
    if (given(...secrets) > 1) {
      report(
        'at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured using grant-type=client_credentials',
      );
    }
    return;
  }
  if (given(...keys) > 1) {
    report(
      `at most one of oauth2 client_certificate_key, client_certificate_key_file & client_certificate_key_ref must be configured using grant-type=${JWT_BEARER}`,
    );
  }
  if (!['', 'RS256', 'RS384', 'RS512'].includes(oauth2.signatureAlgorithm)) {
    report('valid signature algorithms are RS256, RS384 and RS512', 'signature_algorithm');
  }
}

const oauth2 = optional(mapping({ goType: 'config.plain', fields: oauth2Fields, check: checkOauth2 }));

const reservedHeaders = new Set(
  'authorization host content-encoding content-length content-type user-agent connection keep-alive proxy-authenticate proxy-authorization www-authenticate accept-encoding x-prometheus-remote-write-version x-prometheus-remote-read-version x-prometheus-scrape-timeout-seconds x-amz-date x-amz-security-token x-amz-content-sha256'.split(
    ' ',
  ),
);

/** A header name in the usual capitals: `x-my-header` is `X-My-Header`. */
export function canonicalHeader(name: string): string {
  if (!/^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/.test(name)) return name;
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

const header = mapping({
  goType: 'config.Header',
  fields: { values: texts, secrets: list(secretText, { goType: '[]config.Secret' }), files: texts },
});

const headers = record(header, 'map[string]config.Header');

const httpHeaders: typeof headers = field({
  ...headers,
  decode: (place) => {
    const decoded = headers.decode(place);
    for (const name of decoded.keys()) {
      if (!reservedHeaders.has(name.toLowerCase())) continue;
      complain(place, {
        code: 'invalid-value',
        message: `setting header ${goQuote(canonicalHeader(name))} is not allowed`,
      });
    }
    return decoded;
  },
});

const httpFields = {
  basicAuth,
  authorization,
  oauth2,
  bearerToken: secretText,
  bearerTokenFile: text,
  tlsConfig,
  followRedirects: always(withDefault(bool, true)),
  enableHttp2: always(withDefault(bool, true)),
  ...proxyFields,
  httpHeaders,
};

/** How requests to a receiver are made. `bearer_token` has become `authorization` here. */
export type HttpSettings = Decoded<typeof httpFields>;

const httpMapping = mapping({
  goType: 'config.plain',
  fields: httpFields,
  check: (http, report) => {
    checkHttpAuth(http, report);
    checkProxy(http, report);
  },
});

function checkHttpAuth(http: HttpSettings, report: Report): void {
  const bearers = given(http.bearerToken, http.bearerTokenFile);
  const others = given(http.basicAuth, http.oauth2);
  if (bearers > 1) report('at most one of bearer_token & bearer_token_file must be configured');
  if (bearers > 0 && others > 0) {
    report('at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured');
  }
  if (bearers > 0 && http.authorization !== null) {
    report('authorization is not compatible with bearer_token & bearer_token_file');
  }
  if (others + given(http.authorization) > 1) {
    report('at most one of basic_auth, oauth2 & authorization must be configured');
  }
}

/** What `http_config` is when nobody sets it. */
export const DEFAULT_HTTP: HttpSettings = httpMapping.absent;

/** HTTP settings; null when missing: those of `global` then hold, as a whole. */
export const httpConfig: Field<HttpSettings | null> = optional({
  ...httpMapping,
  decode: (place) => {
    const http = httpMapping.decode(place);
    const { bearerToken, bearerTokenFile } = http;
    if (http.authorization !== null || given(bearerToken, bearerTokenFile) === 0) return http;
    const bearer = { type: 'Bearer', credentials: bearerToken, credentialsFile: bearerTokenFile, credentialsRef: '' };
    const completed = { ...http, authorization: bearer, bearerToken: null, bearerTokenFile: '' };
    if (place.source.broken.has(http)) place.source.broken.add(completed);
    return completed;
  },
});
