/** Every file of events/ through its real handler, on the embedded store, at the time at which the samples were taken. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { type App, startApp, stopApp } from '../../lib/app/app.ts';
import { httpEvent } from '../support/http-events.ts';

const project = resolve(import.meta.dirname, '..', '..');
/** A few seconds after the newest sample. */
const nowMs = Date.UTC(2026, 10, 21, 4, 37, 40);
const write = process.stderr.write;
const logged: string[] = [];
let app: App;

const seen = new Set<string>();

async function call(name: string, event: unknown): Promise<unknown> {
  const { handler } = await import(pathToFileURL(join(project, 'functions', `${name}.ts`)).href);
  return handler(event);
}

async function handle(name: string, file: string): Promise<unknown> {
  seen.add(file);
  return call(name, JSON.parse(readFileSync(join(project, 'events', file), 'utf8')));
}

async function handleHttp(
  name: string,
  event: string | APIGatewayProxyEventV2,
): Promise<{ status: number; body: string }> {
  // An HTTP handler returns API Gateway's result.
  const result = (await (typeof event === 'string'
    ? handle(name, event)
    : call(name, event))) as APIGatewayProxyStructuredResultV2;
  return { status: result.statusCode ?? 0, body: result.body ?? '' };
}

/** Instances of the alerts that the API shows. */
async function firing(): Promise<string[]> {
  const { body } = await handleHttp('alertmanager', httpEvent('GET', '/api/v2/alerts'));
  const alerts: readonly { readonly labels: { readonly instance: string } }[] = JSON.parse(body);
  return alerts.map(({ labels }) => labels.instance).sort();
}

// Hooks of a whole file would be hooks of all files: tests share one process.
describe('events/', () => {
  before(async () => {
    // The log of the handlers is looked at, not shown.
    process.stderr.write = (chunk) => logged.push(String(chunk)) > 0;
    const environment = { TOCSIN_CONFIG: join(project, 'config'), TOCSIN_DATA: ':memory:' };
    app = await startApp({ environment, clock: { nowMs: () => nowMs } });
  });

  after(async () => {
    process.stderr.write = write;
    await stopApp();
  });

  describe('HTTP', http);
  describe('schedule and queues', scheduleAndQueues);
  test('every file of events/ was handled, and nothing failed', () => {
    assert.deepEqual([...seen].sort(), readdirSync(join(project, 'events')).sort());
    assert.deepEqual(
      logged.filter((line) => line.includes('"level":"error"')),
      [],
    );
  });
});

function http(): void {
  test('what a Prometheus remote-writes is stored, and the query finds it', async () => {
    assert.equal((await handleHttp('ingest', 'http-remote-write.json')).status, 204);
    const { status, body } = await handleHttp('prometheus', 'http-query.json');
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(body).data.result, [{ metric: { job: 'prometheus' }, value: [1_795_235_860, '1'] }]);
  });

  test('what a program pushes as text is stored', async () => {
    const { status } = await handleHttp('ingest', 'http-push.json');
    assert.ok(status === 200 || status === 204, `status ${status}`);
    const query = httpEvent('GET', '/api/v1/query?query=backup_duration_seconds_bucket{le="600"}');
    assert.equal(JSON.parse((await handleHttp('prometheus', query)).body).data.result[0].value[1], '9');
  });

  test('what a Prometheus posts as alerts is routed, and can be read back', async () => {
    assert.equal((await handleHttp('alertmanager', 'http-alerts.json')).status, 200);
    assert.deepEqual(await firing(), ['127.0.0.1:19190']);
  });

  test('what an Alertmanager notifies is routed; what it says is resolved is not firing', async () => {
    assert.equal((await handleHttp('alertmanager', 'http-webhook.json')).status, 200);
    assert.deepEqual(await firing(), ['127.0.0.1:19190', 'web1:9100']);
  });

  test('a silence is made, and can be read by its id', async () => {
    const { status, body } = await handleHttp('alertmanager', 'http-silence.json');
    assert.equal(status, 200);
    const made = await handleHttp('alertmanager', httpEvent('GET', `/api/v2/silence/${JSON.parse(body).silenceID}`));
    assert.equal(JSON.parse(made.body).comment, 'kernel update of the databases');
  });

  test('health tells of each check', async () => {
    const { status, body } = await handleHttp('health', 'http-health.json');
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(JSON.parse(body).components), ['table', 'queue', 'evaluation', 'dead_letters']);
  });
}

function scheduleAndQueues(): void {
  const done = { batchItemFailures: [] };

  test('a tick enqueues the evaluations of the coming minute', async () => {
    await handle('schedule', 'schedule.json');
    const messages = await app.queue.depth('evaluate');
    assert.ok(messages.waiting >= 12, `${messages.waiting} messages`);
  });

  test('an evaluation is done', async () => {
    assert.deepEqual(await handle('evaluate', 'sqs-evaluate.json'), done);
  });

  test('a dispatched alert joins its group, which will be flushed', async () => {
    assert.deepEqual(await handle('dispatch', 'sqs-dispatch.json'), done);
    assert.equal((await app.queue.depth('flush')).waiting >= 1, true);
  });

  test('a flush of a group that is gone, and a notification that is gone, are done', async () => {
    assert.deepEqual(await handle('flush', 'sqs-flush.json'), done);
    assert.deepEqual(await handle('notify', 'sqs-notify.json'), done);
  });
}
