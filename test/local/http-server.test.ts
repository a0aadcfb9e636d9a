import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BODY_BYTES } from '../../lib/api/http.ts';
import { type FunctionResult, startHttpServer } from '../../lib/local/http-server.ts';

/** What a client gets when the function behind every path answers this. */
async function received(result: FunctionResult): Promise<{ readonly status: number; readonly body: Buffer }> {
  const route = { method: 'GET', path: '/{proxy+}', functionName: 'any' };
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    findRoute: () => route,
    invoke: () => Promise.resolve(result),
    nowMs: () => 0,
    allowedHosts: null,
  });
  try {
    const response = await fetch(`${server.url}/anything`, { headers: { connection: 'close' } });
    return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
  } finally {
    await server.close();
  }
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
  assert.deepEqual(await received(result), { status: 200, body: bytes });
});

test('a text goes out as UTF-8, or as the bytes it stands for', async () => {
  assert.equal((await received({ statusCode: 404, body: 'naïve' })).body.toString(), 'naïve');
  const encoded = await received({ statusCode: 200, body: 'AP8i', isBase64Encoded: true });
  assert.deepEqual([...encoded.body], [0, 255, 34]);
});
