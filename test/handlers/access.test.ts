/** Who may do what, on every route of serverless.yml, once there is a list of callers: nobody anything, but for liveness. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { startApp, stopApp } from '../../lib/app/app.ts';
import { parseManifest, type Route } from '../../lib/local/manifest.ts';
import { httpEvent } from '../support/http-events.ts';

const project = resolve(import.meta.dirname, '..', '..');
const { routes } = parseManifest(readFileSync(join(project, 'serverless.yml'), 'utf8'), 'serverless.yml');
const folder = mkdtempSync(join(tmpdir(), 'tocsin-access-'));
const TOKENS = ['ingest', 'read', 'silence', 'admin'] as const;
type Token = (typeof TOKENS)[number];

async function call(route: Route, method: string, path: string, authorization: string | null): Promise<number> {
  const { handler } = await import(pathToFileURL(join(project, 'functions', `${route.functionName}.ts`)).href);
  const headers: Record<string, string> = authorization === null ? {} : { authorization };
  // An HTTP handler returns API Gateway's result.
  const result = (await handler(httpEvent(method, path, { headers }))) as APIGatewayProxyStructuredResultV2;
  return result.statusCode ?? 0;
}

/** Paths that a route takes, for those that take several. */
const paths: Readonly<Record<string, readonly string[]>> = {
  '/api/v1/{path+}': ['/api/v1/query', '/api/v1/series', '/api/v1/status/config', '/api/v1/nowhere', '/api/v1/..%2f'],
  '/api/v2/{path+}': ['/api/v2/alerts', '/api/v2/silences', '/api/v2/silence/x', '/api/v2/status', '/api/v2/nowhere'],
  '/api/v1/silence/{id}': ['/api/v1/silence/x'],
};
const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD'];
const LIVENESS = new Set(['/-/healthy', '/live']);

interface Place {
  readonly route: Route;
  readonly method: string;
  readonly path: string;
}

const everywhere: readonly Place[] = routes.flatMap((route) =>
  (paths[route.path] ?? [route.path]).flatMap((path) =>
    (route.method === 'ANY' ? methods : [route.method]).map((method) => ({ route, method, path })),
  ),
);

/** The one scope that a place asks for. */
function scopeOf({ route, method, path }: Place): Token {
  if (path === '/-/reload') return 'admin';
  if (route.functionName === 'ingest') return 'ingest';
  if (route.functionName !== 'alertmanager' || method === 'GET' || method === 'HEAD') return 'read';
  return path.startsWith('/api/v2/silence') ? 'silence' : 'ingest';
}

const malformed = [
  '',
  ' ',
  'Bearer',
  'Bearer ',
  'Bearer  ',
  'Bearer \u0000',
  'Bearer read-token extra',
  'bearer:read-token',
  'Basic',
  'Basic ====',
  'Basic Og==',
  `Basic ${Buffer.from('read').toString('base64')}`,
  `Basic ${Buffer.from('read:').toString('base64')}`,
  `Basic ${Buffer.from(':read-token').toString('base64')}`,
  `Basic ${Buffer.from('__proto__:read-token').toString('base64')}`,
  `Basic ${Buffer.from('read:\ud800').toString('base64')}`,
  `Basic ${'A'.repeat(100_000)}`,
  `Bearer ${'x'.repeat(1_000_000)}`,
  'Negotiate read-token',
  'Bearer read-token, Bearer admin-token',
];

describe('access', () => {
  const write = process.stderr.write;

  before(async () => {
    // Refusals are logged.
    process.stderr.write = () => true;
    const hash = (token: string): string => createHash('sha256').update(`${token}-token`).digest('hex');
    const lines = TOKENS.map((token) => `${token} ${token} sha256:${hash(token)}\n`);
    writeFileSync(join(folder, 'access.txt'), lines.join(''));
    const environment = {
      TOCSIN_CONFIG: join(project, 'config'),
      TOCSIN_DATA: ':memory:',
      TOCSIN_AUTH_FILE: join(folder, 'access.txt'),
    };
    await startApp({ environment, clock: { nowMs: () => Date.UTC(2026, 0, 15) } });
  });

  after(async () => {
    process.stderr.write = write;
    await stopApp();
    rmSync(folder, { recursive: true });
  });

  test('without a token, nothing but liveness answers', async () => {
    for (const { route, method, path } of everywhere) {
      const status = await call(route, method, path, null);
      assert.equal(status, LIVENESS.has(path) ? 200 : 401, `${method} ${path}`);
    }
  });

  test('a token opens what its scope is for, and nothing else', async () => {
    for (const place of everywhere.filter(({ path }) => !LIVENESS.has(path))) {
      const { route, method, path } = place;
      for (const token of TOKENS) {
        const status = await call(route, method, path, `Bearer ${token}-token`);
        const mayEnter = token === 'admin' || token === scopeOf(place);
        assert.equal(status !== 403 && status !== 401, mayEnter, `${method} ${path} by ${token}: ${status}`);
      }
    }
  });

  test('malformed credentials are no credentials', async () => {
    const places = everywhere.filter(({ path }) => ['/api/v1/query', '/-/reload', '/api/v1/push'].includes(path));
    for (const { route, method, path } of places) {
      for (const header of malformed) {
        assert.equal(await call(route, method, path, header), 401, `${method} ${path}: ${header.slice(0, 60)}`);
      }
    }
  });

  test('a browser may ask before it sends credentials, and learns nothing by it', async () => {
    const route = routes.find(({ path }) => path === '/api/v2/{path+}');
    assert.ok(route !== undefined);
    assert.equal(await call(route, 'OPTIONS', '/api/v2/alerts', null), 405);
    assert.equal(await call(route, 'OPTIONS', '/api/v2/secrets', null), 404);
  });
});
