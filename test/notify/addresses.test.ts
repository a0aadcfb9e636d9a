import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { addressesIn } from '../../lib/notify/email.ts';
import { PlanError } from '../../lib/notify/integration.ts';
import { plan } from './planning.ts';

suite('addresses', () => {
  const rows: readonly (readonly [list: string, addresses: readonly string[]])[] = [
    ['ops@example.com', ['ops@example.com']],
    [' ops@example.com , dba@example.com,', ['ops@example.com', 'dba@example.com']],
    ['Ops <ops@example.com>', ['ops@example.com']],
    ['"Doe, Jane" <jane@example.com>, <dba@example.com>', ['jane@example.com', 'dba@example.com']],
    ['"not <eve@example.com>" <jane@example.com>', ['jane@example.com']],
    ['Grüße <grüße@exämple.de>', ['grüße@exämple.de']],
    ['"jane doe"@example.com', ['"jane doe"@example.com']],
    ['a+b@[192.0.2.1]', ['a+b@[192.0.2.1]']],
  ];
  for (const [list, addresses] of rows) {
    test(JSON.stringify(list), () => assert.deepEqual(addressesIn(list), addresses));
  }
});

suite('no addresses', () => {
  for (const list of [
    '',
    ' , ',
    'ops',
    'ops@',
    '@example.com',
    'a b@example.com',
    'a@b@example.com',
    'ops@example.com; dba@example.com',
    'ops@example.com>\r\nRCPT TO:<eve@example.com',
    '"a\r\nRCPT TO:<eve@example.com>"@example.com',
    '<>',
  ]) {
    test(JSON.stringify(list), () => assert.throws(() => addressesIn(list), PlanError));
  }
});

suite('smarthost', () => {
  const rows: readonly (readonly [smarthost: string, host: string, port: number, tlsMode: string])[] = [
    ['mail.test:587', 'mail.test', 587, 'starttls-required'],
    ['mail.test:25', 'mail.test', 25, 'starttls-required'],
    ['mail.test:465', 'mail.test', 465, 'implicit'],
    ['mail.test:smtps', 'mail.test', 465, 'implicit'],
    ['mail.test:submission', 'mail.test', 587, 'starttls-required'],
    ['[2001:db8::1]:25', '2001:db8::1', 25, 'starttls-required'],
  ];
  const mailOf = (more: string) => {
    const { delivery } = plan(`email_configs: [{to: a@ops.test, from: t@ops.test, ${more}}]`);
    assert.ok(delivery.kind === 'mail');
    return delivery.mail;
  };
  for (const [smarthost, host, port, tlsMode] of rows) {
    test(smarthost, () => {
      const mail = mailOf(`smarthost: '${smarthost}'`);
      assert.deepEqual([mail.host, mail.port, mail.tlsMode], [host, port, tlsMode]);
    });
  }
  test('a port that is none', () =>
    assert.throws(() => mailOf("smarthost: 'mail.test:nonsense'"), {
      message: 'smarthost "mail.test:nonsense" is not HOST:PORT',
    }));
  test('require_tls and force_implicit_tls decide how the connection is encrypted', () => {
    assert.equal(mailOf("smarthost: 'm.test:25', require_tls: false").tlsMode, 'starttls-if-offered');
    assert.equal(mailOf("smarthost: 'm.test:25', force_implicit_tls: true").tlsMode, 'implicit');
    assert.equal(mailOf("smarthost: 'm.test:465', force_implicit_tls: false").tlsMode, 'starttls-required');
  });
});
