import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { HttpReply, HttpRequest } from '../../lib/api/http.ts';
import { BODY_BYTES, jsonReply, textReply } from '../../lib/api/http.ts';
import { app, startApp, stopApp } from '../../lib/app/app.ts';
import { type HttpOptions, httpHandler } from '../../lib/lambda/http.ts';
import { InvalidInput } from '../../lib/model/issue.ts';
import { httpEvent } from '../support/http-events.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-http-'));
const authFile = join(folder, 'callers.txt');
const sha256 = (token: string): string => `sha256:${createHash('sha256').update(token).digest('hex')}`;
let nowMs = Date.UTC(2026, 0, 15);

async function start(environment: Record<string, string> = {}): Promise<void> {
  mkdirSync(join(folder, 'config'), { recursive: true });
  writeFileSync(join(folder, 'config', 'tocsin.yml'), 'log: { level: error }\n');
  const base = { TOCSIN_CONFIG: join(folder, 'config'), TOCSIN_DATA: ':memory:' };
  await startApp({ environment: { ...base, ...environment }, clock: { nowMs: () => nowMs } });
}

/** Errors are logged to standard error; tests of errors keep it quiet. */
function quietly<T>(work: () => Promise<T>): Promise<T> {
  const write = process.stderr.write;
  process.stderr.write = () => true;
  return work().finally(() => {
    process.stderr.write = write;
  });
}

const echo = (options: HttpOptions, respond: (request: HttpRequest) => HttpReply) =>
  httpHandler(app, options, async (_app, request) => respond(request));

// Hooks of a whole file would be hooks of all files: tests share one process.
describe('HTTP handlers', () => {
  beforeEach(() => start());
  afterEach(() => stopApp());
  after(() => rmSync(folder, { recursive: true }));
  describe('requests', requests);
  describe('replies', replies);
  describe('bodies of replies', bodies);
  describe('who may call', callers);
  describe('web pages', webPages);
});

function requests(): void {
  test('an event becomes a plain request', async () => {
    let seen: HttpRequest | null = null;
    const handler = echo({ access: 'read' }, (request) => {
      seen = request;
      return textReply(200, 'ok');
    });
    const bytes = Uint8Array.of(0, 255, 10);
    await handler(httpEvent('POST', '/a%20b/%C3%BC?q=1&q=2%2B3', { headers: { 'Content-Type': 'x/y' }, body: bytes }));
    assert.ok(seen !== null);
    const { method, path, query, headers, body, receivedAtMs }: HttpRequest = seen;
    assert.deepEqual([method, path, query.getAll('q')], ['POST', '/a b/ü', ['1', '2+3']]);
    assert.deepEqual([headers.get('content-type'), [...body], receivedAtMs], ['x/y', [0, 255, 10], nowMs]);
  });

  test('a correlation id is taken over, or made', async () => {
    const handler = echo({ access: 'open' }, () => textReply(200, 'ok'));
    const given = await handler(httpEvent('GET', '/', { headers: { 'x-correlation-id': 'req-7/a' } }));
    assert.equal(given.headers?.['x-correlation-id'], 'req-7/a');
    const odd = await handler(httpEvent('GET', '/', { headers: { 'x-correlation-id': 'a\nb' } }));
    assert.match(String(odd.headers?.['x-correlation-id']), /^[0-9a-f-]{36}$/);
  });
}

