import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseManifest } from '../../lib/local/manifest.ts';
import { createRouter } from '../../lib/local/routes.ts';
import { InvalidInput } from '../../lib/model/issue.ts';
import { QUEUES } from '../../lib/ports.ts';

const ours = parseManifest(readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8'), 'serverless.yml');

test('our manifest: every queue has its consumer, and one schedule runs each minute', () => {
  assert.deepEqual(
    ours.consumers.map(({ functionName, queue }) => [functionName, queue]),
    QUEUES.map((queue) => [queue, queue]),
  );
  for (const { batchSize, visibilityMs } of ours.consumers) {
    assert.ok(batchSize >= 1 && batchSize <= 10);
    assert.ok(visibilityMs >= 30_000);
  }
  assert.deepEqual(ours.schedules, [{ functionName: 'schedule', everyMs: 60_000, input: { kind: 'tick' } }]);
});

test('our manifest: each route reaches the function that answers it', () => {
  const find = createRouter(ours.routes);
  const cases: [method: string, path: string, functionName: string | undefined][] = [
    ['POST', '/api/v1/write', 'ingest'],
    ['POST', '/api/v1/push', 'ingest'],
    ['GET', '/api/v1/write', 'prometheus'],
    ['GET', '/api/v1/query', 'prometheus'],
    ['POST', '/api/v1/query_range', 'prometheus'],
    ['GET', '/api/v1/label/job/values', 'prometheus'],
    ['POST', '/api/v2/alerts', 'alertmanager'],
    ['DELETE', '/api/v2/silence/4a', 'alertmanager'],
    ['POST', '/hooks/alertmanager', 'alertmanager'],
    ['GET', '/hooks/alertmanager', undefined],
    ['GET', '/health', 'health'],
    ['GET', '/health/detailed', 'health'],
    ['GET', '/-/ready', 'health'],
    ['POST', '/-/reload', 'health'],
    ['GET', '/-/reload', undefined],
    ['GET', '/api/v1/', undefined],
    ['GET', '/', undefined],
  ];
  for (const [method, path, functionName] of cases) {
    assert.equal(find(method, path)?.functionName, functionName, `${method} ${path}`);
  }
});

test('a whole path wins over a greedy one, a longer over a shorter, a method over ANY', () => {
  const routes = ['ANY /a/{rest+}', 'ANY /a/b', 'GET /a/b', 'ANY /a/b/{rest+}', 'GET /a/{one}/c'];
  const find = createRouter(
    routes.map((text) => {
      const [method = '', path = ''] = text.split(' ');
      return { functionName: text, method, path };
    }),
  );
  assert.equal(find('GET', '/a/b')?.functionName, 'GET /a/b');
  assert.equal(find('POST', '/a/b')?.functionName, 'ANY /a/b');
  assert.equal(find('GET', '/a/b/c')?.functionName, 'GET /a/{one}/c');
  assert.equal(find('GET', '/a/b/d')?.functionName, 'ANY /a/b/{rest+}');
  assert.equal(find('GET', '/a/c/d')?.functionName, 'ANY /a/{rest+}');
  assert.equal(find('GET', '/a.b'), null);
});

test('an event that the local process cannot start is refused by its path', () => {
  const text = `
provider: { environment: { TOCSIN_QUEUE_FLUSH: !Ref FlushQueue } }
functions:
  odd: { handler: dist/odd.handler, events: [ { s3: bucket } ] }
resources: { Resources: {} }`;
  assert.throws(
    () => parseManifest(text, 'serverless.yml'),
    (error: unknown) => error instanceof InvalidInput && error.issues[0]?.path === 'functions.odd.events.0',
  );
});

test('a queue that no environment variable names is refused', () => {
  const text = `
provider: { environment: { TOCSIN_QUEUE_FLUSH: !Ref FlushQueue } }
functions:
  odd: { handler: dist/odd.handler, events: [ { sqs: { arn: !GetAtt OtherQueue.Arn, batchSize: 1 } } ] }
resources: { Resources: { OtherQueue: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 30 } } } }`;
  assert.throws(() => parseManifest(text, 'serverless.yml'), /resources\.Resources\.OtherQueue: is no queue/);
});
