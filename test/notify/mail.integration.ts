/** What leaves as mail, against real SMTP servers on loopback: encryption, login, refusals, time, and the mail itself. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { SMTPServerOptions } from 'smtp-server';
import { createOutbound } from '../../lib/adapters/outbound.ts';
import type { OutgoingMail, OutgoingResponse, TlsOptions } from '../../lib/ports.ts';
import { createAuthority } from './certificates.ts';
import { type MailServer, type Running, startMail, startScriptedMail } from './outbound-servers.ts';
import { alertOf, down, notificationOf, plan } from './planning.ts';

const outbound = createOutbound({ allowPrivate: true });
const authority = createAuthority('Test Authority');
const own = authority.certify(['127.0.0.1']);
const trusting: TlsOptions = {
  ca: authority.ca,
  cert: null,
  key: null,
  serverName: null,
  insecureSkipVerify: false,
  minVersion: null,
  maxVersion: null,
};
const running: Running[] = [];
after(() => {
  for (const server of running) server.close();
});

function opened<T extends Running>(server: T): T {
  running.push(server);
  return server;
}

const mailServer = async (options: SMTPServerOptions = {}): Promise<MailServer> =>
  opened(await startMail({ ...own, authOptional: true, ...options }));
const scripted = async (...parts: Parameters<typeof startScriptedMail>) => opened(await startScriptedMail(...parts));

function mailTo(port: number, over: Partial<OutgoingMail> = {}): OutgoingMail {
  return {
    host: '127.0.0.1',
    port,
    hello: 'tocsin.test',
    tlsMode: 'starttls-required',
    tls: trusting,
    auth: null,
    from: 'tocsin@ops.test',
    to: ['oncall@ops.test'],
    headers: [
      ['Subject', 'Down'],
      ['From', 'tocsin@ops.test'],
      ['To', 'oncall@ops.test'],
    ],
    text: 'text',
    html: '<p>html</p>',
    timeoutMs: 5_000,
    ...over,
  };
}

const login = { username: 'tocsin', password: 'right', secret: '', identity: '' };
const answerOf = (response: OutgoingResponse): string =>
  response.kind === 'response' ? `${response.status}` : `${response.reason}: ${response.detail}`;

suite('encryption', () => {
  test('STARTTLS, with a certificate of somebody we know', async () => {
    const server = await mailServer();
    assert.equal(answerOf(await outbound.mail(mailTo(server.port))), '250');
    const { from, to, isEncrypted } = server.mails[0] ?? {};
    assert.deepEqual([from, to, isEncrypted], ['tocsin@ops.test', ['oncall@ops.test'], true]);
  });

  test('STARTTLS with a certificate of nobody: nothing is sent, the network is to blame', async () => {
    const server = await mailServer();
    assert.match(answerOf(await outbound.mail(mailTo(server.port, { tls: null }))), /^network: .*certificate/);
    assert.equal(server.mails.length, 0);
    const careless = { ...trusting, ca: null, insecureSkipVerify: true };
    assert.equal(answerOf(await outbound.mail(mailTo(server.port, { tls: careless }))), '250');
  });

  test('a server without STARTTLS gets nothing where it is required', async () => {
    const server = await mailServer({ disabledCommands: ['STARTTLS'] });
    const { mails } = server;
    assert.match(answerOf(await outbound.mail(mailTo(server.port))), /^5\d\d$/);
    assert.equal(mails.length, 0);
  });

  test('require_tls: false sends in the clear to who has nothing else', async () => {
    const server = await mailServer({ disabledCommands: ['STARTTLS'] });
    assert.equal(answerOf(await outbound.mail(mailTo(server.port, { tlsMode: 'starttls-if-offered' }))), '250');
    assert.equal(server.mails[0]?.isEncrypted, false);
  });

  test('require_tls: false takes what encryption is offered, signed or not', async () => {
    const server = await mailServer();
    const mail = mailTo(server.port, { tlsMode: 'starttls-if-offered', tls: null });
    assert.equal(answerOf(await outbound.mail(mail)), '250');
    assert.equal(server.mails[0]?.isEncrypted, true);
  });

  test('implicit TLS', async () => {
    const server = await mailServer({ secure: true });
    assert.equal(answerOf(await outbound.mail(mailTo(server.port, { tlsMode: 'implicit' }))), '250');
    assert.equal(server.mails[0]?.isEncrypted, true);
    assert.match(
      answerOf(await outbound.mail(mailTo(server.port, { tlsMode: 'implicit', tls: null }))),
      /^network: .*certificate/,
    );
  });
});

suite('login', () => {
  const methods = {
    PLAIN: login,
    LOGIN: login,
    'CRAM-MD5': { ...login, password: '', secret: 'cram-secret' },
  } as const;
  for (const [method, auth] of Object.entries(methods)) {
    test(method, async () => {
      const server = await mailServer({ authMethods: [method], authOptional: false });
      assert.equal(answerOf(await outbound.mail(mailTo(server.port, { auth }))), '250');
      assert.equal(server.mails[0]?.login, `tocsin by ${method}`);
    });
  }

  test('a secret is not shown to a server that wants a password', async () => {
    const server = await mailServer({ authMethods: ['PLAIN'], authOptional: false });
    const auth = { ...login, password: '', secret: 'right' };
    assert.match(answerOf(await outbound.mail(mailTo(server.port, { auth }))), /^5\d\d$/);
    assert.equal(server.mails.length, 0);
  });

  test('a wrong password is refused for good', async () => {
    const server = await mailServer({ authOptional: false });
    const sent = await outbound.mail(mailTo(server.port, { auth: { ...login, password: 'wrong-password' } }));
    assert.equal(answerOf(sent), '535');
    assert.equal(JSON.stringify(sent).includes('wrong-password'), false);
    const cram = await mailServer({ authMethods: ['CRAM-MD5'], authOptional: false });
    const auth = { ...login, password: '', secret: 'wrong-secret' };
    assert.equal(answerOf(await outbound.mail(mailTo(cram.port, { auth }))), '535');
  });

  test('a server that knows no login is sent the mail without one', async () => {
    const server = await mailServer({ disabledCommands: ['AUTH'] });
    assert.equal(answerOf(await outbound.mail(mailTo(server.port, { auth: login }))), '250');
    assert.equal(server.mails[0]?.login, null);
  });

  test('auth_identity says on whose behalf', async () => {
    const answers = { EHLO: '250-hello\r\n250 AUTH PLAIN', AUTH: '235 welcome', DATA: '354 go on' };
    const server = await scripted('220 hello', answers);
    const auth = { ...login, identity: 'the-team' };
    await outbound.mail(mailTo(server.port, { auth, tlsMode: 'starttls-if-offered', timeoutMs: 500 }));
    const said = server.said.find((line) => line.startsWith('AUTH PLAIN '))?.slice('AUTH PLAIN '.length) ?? '';
    assert.equal(Buffer.from(said, 'base64').toString(), 'the-team\0tocsin\0right');
  });
});

suite('refusals', () => {
  const fussy = (code: number): SMTPServerOptions => ({
    onRcptTo: ({ address }, _session, callback) =>
      callback(
        address.startsWith('gone') ? Object.assign(new Error(`no ${address} here`), { responseCode: code }) : null,
      ),
  });

  test('one recipient of two: the other gets the mail, and the refusal is told', async () => {
    const server = await mailServer(fussy(550));
    const sent = await outbound.mail(mailTo(server.port, { to: ['gone@ops.test', 'oncall@ops.test'] }));
    assert.ok(sent.kind === 'response' && sent.status === 250);
    assert.match(sent.headers.get('refused-recipients') ?? '', /550 no gone@ops\.test here/);
    assert.deepEqual(server.mails[0]?.to, ['oncall@ops.test']);
  });

  for (const code of [450, 550]) {
    test(`all recipients with ${code}`, async () => {
      const server = await mailServer(fussy(code));
      assert.equal(
        answerOf(await outbound.mail(mailTo(server.port, { to: ['gone@ops.test', 'gone2@ops.test'] }))),
        `${code}`,
      );
      assert.equal(server.mails.length, 0);
    });
  }

  const rows: readonly (readonly [
    about: string,
    greeting: string,
    answers: Record<string, string>,
    expected: RegExp,
  ])[] = [
    ['too busy to greet', '421 come back later', {}, /^421$/],
    ['not a mail server', '554 go away', {}, /^554$/],
    ['a sender it does not like', '220 hello', { EHLO: '250 hello', MAIL: '553 not you' }, /^553$/],
    ['no room for the mail', '220 hello', { EHLO: '250 hello', DATA: '452 full' }, /^452$/],
    ['no SMTP at all', 'SSH-2.0-OpenSSH', {}, /^(network|\d{3})/],
  ];
  for (const [about, greeting, answers, expected] of rows) {
    test(about, async () => {
      const server = await scripted(greeting, answers);
      assert.match(
        answerOf(await outbound.mail(mailTo(server.port, { tlsMode: 'starttls-if-offered', timeoutMs: 2_000 }))),
        expected,
      );
    });
  }

  test('nobody listens', async () => {
    const server = await startScriptedMail('220 hello', {});
    server.close();
    assert.match(answerOf(await outbound.mail(mailTo(server.port))), /^network: .*ECONNREFUSED/);
  });
});

suite('time', () => {
  const rows: readonly (readonly [about: string, greeting: string, answers: Record<string, string | null>])[] = [
    ['says nothing after its greeting', '220 hello', { EHLO: null }],
    ['takes the mail and says nothing', '220 hello', { EHLO: '250 hello', DATA: '354 go on', '.': null }],
    ['never ends its greeting', '220-hello', {}],
  ];
  for (const [about, greeting, answers] of rows) {
    test(`a server that ${about} is given up in time`, async () => {
      const server = await scripted(greeting, answers);
      const began = performance.now();
      const sent = await outbound.mail(mailTo(server.port, { tlsMode: 'starttls-if-offered', timeoutMs: 400 }));
      assert.equal(answerOf(sent), 'timeout: not sent within 400 ms');
      assert.ok(performance.now() - began < 2_000);
    });
  }
});

suite('the mail', () => {
  /** Plans a mail as the receiver says, sends it to a real server, and gives what arrived. */
  async function arrived(more: string, notification = down): Promise<string> {
    const server = await mailServer({ disabledCommands: ['STARTTLS'] });
    const { delivery } = plan(
      `email_configs: [{to: 'Ops <a@ops.test>, b@ops.test', from: 'Tocsin <t@ops.test>', smarthost: '127.0.0.1:${server.port}', require_tls: false${more}}]`,
      { notification },
    );
    assert.ok(delivery.kind === 'mail');
    assert.equal(answerOf(await outbound.mail(delivery.mail)), '250');
    const { from, to, source = '' } = server.mails[0] ?? {};
    assert.deepEqual([from, to], ['t@ops.test', ['a@ops.test', 'b@ops.test']]);
    return source;
  }

  test('has its headers, and both parts', async () => {
    const source = await arrived(', text: "grüße", headers: {X-Team: "Grüße an alle", Reply-To: r@ops.test}');
    const [head = ''] = source.split('\r\n\r\n');
    assert.match(head, /^From: Tocsin <t@ops\.test>\r$/m);
    assert.match(head, /^To: Ops <a@ops\.test>, b@ops\.test\r$/m);
    assert.match(head, /^Subject: \[FIRING:1\] Down \(critical\)\r$/m);
    assert.match(head, /^Message-ID: <one-notification@tocsin>\r$/im);
    assert.match(head, /^Date: Mon, 05 Jan 2026 09:00:00 \+0000\r$/m);
    assert.match(head, /^X-Team: =\?UTF-8\?Q\?Gr=C3=BC=C3=9Fe_an_alle\?=\r$/im);
    assert.match(head, /^Reply-To: r@ops\.test\r$/m);
    assert.match(head, /^Content-Type: multipart\/alternative;/m);
    assert.match(
      source,
      /Content-Type: text\/plain; charset=utf-8\r\n(.*\r\n)*?Content-Transfer-Encoding: quoted-printable\r\n\r\ngr=C3=BC=C3=9Fe/i,
    );
    assert.match(source, /Content-Type: text\/html; charset=utf-8/);
  });

  test('gets no header, recipient or end from what an alert says', async () => {
    const evil = 'x\r\nBcc: eve@evil.test\r\n\r\n.\r\nQUIT';
    const source = await arrived(
      ', headers: {Subject: "{{ .CommonLabels.evil }}", X-Evil: "{{ .CommonLabels.evil }}"}, text: "{{ .CommonLabels.evil }}"',
      notificationOf([alertOf({ alertname: 'Down', evil })]),
    );
    const [head = '', ...body] = source.split('\r\n\r\n');
    assert.doesNotMatch(head, /^Bcc:/m);
    assert.match(head, /^Subject: x Bcc: eve@evil\.test/m);
    assert.ok(body.join('\r\n\r\n').includes('text/html'), 'the mail did not end early');
  });
});
