import assert from 'node:assert/strict';
import { createHash, scryptSync } from 'node:crypto';
import { test } from 'node:test';
import { findCaller, parseCredentials } from '../../lib/lambda/credentials.ts';
import { InvalidInput } from '../../lib/model/issue.ts';

const sha256 = (token: string): string => `sha256:${createHash('sha256').update(token).digest('hex')}`;
const salt = Buffer.from('sixteen bytes ok');
const scryptHash = (password: string): string =>
  `scrypt:1024:8:1:${salt.toString('base64')}:${scryptSync(password, salt, 32, { N: 1024, r: 8, p: 1 }).toString('base64')}`;
const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

const credentials = parseCredentials(
  `# who may call\n\nprometheus ingest,read ${sha256('t0ken')} # the scraper\nalice admin ${scryptHash('pass:word ü')}\n`,
  'auth.txt',
);

test('a caller is found by what the Authorization header carries', async () => {
  const cases: [header: string, name: string | null][] = [
    ['Bearer t0ken', 'prometheus'],
    ['bearer  t0ken', 'prometheus'],
    [basic('prometheus', 't0ken'), 'prometheus'],
    [basic('alice', 'pass:word ü'), 'alice'],
    ['Bearer pass:word', null],
    ['Bearer t0ke', null],
    ['Bearer ', null],
    [basic('alice', 'wrong'), null],
    [basic('alice', 't0ken'), null],
    [basic('nobody', 't0ken'), null],
    ['Basic !!!', null],
    ['Digest t0ken', null],
    ['', null],
  ];
  for (const [header, name] of cases) {
    assert.equal((await findCaller(credentials, header))?.name ?? null, name, header);
  }
});

test('scopes come with the caller', async () => {
  assert.deepEqual((await findCaller(credentials, 'Bearer t0ken'))?.scopes, ['ingest', 'read']);
});

test('every bad line is reported with its number, and no hash is printed', () => {
  const text = [
    'short ingest',
    `bad/name read ${sha256('a')}`,
    `odd read,write ${sha256('a')}`,
    'weak read sha256:abcd',
    'huge read scrypt:1048576:8:1:c2FsdA==:aGFzaGhhc2hoYXNoaGFzaA==',
    `twice read ${sha256('a')}`,
    `twice read ${sha256('b')}`,
  ].join('\n');
  assert.throws(
    () => parseCredentials(text, 'auth.txt'),
    (error: unknown) => {
      assert.ok(error instanceof InvalidInput);
      assert.deepEqual(
        error.issues.map(({ line, message }) => [line, message]),
        [
          [1, 'a caller has a name, scopes and a hash'],
          [2, '"bad/name" is not a name of 1 to 64 letters, digits and ._@-'],
          [3, 'unknown scope "write" of "odd", scopes are ingest, read, silence, admin'],
          [4, 'the hash of "weak" is malformed'],
          [5, 'the hash of "huge" is malformed'],
          [null, '"twice" is listed twice'],
        ],
      );
      assert.doesNotMatch(error.message, /[0-9a-f]{64}/);
      return true;
    },
  );
});
