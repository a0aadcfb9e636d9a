// What no well-behaved client does: half requests, slow ones, thousands at once, strange paths and headers, a browser under somebody else's control.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ALERTS, type Besieged, JSON_BODY, startBesieged, TEXT } from './besieged.ts';
import { attempt, rawExchange } from './hostile.ts';

let besieged: Besieged;

before(async () => {
  besieged = await startBesieged();
});

after(() => besieged.program.stop());

const HOST = 'Host: localhost\r\nConnection: close\r\n';
const push = (more: string, body = ''): string => `POST /api/v1/push HTTP/1.1\r\n${HOST}${more}\r\n${body}`;

/** What is sent, and how the answer begins; "" when a connection may simply end. */
const requests: readonly (readonly [name: string, text: string, answers: RegExp])[] = [
  ['a path that climbs', `GET /api/v1/../../etc/passwd HTTP/1.1\r\n${HOST}\r\n`, /^HTTP\/1.1 404 /],
  [
    'a path that climbs in disguise',
    `GET /api/v1/%2e%2e%2f%2e%2e%2fetc/passwd HTTP/1.1\r\n${HOST}\r\n`,
    /^HTTP\/1.1 404 /,
  ],
  ['an encoded slash', `GET /api%2fv1/query?query=1 HTTP/1.1\r\n${HOST}\r\n`, /^HTTP\/1.1 404 /],
  ['a zero byte', `GET /api/v1/query%00 HTTP/1.1\r\n${HOST}\r\n`, /^HTTP\/1.1 404 /],
  ['a bad escape', `GET /api/v1/%zz HTTP/1.1\r\n${HOST}\r\n`, /^HTTP\/1.1 404 /],
  ['an address of somebody else', `GET http://evil.example/live HTTP/1.1\r\n${HOST}\r\n`, /^HTTP\/1.1 404 /],
  ['no path', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, /^HTTP\/1.1 404 /],
  ['a tunnel', `CONNECT evil.example:443 HTTP/1.1\r\n${HOST}\r\n`, /^$|^HTTP\/1.1 4/],
  ['an unknown method', `FOO /live HTTP/1.1\r\n${HOST}\r\n`, /^HTTP\/1.1 400 /],
  ['TRACE', `TRACE /live HTTP/1.1\r\n${HOST}\r\n`, /^HTTP\/1.1 404 /],
  ['HEAD of a query', `HEAD /api/v1/query?query=1 HTTP/1.1\r\n${HOST}\r\n`, /^HTTP\/1.1 405 /],
  ['a long path', `GET /${'a'.repeat(80_000)} HTTP/1.1\r\n${HOST}\r\n`, /^HTTP\/1.1 431 /],
  ['a long header', `GET /live HTTP/1.1\r\n${HOST}X: ${'a'.repeat(80_000)}\r\n\r\n`, /^HTTP\/1.1 431 /],
  ['many headers', `GET /live HTTP/1.1\r\n${HOST}${'X: a\r\n'.repeat(12_000)}\r\n`, /^HTTP\/1.1 431 /],
  ['no host', 'GET /live HTTP/1.1\r\nConnection: close\r\n\r\n', /^HTTP\/1.1 400 /],
  ['another host', 'GET /live HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n', /^HTTP\/1.1 421 /],
  [
    'a host that begins well',
    'GET /live HTTP/1.1\r\nHost: localhost.evil.example\r\nConnection: close\r\n\r\n',
    /^HTTP\/1.1 421 /,
  ],
  [
    'a header within a header',
    `GET /live HTTP/1.1\r\n${HOST}X-Correlation-Id: a\r\n injected: b\r\n\r\n`,
    /^HTTP\/1.1 400 /,
  ],
  ['bare line feeds', 'GET /live HTTP/1.1\nHost: localhost\n\n', /^HTTP\/1.1 400 /],
  ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', /^HTTP\/1.1 400 /],
  [
    'a web socket',
    `GET /live HTTP/1.1\r\n${HOST.replace('close', 'Upgrade, close')}Upgrade: websocket\r\n\r\n`,
    /^HTTP\/1.1 200 /,
  ],
  ['a strange expectation', push('Expect: 200-foo\r\nContent-Length: 1\r\n', 'a'), /^HTTP\/1.1 417 /],
  ['a length below zero', push('Content-Length: -5\r\n', 'abc'), /^HTTP\/1.1 400 /],
  ['a length that is none', push('Content-Length: 1e9\r\n', 'abc'), /^HTTP\/1.1 400 /],
  ['two lengths', push('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'), /^HTTP\/1.1 400 /],
  ['a length of a hundred gigabytes', push('Content-Length: 99999999999\r\n', 'abc'), /^HTTP\/1.1 413 /],
  ['a chunk that is none', push('Transfer-Encoding: chunked\r\n', 'zz\r\nabc'), /^HTTP\/1.1 400 /],
  ['an unknown transfer encoding', push('Transfer-Encoding: gzip\r\n', 'abc'), /^HTTP\/1.1 400 /],
];

test('strange requests', () =>
  besieged.survive('strange requests', async () => {
    for (const [name, text, answers] of requests) {
      const answer = await rawExchange(besieged.port, text);
      assert.match(answer.text, answers, name);
      assert.ok(answer.ended, `${name}: the connection stays open`);
      assert.doesNotMatch(answer.text, /root:|injected/, name);
    }
  }));

