import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { createBodyReader, discardRest } from '../../lib/local/request-bodies.ts';

/** A request whose body comes when the test says so. */
function requestOf(contentLength?: number): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  if (contentLength !== undefined) request.headers['content-length'] = String(contentLength);
  return request;
}

function send(request: IncomingMessage, sizeBytes: number): void {
  request.emit('data', Buffer.alloc(sizeBytes, 'x'));
}

const limits = { maxBodyBytes: 100, maxHeldBytes: 250 };

test('a body comes whole, of whatever pieces', async () => {
  const read = createBodyReader(limits);
  const request = requestOf();
  const reading = read(request);
  send(request, 60);
  send(request, 40);
  request.emit('end');
  const body = await reading;
  assert.equal(body.kind, 'whole');
  assert.equal(body.bytes.toString(), 'x'.repeat(100));
});

test('a body that is or says it is too large is not read', async () => {
  const read = createBodyReader(limits);
  assert.deepEqual(await read(requestOf(101)), { kind: 'too-large' });
  const request = requestOf();
  const reading = read(request);
  send(request, 101);
  assert.deepEqual(await reading, { kind: 'too-large' });
});

test('a sender that breaks off fails the reading and leaves its room to others', async () => {
  const read = createBodyReader(limits);
  for (let i = 0; i < 10; i++) {
    const request = requestOf();
    const reading = read(request);
    send(request, 90);
    request.emit('close');
    await assert.rejects(reading, /broke off/);
  }
});

test('when room is short, those that have been sending longest give way', async () => {
  const read = createBodyReader(limits);
  const requests = [requestOf(), requestOf(), requestOf()];
  const readings = requests.map(read);
  for (const request of requests) send(request, 90);
  assert.deepEqual(await readings[0], { kind: 'crowded-out' });
  for (const request of requests.slice(1)) request.emit('end');
  const kinds = (await Promise.all(readings)).map(({ kind }) => kind);
  assert.deepEqual(kinds, ['crowded-out', 'whole', 'whole']);
});

test('bodies that are worked on keep their room until they are released', async () => {
  const read = createBodyReader(limits);
  const requests = [requestOf(), requestOf()];
  const readings = requests.map(read);
  for (const request of requests) {
    send(request, 100);
    request.emit('end');
  }
  const bodies = await Promise.all(readings);
  const late = requestOf();
  const crowded = read(late);
  send(late, 60);
  assert.deepEqual(await crowded, { kind: 'crowded-out' });
  for (const body of bodies) if (body.kind === 'whole') body.release();
  const later = requestOf();
  const taken = read(later);
  send(later, 100);
  later.emit('end');
  assert.equal((await taken).kind, 'whole');
});

test('the rest of a body that is not taken is read to its end, or to a limit', async () => {
  const patient = { maxBytes: 1_000, maxMs: 60_000 };
  const ending = requestOf();
  const ended = discardRest(ending, patient);
  send(ending, 500);
  ending.emit('end');
  await ended;
  const endless = requestOf();
  const given = discardRest(endless, patient);
  send(endless, 1_001);
  await given;
});
