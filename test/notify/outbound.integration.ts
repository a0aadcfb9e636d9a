/** What leaves over HTTP, against real servers on loopback: redirects, limits, time, addresses, proxies, TLS, Slack. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { guardedLookup } from '../../lib/adapters/address-guard.ts';
import { createOutbound } from '../../lib/adapters/outbound.ts';
import { bypassesProxy } from '../../lib/adapters/outbound-proxy.ts';
import type { HttpTransport, OutgoingRequest, OutgoingResponse, SlackCall, TlsOptions } from '../../lib/ports.ts';
import { createAuthority } from './certificates.ts';
import { type Running, startProxy, startWeb } from './outbound-servers.ts';

const outbound = createOutbound({ allowPrivate: true });
const guarded = createOutbound({ allowPrivate: false });
const plain: HttpTransport = { followRedirects: true, proxy: null, tls: null };
const running: Running[] = [];
after(() => {
  for (const server of running) server.close();
});

const web: typeof startWeb = async (...parts) => {
  const server = await startWeb(...parts);
  running.push(server);
  return server;
};

function post(url: string, over: Partial<OutgoingRequest> = {}): OutgoingRequest {
  const headers = [
    ['User-Agent', 'Tocsin'],
    ['Content-Type', 'application/json'],
    ['Authorization', 'Bearer token'],
    ['X-Key', 'key'],
  ] as const;
  return { method: 'POST', url, headers, body: '{"a":"ü"}', timeoutMs: 5_000, ...over };
}

function answered(response: OutgoingResponse): Extract<OutgoingResponse, { kind: 'response' }> {
  assert.ok(response.kind === 'response', JSON.stringify(response));
  return response;
}

function failed(response: OutgoingResponse): Extract<OutgoingResponse, { kind: 'failure' }> {
  assert.ok(response.kind === 'failure', JSON.stringify(response));
  return response;
}

suite('HTTP', () => {
  test('a request arrives as it was planned, and the answer comes back', async () => {
    const server = await web((_, response) => response.writeHead(429, { 'Retry-After': '7' }).end('slow down'));
    const { status, headers, body } = answered(
      await outbound.http(post(`http://127.0.0.1:${server.port}/x?y=1`), plain),
    );
    assert.deepEqual([status, headers.get('retry-after'), body], [429, '7', 'slow down']);
    const [request] = server.received;
    assert.deepEqual([request?.method, request?.url, request?.body], ['POST', '/x?y=1', '{"a":"ü"}']);
    assert.equal(request?.headers['content-length'], '10');
    assert.equal(request?.headers.host, `127.0.0.1:${server.port}`);
    assert.equal(request?.headers.authorization, 'Bearer token');
  });

  test('a user in the address is sent as such, unless the receiver has its own', async () => {
    const server = await web((_, response) => response.end());
    const url = `http://us%40er:pass@127.0.0.1:${server.port}/`;
    await outbound.http(post(url, { headers: [] }), plain);
    await outbound.http(post(url), plain);
    assert.deepEqual(
      server.received.map(({ headers }) => headers.authorization),
      [`Basic ${Buffer.from('us@er:pass').toString('base64')}`, 'Bearer token'],
    );
  });

  test('an answer is cut at 64 KB', async () => {
    const server = await web((_, response) => response.end('x'.repeat(3_000_000)));
    const { body } = answered(await outbound.http(post(`http://127.0.0.1:${server.port}/`), plain));
    assert.equal(body.length, 64_000);
  });

  test('a server that never answers is given up in time', async () => {
    const server = await web(() => undefined);
    const began = performance.now();
    const { reason, detail } = failed(
      await outbound.http(post(`http://127.0.0.1:${server.port}/`, { timeoutMs: 300 }), plain),
    );
    assert.deepEqual([reason, detail], ['timeout', 'no answer within 300 ms']);
    assert.ok(performance.now() - began < 2_000);
  });

  test('an answer whose body never ends, or breaks off, counts by its status', async () => {
    const endless = await web((_, response) => void response.writeHead(202).write('taken'));
    const sent = await outbound.http(post(`http://127.0.0.1:${endless.port}/`, { timeoutMs: 300 }), plain);
    assert.deepEqual([answered(sent).status, answered(sent).body], [202, 'taken']);
    const broken = await web((_, response) => {
      response.writeHead(503, { 'Content-Length': '100' }).write('half');
      setTimeout(() => response.destroy(), 50);
    });
    const cut = answered(await outbound.http(post(`http://127.0.0.1:${broken.port}/`), plain));
    assert.deepEqual([cut.status, cut.body], [503, 'half']);
  });

  test('nobody listens, the connection breaks, no such name, no HTTP: failures of the network', async () => {
    const closed = await startWeb(() => undefined);
    closed.close();
    const rude = await web((_, response) => response.destroy());
    const addresses = [
      `http://127.0.0.1:${closed.port}/`,
      `http://127.0.0.1:${rude.port}/`,
      'http://no-such-host.invalid/',
    ];
    for (const url of addresses) assert.equal(failed(await outbound.http(post(url), plain)).reason, 'network', url);
  });

  test('a header that HTTP cannot carry is a failure and no crash', async () => {
    const server = await web((_, response) => response.end());
    const request = post(`http://127.0.0.1:${server.port}/`, { headers: [['Authorization', 'Bearer a\nb']] });
    assert.equal(
      failed(await outbound.http(request, plain)).detail,
      'Invalid character in header content ["Authorization"]',
    );
    assert.equal(server.received.length, 0);
  });
});

suite('redirects', () => {
  async function redirecting(status: number, to: (own: number) => string): Promise<Awaited<ReturnType<typeof web>>> {
    const server = await web(({ url }, response) => {
      if (url === '/first') response.writeHead(status, { Location: to(server.port) }).end();
      else response.end('arrived');
    });
    return server;
  }

  test('on the same server keep their credentials; 302 asks again without a body', async () => {
    const server = await redirecting(302, () => '/second');
    const { body } = answered(await outbound.http(post(`http://127.0.0.1:${server.port}/first`), plain));
    const second = server.received[1];
    assert.deepEqual(
      [body, second?.method, second?.body, second?.headers.authorization],
      ['arrived', 'GET', '', 'Bearer token'],
    );
  });

  for (const status of [301, 302, 303, 307, 308]) {
    test(`${status} to another server drops every header that may be a credential`, async () => {
      const other = await web((_, response) => response.end('elsewhere'));
      const server = await redirecting(status, () => `http://127.0.0.1:${other.port}/second`);
      const { body } = answered(await outbound.http(post(`http://127.0.0.1:${server.port}/first`), plain));
      const [request] = other.received;
      assert.equal(body, 'elsewhere');
      assert.equal(request?.method, status < 307 ? 'GET' : 'POST');
      assert.equal(request?.body, status < 307 ? '' : '{"a":"ü"}');
      assert.deepEqual([request?.headers.authorization, request?.headers['x-key']], [undefined, undefined]);
      assert.equal(request?.headers['user-agent'], 'Tocsin');
    });
  }

  test('are not followed where the receiver says so, nor without an end', async () => {
    const server = await redirecting(307, () => '/first');
    const url = `http://127.0.0.1:${server.port}/first`;
    assert.equal(answered(await outbound.http(post(url), { ...plain, followRedirects: false })).status, 307);
    assert.equal(server.received.length, 1);
    assert.equal(answered(await outbound.http(post(url), plain)).status, 307);
    assert.equal(server.received.length, 1 + 6);
  });

  test('lead nowhere else than requests may go, and to no other scheme', async () => {
    const inward = await redirecting(302, () => 'http://169.254.169.254/latest/meta-data/');
    const refused = failed(await outbound.http(post(`http://127.0.0.1:${inward.port}/first`), plain));
    assert.equal(refused.reason, 'refused-address');
    const strange = await redirecting(302, () => 'file:///etc/passwd');
    const { detail } = failed(await outbound.http(post(`http://127.0.0.1:${strange.port}/first`), plain));
    assert.equal(detail, 'cannot send to an address that begins with file:');
  });
});

suite('addresses', () => {
  const linkLocal = [
    'http://169.254.169.254/',
    'http://169.254.170.2/v2/credentials',
    'http://2852039166/',
    'http://0xa9.0xfe.0xa9.0xfe/',
    'http://0251.0376.0251.0376/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
  ];
  for (const url of linkLocal) {
    test(`${url} is never asked`, async () => {
      for (const any of [outbound, guarded]) {
        const { reason, detail } = failed(await any.http(post(url), plain));
        assert.equal(reason, 'refused-address');
        assert.match(detail, /is link-local, which is never allowed$/);
      }
    });
  }

  test('private ones are refused where they are not allowed: by address and by name', async () => {
    const server = await web((_, response) => response.end());
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '10.1.2.3', '[fd12::1]']) {
      const { reason, detail } = failed(await guarded.http(post(`http://${host}:${server.port}/`), plain));
      assert.equal(reason, 'refused-address', host);
      assert.match(detail, /is private; outbound\.allow_private_addresses in tocsin\.yml would allow it$/);
    }
    assert.equal(server.received.length, 0);
    answered(await outbound.http(post(`http://localhost:${server.port}/`), plain));
  });

  test('a name that resolves to a link-local address is refused when it is resolved', async () => {
    // The resolver of the system reads these as addresses; for the guard they are names.
    for (const name of ['2852039166', '0251.0376.0251.0376', '169.254.43518']) {
      const error = await new Promise((resolve) => guardedLookup(true)(name, { all: true }, resolve));
      assert.match(String(error), /169\.254\.169\.254 is link-local/);
    }
  });

  test('mail, Slack and SNS go by the same guard', async () => {
    const mail = {
      host: '2852039166',
      port: 25,
      hello: 'localhost',
      tlsMode: 'starttls-required',
      tls: null,
      auth: null,
      from: 'a@b.test',
      to: ['c@d.test'],
      headers: [],
      text: 'x',
      html: '',
      timeoutMs: 5_000,
    } as const;
    const topic = {
      target: { kind: 'topic', value: 'arn:aws:sns:eu-west-1:000000000000:a' },
      endpoint: 'http://169.254.169.254',
      region: 'eu-west-1',
      credentials: { accessKey: 'a', secretKey: 'b' },
      subject: null,
      message: 'x',
      attributes: {},
      fifo: null,
      timeoutMs: 5_000,
    } as const;
    const answers = [
      await outbound.mail(mail),
      await outbound.mail({ ...mail, host: '::ffff:169.254.169.254' }),
      await guarded.mail({ ...mail, host: 'localhost' }),
      await outbound.slack(slackCall('http://169.254.169.254/api/chat.postMessage'), plain),
      await guarded.slack(slackCall('http://localhost/api/chat.postMessage'), plain),
      await outbound.topic(topic, plain),
      await guarded.topic({ ...topic, endpoint: 'http://127.0.0.1:1' }, plain),
    ];
    assert.deepEqual(new Set(answers.map((answer) => failed(answer).reason)), new Set(['refused-address']));
  });
});

const authority = createAuthority('Test Authority');
const noTls: TlsOptions = {
  ca: null,
  cert: null,
  key: null,
  serverName: null,
  insecureSkipVerify: false,
  minVersion: null,
  maxVersion: null,
};

suite('TLS', () => {
  const own = authority.certify(['127.0.0.1']);
  const named = authority.certify(['hooks.test']);
  const send = (port: number, tls: Partial<TlsOptions>) =>
    outbound.http(post(`https://127.0.0.1:${port}/`), { ...plain, tls: { ...noTls, ...tls } });

  test('a certificate must be signed by somebody we know', async () => {
    const server = await web((_, response) => response.end('safe'), own);
    assert.match(failed(await send(server.port, {})).detail, /certificate/);
    assert.equal(answered(await send(server.port, { ca: authority.ca })).body, 'safe');
    assert.equal(answered(await send(server.port, { insecureSkipVerify: true })).body, 'safe');
    assert.equal(failed(await send(server.port, { ca: createAuthority('Another').ca })).reason, 'network');
  });

  test('and be for whom we speak to, or for server_name', async () => {
    const server = await web((_, response) => response.end('safe'), named);
    assert.match(failed(await send(server.port, { ca: authority.ca })).detail, /127\.0\.0\.1/);
    assert.equal(answered(await send(server.port, { ca: authority.ca, serverName: 'hooks.test' })).body, 'safe');
  });

  test('our own certificate is shown to those who ask', async () => {
    const server = await web((_, response) => response.end('known'), {
      ...own,
      ca: authority.ca,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const { cert, key } = authority.certify(['tocsin.test']);
    assert.equal(answered(await send(server.port, { ca: authority.ca, cert, key })).body, 'known');
    assert.equal(failed(await send(server.port, { ca: authority.ca })).reason, 'network');
  });

  test('versions are those that are allowed', async () => {
    const server = await web((_, response) => response.end('old'), { ...own, maxVersion: 'TLSv1.2' });
    assert.equal(answered(await send(server.port, { ca: authority.ca, maxVersion: 'TLSv1.2' })).body, 'old');
    assert.equal(failed(await send(server.port, { ca: authority.ca, minVersion: 'TLSv1.3' })).reason, 'network');
  });

  test('a certificate that is none is a failure and no crash', async () => {
    const server = await web((_, response) => response.end(), own);
    assert.equal(failed(await send(server.port, { cert: 'nonsense', key: 'nonsense' })).reason, 'network');
  });
});

suite('a forward proxy', () => {
  const through = (port: number, login = ''): HttpTransport => ({
    ...plain,
    proxy: { url: `http://${login}127.0.0.1:${port}`, bypass: '', connectHeaders: [['X-Tenant', 'ops']] },
  });
  const open = async (login: string | null) => {
    const proxy = await startProxy(login);
    running.push(proxy);
    return proxy;
  };

  test('is given http requests in absolute form, with its own login and not that of the receiver', async () => {
    const proxy = await open('relay:s3cret');
    const { body } = answered(
      await outbound.http(post('http://u:p@hooks.test:8080/x?y=1#z'), through(proxy.port, 'relay:s3cret@')),
    );
    assert.equal(body, 'by the proxy');
    const [request] = proxy.asked;
    assert.deepEqual(
      [request?.method, request?.url, request?.headers.host],
      ['POST', 'http://hooks.test:8080/x?y=1', 'hooks.test:8080'],
    );
    assert.equal(answered(await outbound.http(post('http://hooks.test/'), through(proxy.port))).status, 407);
  });

  test('opens a tunnel for https, and the certificate is that of the receiver', async () => {
    const proxy = await open('relay:s3cret');
    const server = await web((_, response) => response.end('through'), authority.certify(['hooks.test']));
    const url = `https://hooks.test:${server.port}/x`;
    const transport = { ...through(proxy.port, 'relay:s3cret@'), tls: { ...noTls, ca: authority.ca } };
    assert.equal(answered(await outbound.http(post(url), transport)).body, 'through');
    const [request] = proxy.asked;
    assert.deepEqual([request?.method, request?.url], ['CONNECT', `hooks.test:${server.port}`]);
    assert.equal(request?.headers['x-tenant'], 'ops');
    assert.equal(request?.headers.authorization, undefined);
    assert.deepEqual(
      [server.received[0]?.headers['x-tenant'], server.received[0]?.headers['proxy-authorization']],
      [undefined, undefined],
    );
    assert.equal(failed(await outbound.http(post(url), through(proxy.port, 'relay:s3cret@'))).reason, 'network');
  });

  test('that does not open a tunnel is a failure that says so', async () => {
    const proxy = await open('relay:s3cret');
    const { detail } = failed(await outbound.http(post('https://hooks.test/'), through(proxy.port)));
    assert.equal(detail, 'the proxy answered 407 when asked for a tunnel');
  });

  test('is passed by where no_proxy says so', async () => {
    const proxy = await open(null);
    const server = await web((_, response) => response.end('direct'));
    const transport = through(proxy.port);
    const direct = { ...transport, proxy: { url: '', connectHeaders: [], ...transport.proxy, bypass: '127.0.0.0/8' } };
    assert.equal(answered(await outbound.http(post(`http://127.0.0.1:${server.port}/`), direct)).body, 'direct');
    assert.equal(proxy.asked.length, 0);
  });

  test('may be private, but not link-local, and does not lead to what may not be asked', async () => {
    const proxy = await open(null);
    assert.equal(answered(await guarded.http(post('http://hooks.test/'), through(proxy.port))).body, 'by the proxy');
    const metadata = { ...plain, proxy: { url: 'http://169.254.169.254:80', bypass: '', connectHeaders: [] } };
    assert.equal(failed(await outbound.http(post('http://hooks.test/'), metadata)).reason, 'refused-address');
    assert.equal(
      failed(await outbound.http(post('http://169.254.169.254/'), through(proxy.port))).reason,
      'refused-address',
    );
  });

  const rows: readonly (readonly [bypass: string, url: string, passes: boolean])[] = [
    ['*', 'http://a.test/', true],
    ['a.test', 'http://a.test/', true],
    ['a.test', 'http://b.a.test/', true],
    ['a.test', 'http://ba.test/', false],
    ['.a.test', 'http://a.test/', false],
    ['.a.test', 'http://b.a.test/', true],
    ['*.a.test', 'http://b.a.test/', true],
    ['x.test, A.test ', 'https://a.TEST/', true],
    ['a.test:8080', 'http://a.test:8080/', true],
    ['a.test:8080', 'http://a.test/', false],
    ['a.test:443', 'https://a.test/', true],
    ['10.0.0.0/8', 'http://10.1.2.3/', true],
    ['10.0.0.0/8', 'http://11.1.2.3/', false],
    ['10.0.0.0/99', 'http://10.1.2.3/', false],
    ['fd00::/8', 'http://[fd12::1]/', true],
    ['::1', 'http://[::1]:9093/', true],
    ['127.0.0.1', 'http://127.0.0.1/', true],
    ['', 'http://a.test/', false],
  ];
  for (const [bypass, url, passes] of rows) {
    test(`no_proxy "${bypass}" ${passes ? 'names' : 'does not name'} ${url}`, () =>
      assert.equal(bypassesProxy(bypass, new URL(url)), passes));
  }
});

function slackCall(url: string, over: Partial<SlackCall> = {}): SlackCall {
  const payload = { channel: '#ops', text: 'a & b', attachments: [{ title: 't' }], link_names: true };
  return {
    url,
    method: 'chat.postMessage',
    token: 'xoxb-token',
    headers: [['X-Key', 'key']],
    payload,
    timeoutMs: 5_000,
    ...over,
  };
}

suite("Slack's Web API", () => {
  const answer = async (status: number, body: string, headers: Record<string, string> = {}) => {
    const server = await web((_, response) => response.writeHead(status, headers).end(body));
    const sent = await outbound.slack(slackCall(`http://127.0.0.1:${server.port}/api/chat.postMessage`), plain);
    return { sent, server };
  };

  test('is called as it wants to be, at the address of the receiver', async () => {
    const { sent, server } = await answer(200, '{"ok":true,"channel":"C1","ts":"1.2"}');
    assert.deepEqual([answered(sent).status, answered(sent).body], [200, '{"ok":true,"channel":"C1","ts":"1.2"}']);
    const [request] = server.received;
    assert.equal(request?.url, '/api/chat.postMessage');
    assert.equal(request?.headers.authorization, 'Bearer xoxb-token');
    assert.equal(request?.headers['x-key'], 'key');
    const form = Object.fromEntries(new URLSearchParams(request?.body));
    assert.deepEqual(form, { channel: '#ops', text: 'a & b', attachments: '[{"title":"t"}]', link_names: 'true' });
    assert.equal(server.received.length, 1);
  });

  const rows: readonly (readonly [status: number, body: string, headers: Record<string, string>])[] = [
    [200, '{"ok":false,"error":"channel_not_found"}', {}],
    [200, '{"ok":tr', {}],
    [200, 'hello', {}],
    [429, '{"ok":false,"error":"ratelimited"}', { 'retry-after': '30' }],
    [429, '', {}],
    [500, 'oh no', {}],
    [302, '', { location: '/elsewhere' }],
  ];
  for (const [status, body, headers] of rows) {
    test(`${status} ${body} comes back as it is, and is not tried again here`, async () => {
      const { sent, server } = await answer(status, body, headers);
      assert.deepEqual([answered(sent).status, answered(sent).body], [status, body]);
      assert.equal(answered(sent).headers.get('retry-after'), headers['retry-after']);
      assert.equal(server.received.length, 1);
    });
  }

  test('is given up in time', async () => {
    const server = await web(() => undefined);
    const call = slackCall(`http://127.0.0.1:${server.port}/api/chat.postMessage`, { timeoutMs: 300 });
    assert.equal(failed(await outbound.slack(call, plain)).reason, 'timeout');
  });

  test('is reached through the proxy of the receiver', async () => {
    const proxy = await startProxy(null);
    running.push(proxy);
    const transport = { ...plain, proxy: { url: `http://127.0.0.1:${proxy.port}`, bypass: '', connectHeaders: [] } };
    answered(await outbound.slack(slackCall('http://slack.test/api/chat.postMessage'), transport));
    assert.equal(proxy.asked[0]?.url, 'http://slack.test/api/chat.postMessage');
  });
});