/** Writes the same again and again, as fast as it is taken or with pauses. */
function repeating(piece: string, pauseMs: number): (socket: Socket, isOver: () => boolean) => void {
  const again = async (socket: Socket, isOver: () => boolean): Promise<void> => {
    while (!isOver()) {
      const isTaken = await new Promise<boolean>((resolve) => socket.write(piece, (error) => resolve(!error)));
      if (!isTaken) return;
      if (pauseMs > 0) await sleep(pauseMs);
    }
  };
  return (socket, isOver) => void again(socket, isOver);
}

test('a body without end is refused at its limit', () =>
  besieged.survive('endless body', async () => {
    const piece = `100000\r\n${'a'.repeat(0x100000)}\r\n`;
    for (const path of ['/api/v1/push', '/nowhere']) {
      const head = `POST ${path} HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;
      const answer = await rawExchange(besieged.port, head, { limitMs: 20_000, goOn: repeating(piece, 0) });
      assert.match(answer.text, /^HTTP\/1.1 (413|404) /, path);
      assert.ok(answer.ended);
    }
  }));

test('slow headers and bodies do not hold a connection for ever', () =>
  besieged.survive('slow requests', async () => {
    const limitMs = 60_000;
    const slow = [
      rawExchange(besieged.port, 'GET /live HTTP/1.1\r\n', { limitMs, goOn: repeating('x: y\r\n', 500) }),
      rawExchange(besieged.port, '', { limitMs }),
      rawExchange(besieged.port, push('Content-Length: 1000\r\n'), { limitMs, goOn: repeating('a', 500) }),
    ];
    for (const { ended, text, tookMs } of await Promise.all(slow)) {
      assert.ok(ended && tookMs < 50_000, `${tookMs} ms`);
      assert.match(text, /^HTTP\/1.1 408 /);
    }
  }));

test('three hundred half bodies of nine megabytes share one budget, and whole ones get through', () =>
  besieged.survive('half bodies', async () => {
    const head = push('Content-Length: 9500000\r\n', 'a'.repeat(9_000_000));
    const halves = Array.from({ length: 300 }, () => rawExchange(besieged.port, head, { limitMs: 15_000 }));
    await sleep(1_000);
    for (let i = 0; i < 20; i++) {
      const body = `through ${i}\n`.padEnd(500_000, '\n');
      const answer = await attempt(besieged.port, { method: 'POST', path: '/api/v1/push', headers: TEXT, body });
      assert.equal(answer.status, 204, answer.text);
    }
    const crowdedOut = (await Promise.all(halves)).filter(({ text }) => text.startsWith('HTTP/1.1 503 '));
    assert.ok(crowdedOut.length >= 250, `${crowdedOut.length} were told to come again`);
    for (const { text } of crowdedOut)
      assert.match(text, /retry-after: 1\r\n[\s\S]*too many bodies at once, try again\n$/i);
  }));

test('thousands of idle connections', () =>
  besieged.survive('idle connections', async () => {
    const idle: ReturnType<typeof rawExchange>[] = [];
    for (let i = 0; i < 4_000; i++) {
      // No more at once than wait to be accepted: others would be connected in their own eyes only.
      if (i % 200 === 0) await sleep(50);
      idle.push(rawExchange(besieged.port, i % 2 === 0 ? '' : 'GET /live HTTP/1.1\r\n', { limitMs: 30_000 }));
    }
    const ended = (await Promise.all(idle)).filter((each) => each.ended);
    assert.equal(ended.length, idle.length);
  }));

test('a hundred large batches at once', () =>
  besieged.survive(
    'large batches',
    async () => {
      const lines = Array.from({ length: 19_000 }, (_, i) => `batch{i="${i}"} 1\n`).join('');
      const sent = Array.from({ length: 100 }, () =>
        attempt(besieged.port, { method: 'POST', path: '/api/v1/push', headers: TEXT, body: lines }),
      );
      const statuses = new Set((await Promise.all(sent)).map(({ status }) => status));
      assert.deepEqual([...statuses], [204]);
    },
    // No attack, but nearly two million samples: V8 lets garbage lie while there is memory.
    800,
  ));

test('a web page of another origin changes nothing', async () => {
  const { port } = besieged;
  const page = { origin: 'http://evil.example', referer: 'http://evil.example/' };
  const silence = {
    matchers: [{ name: 'a', value: 'b', isRegex: false }],
    startsAt: '2026-01-01',
    endsAt: '2999-01-01',
  };
  const writes: readonly (readonly [path: string, headers: Readonly<Record<string, string>>, body: string])[] = [
    ['/api/v1/push', TEXT, 'forged 1\n'],
    ['/-/reload', TEXT, ''],
    ['/hooks/alertmanager', TEXT, '{"version":"4","alerts":[]}'],
    ['/api/v2/alerts', JSON_BODY, ALERTS],
    ['/api/v2/silences', JSON_BODY, JSON.stringify({ ...silence, createdBy: 'x', comment: 'y' })],
  ];
  for (const [path, headers, body] of writes) {
    const forged = await attempt(port, { method: 'POST', path, headers: { ...headers, ...page }, body });
    assert.equal(forged.status, 403, `${path}: ${forged.text}`);
    assert.match(forged.text, /other origins/);
    assert.equal((await attempt(port, { method: 'POST', path, headers, body })).status < 300, true, path);
  }
  const reading = await attempt(port, { method: 'GET', path: '/api/v1/query?query=1', headers: page });
  assert.deepEqual([reading.status, reading.headers['access-control-allow-origin']], [200, 'http://evil.example']);
});
