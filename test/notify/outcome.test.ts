/** What an answer means: delivered, tried again, or refused for good. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { httpOutcome, printDetail } from '../../lib/notify/outcome.ts';
import { createSecretKeeper } from '../../lib/notify/secrets.ts';
import type { OutgoingResponse } from '../../lib/ports.ts';
import { NOW_MS, plan, response } from './planning.ts';

const webhook = "webhook_configs: [{url: 'http://ops.test/'}]";
const slackHook = "slack_configs: [{api_url: 'http://slack.test/hook', channel: '#ops'}]";
const slackBot = "slack_configs: [{app_token: xoxb-1, channel: '#ops'}]";
const slackUpdate =
  "slack_configs: [{api_url: 'https://slack.com/api/chat.postMessage', update_message: true, channel: C1, http_config: {authorization: {credentials: xoxb-2}}}]";
const pagerduty = 'pagerduty_configs: [{routing_key: key}]';
const pagerdutyV1 = 'pagerduty_configs: [{service_key: key}]';
const email = "email_configs: [{to: a@ops.test, from: t@ops.test, smarthost: 'mail.test:587'}]";
const sns = "sns_configs: [{topic_arn: 'arn:aws:sns:eu-west-1:1:ops', sigv4: {region: eu-west-1}}]";
const everyHttp = { webhook, slackHook, slackBot, pagerduty, pagerdutyV1, sns };

type Expected = 'delivered' | `retry ${string}` | `rejected ${string}`;

function verdict(receiver: string, answer: OutgoingResponse): string {
  const outcome = plan(receiver).judge(answer);
  return outcome.kind === 'delivered' ? 'delivered' : `${outcome.kind} ${outcome.reason}`;
}

const byStatus: readonly (readonly [status: number, expected: Expected])[] = [
  [200, 'delivered'],
  [201, 'delivered'],
  [202, 'delivered'],
  [204, 'delivered'],
  [301, 'rejected other'],
  [304, 'rejected other'],
  [400, 'rejected clientError'],
  [401, 'rejected authError'],
  [404, 'rejected clientError'],
  [408, 'rejected clientError'],
  [410, 'rejected clientError'],
  [429, 'retry rateLimited'],
  [500, 'retry serverError'],
  [502, 'retry serverError'],
  [503, 'retry serverError'],
  [599, 'retry serverError'],
];

suite('by status', () => {
  for (const [name, receiver] of Object.entries(everyHttp)) {
    for (const [status, expected] of byStatus) {
      test(`${name}: ${status} is ${expected}`, () => assert.equal(verdict(receiver, response(status)), expected));
    }
  }
  test('403 is a refusal, but PagerDuty v1 limits its rate with it', () => {
    assert.equal(verdict(pagerduty, response(403)), 'rejected authError');
    assert.equal(verdict(pagerdutyV1, response(403)), 'retry rateLimited');
  });
});

suite('without an answer', () => {
  for (const [name, receiver] of Object.entries({ ...everyHttp, email })) {
    test(name, () => {
      assert.equal(verdict(receiver, { kind: 'failure', reason: 'network', detail: 'x' }), 'retry network');
      assert.equal(verdict(receiver, { kind: 'failure', reason: 'timeout', detail: 'x' }), 'retry timeout');
      assert.equal(verdict(receiver, { kind: 'failure', reason: 'refused-address', detail: 'x' }), 'rejected other');
    });
  }
});

suite('Retry-After', () => {
  const rows: readonly (readonly [value: string, afterMs: number | null])[] = [
    ['0', 0],
    ['7', 7_000],
    ['  12 ', 12_000],
    ['86400', 900_000],
    ['99999999999999999999999999', 900_000],
    ['Mon, 05 Jan 2026 09:00:30 GMT', 30_000],
    ['Mon, 05 Jan 2026 08:00:00 GMT', 0],
    ['Tue, 06 Jan 2026 09:00:00 GMT', 900_000],
    ['Mon, 05 Foo 2026 09:00:30 GMT', null],
    ['1.5', null],
    ['-3', null],
    ['soon', null],
    ['', null],
  ];
  for (const [value, afterMs] of rows) {
    for (const status of [429, 503]) {
      test(`${status} with ${JSON.stringify(value)} waits ${afterMs} ms`, () => {
        const outcome = httpOutcome(response(status, '', { 'retry-after': value }), NOW_MS);
        assert.ok(outcome.kind === 'retry');
        assert.equal(outcome.afterMs, afterMs);
      });
    }
  }
});

suite('Slack says no with a 200', () => {
  const rows: readonly (readonly [body: string, expected: Expected])[] = [
    ['ok', 'delivered'],
    ['ok\n', 'delivered'],
    ['', 'delivered'],
    ['{"ok":true}', 'delivered'],
    ['no_service', 'rejected clientError'],
    ['<html>captive portal</html>', 'rejected clientError'],
    ['{"ok":false,"error":"channel_not_found"}', 'rejected clientError'],
    ['{"ok":false,"error":"invalid_auth"}', 'rejected authError'],
    ['{"ok":false,"error":"internal_error"}', 'retry serverError'],
    ['{"ok":false,"error":"ratelimited"}', 'retry rateLimited'],
    ['{"ok":"true"}', 'rejected clientError'],
    ['{}', 'rejected clientError'],
    ['{"ok":tr', 'retry serverError'],
  ];
  for (const [name, receiver] of Object.entries({ slackHook, slackBot, slackUpdate })) {
    for (const [body, expected] of rows) {
      test(`${name}: ${body} is ${expected}`, () => assert.equal(verdict(receiver, response(200, body)), expected));
    }
  }
  test('the place of a message is remembered only where it will be updated', () => {
    const answer = response(200, '{"ok":true,"channel":"C9","ts":"17.5"}');
    const remembered = [slackUpdate, slackBot].map((receiver) => {
      const outcome = plan(receiver).judge(answer);
      return outcome.kind === 'delivered' ? outcome.remember : null;
    });
    assert.deepEqual(remembered, [{ channel: 'C9', ts: '17.5' }, {}]);
  });
});

suite('SMTP', () => {
  const rows: readonly (readonly [code: number, expected: Expected])[] = [
    [250, 'delivered'],
    [421, 'retry serverError'],
    [451, 'retry serverError'],
    [454, 'retry serverError'],
    [502, 'rejected clientError'],
    [530, 'rejected clientError'],
    [535, 'rejected authError'],
    [550, 'rejected clientError'],
    [554, 'rejected clientError'],
  ];
  for (const [code, expected] of rows) {
    test(`${code} is ${expected}`, () => assert.equal(verdict(email, response(code)), expected));
  }
  test('a mail that reached some of its recipients is delivered, with a note on the others', () => {
    const outcome = plan(email).judge(
      response(250, 'queued', { 'refused-recipients': 'x@ops.test: 550 no such user' }),
    );
    assert.deepEqual(outcome, {
      kind: 'delivered',
      remember: {},
      note: 'the server refused x@ops.test: 550 no such user',
    });
  });
});

suite('what is said of a failure', () => {
  const secrets = createSecretKeeper();
  test('names the status and what the receiver wrote, on one line', () => {
    const outcome = httpOutcome(response(404, 'no\n  such\thook\u0000\u001b[31m'), NOW_MS);
    assert.ok(outcome.kind === 'rejected');
    assert.equal(printDetail(outcome.detail, secrets), 'unexpected status code 404: no such hook [31m');
  });
  test('is cut', () => assert.equal(printDetail('x'.repeat(64_000), secrets).length, 300));
  test('an empty body adds nothing', () => {
    const outcome = httpOutcome(response(500, ' \n'), NOW_MS);
    assert.equal(outcome.kind === 'retry' && outcome.detail, 'unexpected status code 500');
  });
});
