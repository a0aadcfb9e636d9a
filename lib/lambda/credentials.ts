/**
 * Who may call: a list of hashes, one caller a line, kept in an SSM parameter (deployed) or in a file (local process).
 *
 *     # name      scopes            hash of the token or password
 *     prometheus  ingest,read       sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
 *     alice       read,silence      scrypt:16384:8:1:c2FsdHNhbHQ=:3q2+7w…
 *
 * `sha256` is for tokens made by a machine (at least 128 random bits), `scrypt` for passwords that people choose.
 * A token comes as `Authorization: Bearer TOKEN` or as the password of its name; a scrypt password only as Basic.
 */
import { createHash, scrypt, timingSafeEqual } from 'node:crypto';
import { InvalidInput, type Issue } from '../model/issue.ts';

/** What a caller may do; `admin` may do everything. */
const SCOPES = ['ingest', 'read', 'silence', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export interface Caller {
  readonly name: string;
  readonly scopes: readonly Scope[];
}

export interface Credential extends Caller {
  readonly hash: SecretHash;
}

type SecretHash =
  | { readonly kind: 'sha256'; readonly digest: Buffer }
  | { readonly kind: 'scrypt'; readonly cost: ScryptCost; readonly salt: Buffer; readonly digest: Buffer };

interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

const MAX_SCRYPT_MEMORY_BYTES = 64 * 1024 * 1024;

/** Reads the list; throws InvalidInput with every bad line, none of them printing a hash. */
export function parseCredentials(text: string, file: string): readonly Credential[] {
  const credentials: Credential[] = [];
  const issues: Issue[] = [];
  for (const [index, rawLine] of text.split('\n').entries()) {
    const line = rawLine.replace(/#.*/, '').trim();
    if (line === '') continue;
    const parsed = parseLine(line);
    if (typeof parsed !== 'string') credentials.push(parsed);
    else issues.push({ ...nowhere, code: 'credential', file, line: index + 1, column: 1, message: parsed });
  }
  const names = credentials.map(({ name }) => name);
  const double = names.find((name, index) => names.indexOf(name) !== index);
  if (double !== undefined)
    issues.push({ ...nowhere, code: 'credential', file, message: `"${double}" is listed twice` });
  if (issues.length > 0) throw new InvalidInput(issues);
  return credentials;
}

const nowhere = {
  line: null,
  column: null,
  path: '',
  span: null,
  hint: 'a line is: NAME SCOPES sha256:HEX, or NAME SCOPES scrypt:N:r:p:SALT:HASH with base64',
} as const;

function parseLine(line: string): Credential | string {
  const [name = '', scopeList = '', hashText = '', ...rest] = line.split(/\s+/);
  if (hashText === '' || rest.length > 0) return 'a caller has a name, scopes and a hash';
  if (!/^[\w.@-]{1,64}$/.test(name)) return `"${name}" is not a name of 1 to 64 letters, digits and ._@-`;
  const scopes = SCOPES.filter((scope) => scopeList.split(',').includes(scope));
  const unknown = scopeList.split(',').find((word) => !SCOPES.some((scope) => scope === word));
  if (unknown !== undefined) return `unknown scope "${unknown}" of "${name}", scopes are ${SCOPES.join(', ')}`;
  const hash = parseHash(hashText);
  return hash === null ? `the hash of "${name}" is malformed` : { name, scopes, hash };
}

function parseHash(text: string): SecretHash | null {
  const sha256 = /^sha256:([0-9a-fA-F]{64})$/.exec(text)?.[1];
  if (sha256 !== undefined) return { kind: 'sha256', digest: Buffer.from(sha256, 'hex') };
  const match = /^scrypt:(\d{1,7}):(\d{1,2}):(\d{1,2}):([\w+/]+={0,2}):([\w+/]+={0,2})$/.exec(text);
  if (match === null) return null;
  const [, N, r, p, salt = '', digest = ''] = match;
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const fits = 128 * cost.N * cost.r <= MAX_SCRYPT_MEMORY_BYTES && cost.p >= 1 && cost.p <= 16 && cost.r >= 1;
  const isPowerOfTwo = cost.N >= 2 && (cost.N & (cost.N - 1)) === 0;
  const bytes = Buffer.from(digest, 'base64');
  if (!fits || !isPowerOfTwo || bytes.length < 16) return null;
  return { kind: 'scrypt', cost, salt: Buffer.from(salt, 'base64'), digest: bytes };
}

/** The caller whose secret an Authorization header carries; null when it carries none that is listed. */
export async function findCaller(credentials: readonly Credential[], header: string): Promise<Caller | null> {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+) *$/.exec(header) ?? [];
  if (scheme.toLowerCase() === 'bearer') return findToken(credentials, value);
  if (scheme.toLowerCase() !== 'basic') return null;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 0) return null;
  const named = credentials.find(({ name }) => name === pair.slice(0, colon)) ?? null;
  // A name that is not listed costs as much as the slowest that is, so that the time taken does not tell which are.
  const slowest = credentials.find(({ hash }) => hash.kind === 'scrypt') ?? credentials[0];
  const compared = named ?? slowest;
  if (compared === undefined) return null;
  return (await matchesHash(pair.slice(colon + 1), compared.hash)) ? named : null;
}

/** Compares with every listed token, found or not, so that the time taken tells nothing. */
function findToken(credentials: readonly Credential[], token: string): Caller | null {
  const digest = createHash('sha256').update(token).digest();
  let found: Caller | null = null;
  for (const credential of credentials) {
    if (credential.hash.kind === 'sha256' && timingSafeEqual(credential.hash.digest, digest)) found = credential;
  }
  return found;
}

async function matchesHash(given: string, hash: SecretHash): Promise<boolean> {
  if (hash.kind === 'sha256') return timingSafeEqual(createHash('sha256').update(given).digest(), hash.digest);
  return timingSafeEqual(await derive(given, hash.salt, { length: hash.digest.length, cost: hash.cost }), hash.digest);
}

function derive(
  given: string,
  salt: Buffer,
  { length, cost }: { readonly length: number; readonly cost: ScryptCost },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(given, salt, length, { ...cost, maxmem: 2 * MAX_SCRYPT_MEMORY_BYTES }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