function replies(): void {
  test('text stays text and bytes travel as base64', async () => {
    const text = await echo({ access: 'open' }, () => textReply(202, 'grüße'))(httpEvent('GET', '/'));
    assert.deepEqual([text.statusCode, text.body, text.isBase64Encoded], [202, 'grüße', false]);
    const bytes = { status: 200, headers: {}, body: Uint8Array.of(0, 255) };
    const binary = await echo({ access: 'open' }, () => bytes)(httpEvent('GET', '/'));
    assert.deepEqual([binary.body, binary.isBase64Encoded], ['AP8=', true]);
  });

  test('a reply that Lambda would cut is an error that says what to do', async () => {
    const handler = echo({ access: 'open' }, () => textReply(200, 'x'.repeat(6_000_001)));
    const reply = await handler(httpEvent('GET', '/'));
    assert.equal(reply.statusCode, 422);
    assert.match(String(reply.body), /shorter range/);
  });

  test('bad input answers 400 with every issue, in the way of its API', async () => {
    const nowhere = { code: 'x', file: null, line: null, column: null, span: null, hint: null };
    const issues = ['a', 'b'].map((path) => ({ ...nowhere, path, message: `${path} is wrong` }));
    const refuse = (): never => {
      throw new InvalidInput(issues);
    };
    const plain = await echo({ access: 'open' }, refuse)(httpEvent('GET', '/'));
    assert.equal(plain.statusCode, 400);
    assert.deepEqual(JSON.parse(plain.body ?? ''), {
      status: 'error',
      errorType: 'bad_data',
      error: 'a: a is wrong\nb: b is wrong',
      issues,
    });
    const own = echo({ access: 'open', invalid: (error) => jsonReply(400, error.issues.length) }, refuse);
    assert.equal((await own(httpEvent('GET', '/'))).body, '2');
  });

  test('our own mistakes answer 500 without internals, under the correlation id of the log', () =>
    quietly(async () => {
      const handler = echo({ access: 'open' }, () => {
        throw new Error('secret detail');
      });
      const reply = await handler(httpEvent('GET', '/', { headers: { 'x-correlation-id': 'id-1' } }));
      assert.equal(reply.statusCode, 500);
      assert.match(String(reply.body), /id-1/);
      assert.doesNotMatch(String(reply.body), /secret|detail|\.ts/);
      const broken = httpHandler(
        () => Promise.reject(new InvalidInput([])),
        { access: 'open' },
        async () => textReply(200, 'ok'),
      );
      assert.equal((await broken(httpEvent('GET', '/'))).statusCode, 500);
    }));
}

function bodies(): void {
  test('bytes of text travel as text, other bytes as base64; both are there as bytes, too', async () => {
    const types: readonly (readonly [type: string, body: string])[] = [
      ['application/json', '"ä"'],
      ['image/png', Buffer.from('"ä"').toString('base64')],
    ];
    for (const [type, body] of types) {
      const bytes = Buffer.from('x"ä"x').subarray(1, -1);
      const handler = echo({ access: 'open' }, () => {
        return { status: 200, headers: { 'content-type': type }, body: bytes };
      });
      const result: Awaited<ReturnType<typeof handler>> & { readonly [BODY_BYTES]?: Uint8Array } = await handler(
        httpEvent('GET', '/'),
      );
      const sent: unknown = JSON.parse(JSON.stringify(result));
      assert.deepEqual(sent, {
        statusCode: 200,
        headers: { 'content-type': type, 'x-correlation-id': result.headers?.['x-correlation-id'] },
        body,
        isBase64Encoded: type === 'image/png',
      });
      assert.deepEqual(Buffer.from(result[BODY_BYTES] ?? ''), bytes);
    }
  });

  test('long replies are compressed for those who take it', async () => {
    for (const body of ['x'.repeat(3_000), Buffer.from('y'.repeat(100_000)), 'x'.repeat(1_999)]) {
      const handler = echo({ access: 'open' }, () => {
        return { status: 200, headers: { 'content-type': 'application/json', vary: 'Origin' }, body };
      });
      const ask = (encodings: string) => handler(httpEvent('GET', '/', { headers: { 'accept-encoding': encodings } }));
      const [packed, plain] = [await ask('deflate, gzip'), await ask('deflate')];
      assert.equal(plain.body, String(body));
      if (body.length < 2_000) {
        assert.deepEqual([packed.body, packed.headers?.['content-encoding']], [body, undefined]);
        continue;
      }
      assert.deepEqual(
        [packed.headers?.['content-encoding'], packed.headers?.['vary']],
        ['gzip', 'Origin, accept-encoding'],
      );
      assert.equal(gunzipSync(Buffer.from(packed.body ?? '', 'base64')).toString(), String(body));
    }
  });
}

