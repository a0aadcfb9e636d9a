/** What every `Queue` promises: one test per sentence of the contract in lib/ports.ts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Queue, QueueName, ReceivedMessage } from '../../lib/ports.ts';
import { MAX_DELAY_MS, MAX_MESSAGE_BYTES } from '../../lib/ports.ts';

export interface QueueSubject {
  readonly queue: Queue;
  /** Lets time go by: a virtual clock moves on, a real service is waited for. */
  readonly passTime: (ms: number) => Promise<void>;
}

/** Of the queues under test. */
export const CONTRACT_MAX_RECEIVES = 3;
const visibilityMs = 2_000;

function message(body: string, delayMs = 0): { readonly body: string; readonly delayMs: number } {
  return { body, delayMs };
}

function bodies(messages: readonly ReceivedMessage[]): string[] {
  return messages.map(({ body }) => body).sort();
}

async function drain(queue: Queue, name: QueueName): Promise<ReceivedMessage[]> {
  const received: ReceivedMessage[] = [];
  for (;;) {
    const messages = await queue.receive(name, 10, visibilityMs);
    if (messages.length === 0) return received;
    received.push(...messages);
  }
}

async function endAll(queue: Queue, name: QueueName, messages: readonly ReceivedMessage[]): Promise<void> {
  await queue.delete(
    name,
    messages.map(({ receipt }) => receipt),
  );
}

/** `subject` gives queues that are empty before each test. */
export function queueContract(name: string, subject: () => Promise<QueueSubject>): void {
  describe(`${name}: sending and receiving`, () => sending(subject));
  describe(`${name}: delays and limits`, () => limits(subject));
  describe(`${name}: redelivery`, () => redelivery(subject));
}

function sending(subject: () => Promise<QueueSubject>): void {
  test('what was sent is received, once, as first attempt', async () => {
    const { queue } = await subject();
    await queue.send('evaluate', [message('{"n":1}'), message('{"n":"ü☃𝄞\uffff"}')]);
    const received = await drain(queue, 'evaluate');
    // An engine may write the same JSON with escapes.
    assert.deepEqual(received.map(({ body }) => JSON.stringify(JSON.parse(body))).sort(), [
      '{"n":"ü☃𝄞\uffff"}',
      '{"n":1}',
    ]);
    assert.deepEqual(
      received.map(({ attempt }) => attempt),
      [1, 1],
    );
    assert.equal(new Set(received.map(({ id }) => id)).size, 2);
  });

  test('receive returns at once when nothing is there', async () => {
    const { queue } = await subject();
    assert.deepEqual(await queue.receive('flush', 10, visibilityMs), []);
  });

  test('queues do not see the messages of each other', async () => {
    const { queue } = await subject();
    await queue.send('dispatch', [message('"d"')]);
    assert.deepEqual(await queue.receive('notify', 10, visibilityMs), []);
    assert.deepEqual(bodies(await queue.receive('dispatch', 10, visibilityMs)), ['"d"']);
  });

  test('any number of messages is sent, and a receive gives at most its limit and at most 10', async () => {
    const { queue } = await subject();
    const sent = Array.from({ length: 25 }, (_, number) => message(String(number)));
    await queue.send('notify', sent);
    await queue.send('notify', []);
    const few = await queue.receive('notify', 3, visibilityMs);
    const many = await queue.receive('notify', 100, visibilityMs);
    assert.ok(few.length <= 3 && many.length <= 10, `${few.length} and ${many.length}`);
    assert.deepEqual(bodies([...few, ...many, ...(await drain(queue, 'notify'))]), bodies25());
  });
}

