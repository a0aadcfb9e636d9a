import assert from 'node:assert/strict';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { BODY_BYTES } from '../../lib/api/http.ts';
import { type FunctionResult, startHttpServer } from '../../lib/local/http-server.ts';

type Answer = (event: APIGatewayProxyEventV2) => FunctionResult;

/** What `ask` gets of a server with this function behind every path. */
async function withServer<T>(answer: Answer, ask: (url: string) => Promise<T>): Promise<T> {
  const route = { method: 'ANY', path: '/{proxy+}', functionName: 'any' };
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    findRoute: () => route,
    invoke: (_, event) => Promise.resolve(answer(event)),
    nowMs: () => 0,
    allowedHosts: null,
  });
  try {
    return await ask(`${server.url}/anything`);
  } finally {
    await server.close();
  }
}

interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

function received(result: FunctionResult): Promise<Received> {
  return withServer(() => result, ask);
}

async function ask(url: string): Promise<Received> {
  const response = await fetch(url, { headers: { connection: 'close' } });
  const { headers, status } = response;
  return { status, headers, body: Buffer.from(await response.arrayBuffer()) };
}

test('bytes go out as they are, and no text is made of them', async () => {
  const bytes = Buffer.from([0, 255, 34, 200]);
  const result: FunctionResult = {
    statusCode: 200,
    [BODY_BYTES]: bytes,
    get body(): string {
      throw new Error('the body was read');
    },
  };
  const { status, body } = await received(result);
  assert.equal(status, 200);
  assert.deepEqual(body, bytes);
});

test('a text goes out as UTF-8, or as the bytes it stands for', async () => {
  assert.equal((await received({ statusCode: 404, body: 'naïve' })).body.toString(), 'naïve');
  const encoded = await received({ statusCode: 200, body: 'AP8i', isBase64Encoded: true });
  assert.deepEqual([...encoded.body], [0, 255, 34]);
});

test('heads are Latin-1, whatever the body is', async () => {
  for (const body of ['', 'plain', 'naïve', 'ж'.repeat(10_000)]) {
    const answer = await received({ statusCode: 200, headers: { 'x-word': 'naïve' }, body });
    assert.equal(answer.headers.get('x-word'), 'naïve');
    assert.equal(answer.headers.get('content-length'), String(Buffer.byteLength(body)));
    assert.equal(answer.body.toString(), body);
  }
});

test('a body is read whether its length is told or it comes in chunks', async () => {
  const echo: Answer = ({ body = '(none)' }) => ({ statusCode: 200, body });
  const post = (url: string, headers: Record<string, string>, chunks: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const sent = request(url, { method: 'POST', headers: { 'content-type': 'text/plain', ...headers } });
      sent.on('response', (response) => resolve(text(response))).on('error', reject);
      for (const chunk of chunks) sent.write(chunk);
      sent.end();
    });
  await withServer(echo, async (url) => {
    assert.equal(await post(url, { 'transfer-encoding': 'chunked' }, ['one ', 'two']), 'one two');
    assert.equal(await post(url, { 'content-length': '3' }, ['one']), 'one');
    assert.equal(await post(url, { 'content-length': '0' }, []), '(none)');
    assert.equal((await ask(url)).body.toString(), '(none)');
  });
});