function callers(): void {
  const scoped = echo({ access: ({ path }) => (path === '/live' ? 'open' : 'ingest') }, () => textReply(200, 'ok'));
  const call = async (path: string, token: string | null): Promise<number | undefined> => {
    const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    return (await scoped(httpEvent('GET', path, { headers }))).statusCode;
  };

  test('without a list (local process) everyone may', async () => {
    assert.equal(await call('/x', null), 200);
  });

  test('with a list only its callers may, within their scopes; open routes ask for nothing', async () => {
    writeFileSync(authFile, `pusher ingest ${sha256('p')}\nreader read ${sha256('r')}\nboss admin ${sha256('b')}\n`);
    await start({ TOCSIN_AUTH_FILE: authFile });
    assert.deepEqual([await call('/x', 'p'), await call('/x', 'b'), await call('/x', 'r')], [200, 200, 403]);
    assert.deepEqual([await call('/x', null), await call('/x', 'wrong'), await call('/live', null)], [401, 401, 200]);
    const { headers } = await scoped(httpEvent('GET', '/x'));
    assert.match(String(headers?.['www-authenticate']), /^Basic realm="tocsin"/);
  });

  test('a revoked token stops working after a few minutes', async () => {
    writeFileSync(authFile, `pusher ingest ${sha256('p')}\n`);
    await start({ TOCSIN_AUTH_FILE: authFile });
    assert.equal(await call('/x', 'p'), 200);
    writeFileSync(authFile, `other ingest ${sha256('o')}\n`);
    nowMs += 179_000;
    assert.equal(await call('/x', 'p'), 200);
    nowMs += 1_000;
    assert.deepEqual([await call('/x', 'p'), await call('/x', 'o')], [401, 200]);
  });

  test('a list that cannot be read lets nobody in; one read before stays in force', () =>
    quietly(async () => {
      await start({ TOCSIN_AUTH_FILE: join(folder, 'absent.txt') });
      assert.deepEqual([await call('/x', 'p'), await call('/live', null)], [503, 200]);
      writeFileSync(authFile, `pusher ingest ${sha256('p')}\n`);
      await start({ TOCSIN_AUTH_FILE: authFile });
      assert.equal(await call('/x', 'p'), 200);
      writeFileSync(authFile, 'nonsense\n');
      nowMs += 180_000;
      assert.deepEqual([await call('/x', 'p'), await call('/x', 'q')], [200, 401]);
    }));
}

function webPages(): void {
  test('web pages of other origins change nothing, unless they send a token of their own', async () => {
    const writing = echo({ access: 'silence' }, () => textReply(200, 'ok'));
    const reading = echo({ access: 'read' }, () => textReply(200, 'ok'));
    const from = async (handler: typeof writing, headers: Record<string, string>): Promise<number | undefined> =>
      (await handler(httpEvent('POST', '/x', { headers: { host: '127.0.0.1:9095', ...headers } }))).statusCode;
    assert.equal(await from(writing, {}), 200);
    assert.equal(await from(writing, { origin: 'http://127.0.0.1:9095' }), 200);
    // The place where people reach it, when something stands in front.
    assert.equal(await from(writing, { origin: 'http://localhost:9095' }), 200);
    for (const origin of [
      'http://evil.example',
      'http://127.0.0.1:3000',
      'null',
      'http://127.0.0.1:9095.evil.example',
    ]) {
      assert.equal(await from(writing, { origin }), 403, origin);
      assert.equal(await from(writing, { origin, authorization: 'Bearer anything' }), 403, origin);
      assert.equal(await from(reading, { origin }), 200, origin);
    }
    writeFileSync(authFile, `boss silence ${sha256('b')}\n`);
    await start({ TOCSIN_AUTH_FILE: authFile });
    const origin = 'http://evil.example';
    assert.equal(await from(writing, { origin, authorization: 'Bearer b' }), 200);
    const password = `Basic ${Buffer.from('boss:b').toString('base64')}`;
    assert.deepEqual(
      [await from(writing, { origin, authorization: password }), await from(writing, { authorization: password })],
      [403, 200],
    );
  });
}