function limits(subject: () => Promise<QueueSubject>): void {
  test('a delayed message comes when it is due, not before', async () => {
    const { queue, passTime } = await subject();
    await queue.send('flush', [message('"later"', 3_000), message('"now"')]);
    assert.deepEqual(bodies(await drain(queue, 'flush')), ['"now"']);
    await passTime(3_000);
    assert.ok(bodies(await drain(queue, 'flush')).includes('"later"'));
  });

  test('messages and delays over their limits are refused', async () => {
    const { queue } = await subject();
    await queue.send('evaluate', [message('x'.repeat(MAX_MESSAGE_BYTES), MAX_DELAY_MS)]);
    await assert.rejects(queue.send('evaluate', [message('x'.repeat(MAX_MESSAGE_BYTES + 1))]), RangeError);
    await assert.rejects(queue.send('evaluate', [message('x', MAX_DELAY_MS + 1)]), RangeError);
    await assert.rejects(queue.send('evaluate', [message('x', -1)]), RangeError);
    await assert.rejects(queue.send('evaluate', [message('x', 0.5)]), RangeError);
  });

  test('depth counts what waits, delayed messages included', async () => {
    const { queue } = await subject();
    await queue.send('dispatch', [message('1'), message('2', 60_000)]);
    assert.deepEqual(await queue.depth('dispatch'), { waiting: 2, dead: 0 });
    await endAll(queue, 'dispatch', await queue.receive('dispatch', 10, visibilityMs));
    assert.deepEqual(await queue.depth('dispatch'), { waiting: 1, dead: 0 });
  });
}

function bodies25(): string[] {
  return Array.from({ length: 25 }, (_, number) => String(number)).sort();
}

function redelivery(subject: () => Promise<QueueSubject>): void {
  test('a received message is hidden for the visibility time, then comes again as second attempt', async () => {
    const { queue, passTime } = await subject();
    await queue.send('evaluate', [message('1')]);
    const [first] = await queue.receive('evaluate', 10, visibilityMs);
    assert.deepEqual(await queue.receive('evaluate', 10, visibilityMs), []);
    await passTime(visibilityMs);
    const [second] = await queue.receive('evaluate', 10, visibilityMs);
    assert.deepEqual([first?.id, second?.attempt], [second?.id, 2]);
  });

  test('a deleted message never comes again', async () => {
    const { queue, passTime } = await subject();
    await queue.send('evaluate', [message('1'), message('2')]);
    await endAll(queue, 'evaluate', await drain(queue, 'evaluate'));
    await passTime(visibilityMs);
    assert.deepEqual(await queue.receive('evaluate', 10, visibilityMs), []);
    await queue.delete('evaluate', []);
  });

  test('an outdated receipt deletes nothing', async () => {
    const { queue, passTime } = await subject();
    await queue.send('flush', [message('1')]);
    const first = await queue.receive('flush', 10, visibilityMs);
    await passTime(visibilityMs);
    const second = await queue.receive('flush', 10, visibilityMs);
    await endAll(queue, 'flush', first);
    await passTime(visibilityMs);
    const third = await queue.receive('flush', 10, visibilityMs);
    assert.deepEqual([second.length, third.length, third[0]?.attempt], [1, 1, 3]);
  });

  test('a released message is due again after its delay', async () => {
    const { queue, passTime } = await subject();
    await queue.send('notify', [message('1'), message('2')]);
    const [first, second] = await queue.receive('notify', 10, 60_000);
    assert.ok(first !== undefined && second !== undefined);
    await queue.release('notify', first.receipt, 0);
    await queue.release('notify', second.receipt, 2_000);
    assert.deepEqual(bodies(await drain(queue, 'notify')), [first.body]);
    await passTime(2_000);
    assert.ok(bodies(await drain(queue, 'notify')).includes(second.body));
  });

  test('a message delivered maxReceives times without a delete becomes a dead letter', async () => {
    const { queue, passTime } = await subject();
    await queue.send('dispatch', [message('"poison"')]);
    for (let attempt = 1; attempt <= CONTRACT_MAX_RECEIVES; attempt++) {
      const received = await queue.receive('dispatch', 10, visibilityMs);
      assert.deepEqual([received.length, received[0]?.attempt], [1, attempt]);
      await passTime(visibilityMs);
    }
    assert.deepEqual(await queue.receive('dispatch', 10, visibilityMs), []);
    assert.deepEqual(await queue.depth('dispatch'), { waiting: 0, dead: 1 });
  });
}
