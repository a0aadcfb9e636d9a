import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { App } from '../../lib/app/app.ts';
import { queueHandler } from '../../lib/lambda/batch.ts';
import { sqsEvent } from '../support/sqs-events.ts';

type Line = readonly [level: string, message: string, fields: Readonly<Record<string, unknown>>];

/** Only what a queue handler uses. */
function appOfTest(lines: Line[]): Pick<App, 'clock' | 'log'> {
  return { clock: { nowMs: () => 7 }, log: { log: (...line) => void lines.push(line) } };
}

test('messages that fail are reported one by one, the others are done', async () => {
  const lines: Line[] = [];
  const handled: string[] = [];
  const handler = queueHandler(
    async () => appOfTest(lines),
    { concurrency: 2 },
    async (_app, { id, body, attempt, receivedAtMs }) => {
      if (body === '"bad"') throw new Error('no such group');
      handled.push(`${id} ${body} ${attempt} ${receivedAtMs}`);
    },
  );
  const result = await handler(sqsEvent('flush', ['"a"', '"bad"', '"b"'], 2));
  assert.deepEqual(result, { batchItemFailures: [{ itemIdentifier: 'message-1' }] });
  assert.deepEqual(handled, ['message-0 "a" 2 7', 'message-2 "b" 2 7']);
  const errors = lines.filter(([level]) => level === 'error');
  assert.equal(errors.length, 1);
  assert.deepEqual([errors[0]?.[2]['queue'], errors[0]?.[2]['messageId']], ['flush', 'message-1']);
  assert.match(String(errors[0]?.[2]['error']), /no such group/);
});

test('no more messages than the concurrency are handled at once', async () => {
  let running = 0;
  let most = 0;
  const handler = queueHandler(
    async () => appOfTest([]),
    { concurrency: 3 },
    async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
    },
  );
  await handler(sqsEvent('notify', Array.from({ length: 10 }, String)));
  assert.equal(most, 3);
});

test('when the app does not load, the whole batch comes again', async () => {
  const handler = queueHandler(
    async (): Promise<App> => Promise.reject(new Error('bad config')),
    { concurrency: 1 },
    async () => undefined,
  );
  await assert.rejects(handler(sqsEvent('notify', ['1'])), /bad config/);
});
