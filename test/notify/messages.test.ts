/** What each integration is sent beyond the captures: severity and runbook, limits of the receivers, broken templates. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PlanError } from '../../lib/notify/integration.ts';
import { parseNotificationTemplates } from '../../lib/notify/renderer.ts';
import type { OutgoingMail, SlackCall, TopicMessage } from '../../lib/ports.ts';
import { TemplateError } from '../../lib/templates/template-error.ts';
import {
  alertOf,
  bodyOf,
  down,
  notificationOf,
  type Planned,
  type PlanOptions,
  plan,
  requestOf,
  resolvedOf,
} from './planning.ts';

const webhook = "webhook_configs: [{url: 'http://ops.test/'}]";
const slack = (more = '') => `slack_configs: [{api_url: 'http://slack.test/hook', channel: '#ops'${more}}]`;
const pagerduty = (more = '') => `pagerduty_configs: [{routing_key: key${more}}]`;
const email = (more = '') => `email_configs: [{to: a@ops.test, from: t@ops.test, smarthost: 'mail.test:587'${more}}]`;
const sns = (more = '', target = "topic_arn: 'arn:aws:sns:eu-west-1:1:ops'") => `sns_configs: [{${target}${more}}]`;

function mailOf({ delivery }: Planned): OutgoingMail {
  assert.ok(delivery.kind === 'mail');
  return delivery.mail;
}

function topicOf({ delivery }: Planned): TopicMessage {
  assert.ok(delivery.kind === 'topic');
  return delivery.message;
}

function callOf({ delivery }: Planned): SlackCall {
  assert.ok(delivery.kind === 'slack');
  return delivery.call;
}

const attachmentOf = (planned: Planned) => bodyOf(planned).attachments[0];
const manners = { severity: 'warning', runbookUrl: 'https://books.test/down?a=1&b=<2>' };
const SUBJECT = '[FIRING:1] Down (critical)';

suite('severity map and runbook link', () => {
  test('webhook: two more members', () => {
    const { severity, runbookURL } = bodyOf(plan(webhook, { manners }));
    assert.deepEqual({ severity, runbookUrl: runbookURL }, manners);
    assert.equal('severity' in bodyOf(plan(webhook)), false);
  });
  test('Slack: a field and a button, or lines where there is only text', () => {
    const { fields, actions } = attachmentOf(plan(slack(), { manners }));
    assert.deepEqual(fields, [{ title: 'Severity', value: 'warning', short: true }]);
    assert.deepEqual(actions, [{ type: 'button', text: 'Runbook', url: manners.runbookUrl }]);
    const { text, attachments } = bodyOf(plan(slack(', message_text: hello'), { manners }));
    assert.equal(text, `hello\nSeverity: warning\nRunbook: ${manners.runbookUrl}`);
    assert.equal(attachments, undefined);
  });
  test('PagerDuty: the severity of the event and a link; version 1 knows only the link', () => {
    const { payload, links } = bodyOf(plan(pagerduty(', severity: critical'), { manners }));
    assert.equal(payload.severity, 'warning');
    assert.deepEqual(links, [{ href: manners.runbookUrl, text: 'Runbook' }]);
    const v1 = bodyOf(plan('pagerduty_configs: [{service_key: key}]', { manners }));
    assert.deepEqual(v1.contexts, [{ type: 'link', href: manners.runbookUrl, text: 'Runbook' }]);
  });
  test('email: a header, and a line in both parts', () => {
    const { headers, text, html } = mailOf(plan(email(', text: hello'), { manners }));
    assert.equal(new Map(headers).get('X-Severity'), 'warning');
    assert.ok(text.endsWith(`Runbook: ${manners.runbookUrl}\n`));
    assert.ok(html.includes('<a href="https://books.test/down?a=1&#38;b=&#60;2&#62;">'));
  });
  test('SNS: an attribute to filter by and a last line; no line where a text message is paid by length', () => {
    const { message, attributes } = topicOf(plan(sns(), { manners }));
    assert.ok(message.endsWith(`\nRunbook: ${manners.runbookUrl}`));
    assert.deepEqual(attributes, { severity: 'warning' });
    const phone = topicOf(plan(sns('', "phone_number: '+491234'"), { manners }));
    assert.equal(phone.message.includes('Runbook'), false);
    assert.equal(phone.subject, null);
  });
});

suite('PagerDuty refuses events with another severity, a summary or source that is empty', () => {
  const rows: readonly (readonly [severity: string, sent: string])[] = [
    ['info', 'info'],
    ['CRITICAL', 'critical'],
    ["'{{ .CommonLabels.severity }}'", 'critical'],
    ['page', 'error'],
    ["'{{ .Nope }}'", 'error'],
    ["''", 'error'],
  ];
  for (const [severity, sent] of rows) {
    test(`severity ${severity} is sent as ${sent}`, () =>
      assert.equal(bodyOf(plan(pagerduty(`, severity: ${severity}`))).payload.severity, sent));
  }
  test('a mapped word that PagerDuty does not know gives way to the configured one', () => {
    const planned = plan(pagerduty(', severity: info'), { manners: { severity: 'P1', runbookUrl: null } });
    assert.equal(bodyOf(planned).payload.severity, 'info');
  });
  test('an empty description and source are filled', () => {
    const { payload } = bodyOf(plan(pagerduty(", description: '{{ .CommonLabels.none }}', source: '{{ \"\" }}'")));
    assert.deepEqual([payload.summary, payload.source], [SUBJECT, 'Tocsin']);
  });
});

const long = (length: number) => notificationOf([alertOf({ alertname: 'Down', note: 'ü'.repeat(length) })]);
const withNote = (template: string): string => `{{ range .Alerts }}${template}{{ .Labels.note }}{{ end }}`;

suite('limits of the receivers', () => {
  test('Slack: titles of 1024 characters', () => {
    const { title } = attachmentOf(plan(slack(`, title: '${withNote('')}'`), { notification: long(2_000) }));
    assert.equal(title, `${'ü'.repeat(1023)}…`);
    const whole = attachmentOf(plan(slack(`, title: '${withNote('')}'`), { notification: long(1_024) }));
    assert.equal(whole.title, 'ü'.repeat(1024));
  });
  test('PagerDuty: summaries of 1024 characters, in both versions', () => {
    const options = { notification: long(2_000) };
    const more = `, description: '${withNote('')}'`;
    assert.equal([...bodyOf(plan(pagerduty(more), options)).payload.summary].length, 1024);
    assert.equal([...bodyOf(plan(`pagerduty_configs: [{service_key: key${more}}]`, options)).description].length, 1024);
  });
  test('PagerDuty: an event of more than 512,000 bytes goes without its details', () => {
    const fits = requestOf(plan(pagerduty(), { notification: long(100_000) }));
    assert.ok(JSON.parse(fits.body).payload.custom_details.num_firing === 1);
    const large = bodyOf(plan(pagerduty(), { notification: long(300_000) }));
    assert.match(large.payload.custom_details.error, /exceeds the maximum size of 512000 bytes/);
    assert.equal(large.event_action, 'trigger');
  });
  test('PagerDuty: a storm whose details no template may print still pages', () => {
    const storm = notificationOf(
      Array.from({ length: 300 }, (_, n) => alertOf({ alertname: 'Down', n: `${n}`, note: 'x'.repeat(5_000) })),
    );
    const planned = plan(pagerduty(), { notification: storm });
    const { payload } = bodyOf(planned);
    assert.equal(payload.summary, '[FIRING:300] Down (xxxx'.slice(0, 19) + payload.summary.slice(19));
    assert.match(payload.custom_details.firing, /exceeds/);
    assert.equal(payload.custom_details.num_firing, 300);
    assert.equal(planned.broken.length, 1);
  });
  test('SNS: 256 KiB with its subject and attributes, cut between characters and marked', () => {
    const more = `, message: '${withNote('')}', attributes: {team: '${'t'.repeat(100)}'}`;
    const { message, attributes, subject } = topicOf(plan(sns(more), { notification: long(200_000) }));
    const sizeBytes = Buffer.byteLength(`${message}${subject}${JSON.stringify(attributes)}`);
    assert.ok(sizeBytes <= 256 * 1024 && sizeBytes > 255 * 1024, `${sizeBytes}`);
    assert.match(message, /^ü+$/);
    assert.equal(attributes['truncated'], 'true');
    assert.equal('truncated' in topicOf(plan(sns(), { notification: long(100) })).attributes, false);
  });
  test('SNS: text messages of 1600 characters', () => {
    const more = `, message: '${withNote('')}'`;
    const planned = topicOf(plan(sns(more, "phone_number: '+491234'"), { notification: long(2_000) }));
    assert.equal(planned.message, `${'ü'.repeat(1599)}…`);
    assert.equal(planned.attributes['truncated'], 'true');
  });
  test('SNS: subjects on one line of 100 characters, no empty message, no empty attribute', () => {
    const more = `, subject: "a\\n\\tb {{ .CommonLabels.note }}", message: ' ', attributes: {a: '{{ .CommonLabels.x }}', b: c}`;
    const { subject, message, attributes } = topicOf(plan(sns(more), { notification: long(2_000) }));
    assert.equal(subject, `a b ${'ü'.repeat(95)}…`);
    assert.equal(message, subject);
    assert.deepEqual(attributes, { b: 'c' });
  });
  test('webhook: max_alerts cuts before status and common labels are computed', () => {
    const notification = notificationOf([
      resolvedOf({ alertname: 'Down', node: 'a' }),
      alertOf({ alertname: 'Down', node: 'b' }),
    ]);
    const cut = bodyOf(plan("webhook_configs: [{url: 'http://ops.test/', max_alerts: 1}]", { notification }));
    assert.deepEqual(
      [cut.status, cut.truncatedAlerts, cut.commonLabels],
      ['resolved', 1, { alertname: 'Down', node: 'a' }],
    );
    const whole = bodyOf(plan("webhook_configs: [{url: 'http://ops.test/', max_alerts: 2}]", { notification }));
    assert.deepEqual([whole.status, whole.truncatedAlerts, whole.alerts.length], ['firing', 0, 2]);
  });
});

suite('a broken template', () => {
  const broken = "'{{ .Nope }}'";
  const explained =
    /^\[FIRING:1\] Down \(critical\) \(template: :1:3: executing "" at <\.Nope>: can't evaluate field Nope/;
  const rows: readonly (readonly [field: string, receiver: string, read: (planned: Planned) => string])[] = [
    ['slack title', slack(`, title: ${broken}`), (planned) => attachmentOf(planned).title],
    ['slack text', slack(`, text: ${broken}`), (planned) => attachmentOf(planned).text],
    [
      'slack field',
      slack(`, fields: [{title: t, value: ${broken}}]`),
      (planned) => attachmentOf(planned).fields[0].value,
    ],
    ['pagerduty description', pagerduty(`, description: ${broken}`), (planned) => bodyOf(planned).payload.summary],
    [
      'pagerduty details',
      pagerduty(`, details: {a: ${broken}}`),
      (planned) => bodyOf(planned).payload.custom_details.a,
    ],
    [
      'email subject',
      email(`, headers: {Subject: ${broken}}`),
      (planned) => new Map(mailOf(planned).headers).get('Subject') ?? '',
    ],
    ['email text', email(`, text: ${broken}`), (planned) => mailOf(planned).text],
    [
      'sns subject',
      sns(`, subject: ${broken}`),
      (planned) => topicOf(planned).subject?.replace(/…$/, " Nope>: can't evaluate field Nope") ?? '',
    ],
    ['sns message', sns(`, message: ${broken}`), (planned) => topicOf(planned).message],
  ];
  for (const [field, receiver, read] of rows) {
    test(`${field}: the page goes out, and says what is broken`, () => {
      const planned = plan(receiver);
      assert.match(
        read(planned),
        field === 'sns subject' ? /^\[FIRING:1\] Down \(critical\) \(template: :1:3/ : explained,
      );
      assert.equal(planned.broken.length, 1);
    });
  }
  test('email html: a small page with the subject and the error', () => {
    const { html } = mailOf(plan(email(`, html: ${broken}`)));
    assert.match(
      html,
      /^<html><body><p>\[FIRING:1\] Down \(critical\) \(template: :1:3: executing &#34;&#34; at &#60;\.Nope/,
    );
  });
  test('a default that the user broke gives way to ours', () => {
    const templates = parseNotificationTemplates([{ name: '', text: '{{ define "__subject" }}{{ .Nope }}{{ end }}' }]);
    assert.match(attachmentOf(plan(slack(), { templates })).title, /^\[FIRING:1\] Down \(critical\) \(template: :1:/);
  });
  const adornments: readonly (readonly [field: string, receiver: string])[] = [
    [
      'slack',
      slack(
        `, color: ${broken}, username: ${broken}, title_link: ${broken}, icon_emoji: ${broken}, image_url: ${broken}`,
      ),
    ],
    ['pagerduty', pagerduty(`, class: ${broken}, client_url: ${broken}, links: [{href: ${broken}, text: x}]`)],
    ['email', email(`, headers: {X-Team: ${broken}}`)],
  ];
  for (const [name, receiver] of adornments) {
    test(`${name}: what only adorns is left out`, () => {
      const planned = plan(receiver);
      assert.equal(JSON.stringify(planned.delivery).includes('Nope'), false);
      assert.ok(planned.broken.length >= 1);
    });
  }
  const strict: readonly (readonly [
    field: string,
    receiver: string,
    error: typeof TemplateError | typeof PlanError,
  ])[] = [
    ['webhook url', `webhook_configs: [{url: ${broken}}]`, PlanError],
    ['slack channel', slack().replace("'#ops'", broken), TemplateError],
    ['pagerduty routing_key', `pagerduty_configs: [{routing_key: ${broken}}]`, PlanError],
    ['email to', email().replace('a@ops.test', broken), TemplateError],
    ['email from', email().replace('t@ops.test', broken), TemplateError],
    ['sns topic', sns('', `topic_arn: ${broken}`), TemplateError],
    ['sns attribute', sns(`, attributes: {a: ${broken}}`), TemplateError],
  ];
  for (const [field, receiver, error] of strict) {
    test(`${field}: nothing is sent where it may not belong`, () => assert.throws(() => plan(receiver), error));
  }
});

suite('what a template leaves empty', () => {
  const rows: readonly (readonly [receiver: string, message: RegExp])[] = [
    ["webhook_configs: [{url: '{{ .CommonLabels.none }}'}]", /not an http\(s\) address/],
    ["webhook_configs: [{url: 'file:{{ .Status }}'}]", /not an http\(s\) address/],
    ["pagerduty_configs: [{routing_key: '{{ .CommonLabels.none }}'}]", /routing key is empty/],
    ["pagerduty_configs: [{service_key: '{{ .CommonLabels.none }}'}]", /service key is empty/],
    [email().replace('a@ops.test', "'{{ .CommonLabels.none }}'"), /no recipient/],
    [sns('', "topic_arn: '{{ .CommonLabels.none }}'"), /no topic, target or phone number/],
  ];
  for (const [receiver, message] of rows) {
    test(receiver, () => assert.throws(() => plan(receiver), { name: 'PlanError', message }));
  }
});

suite('Slack with a bot token', () => {
  const update =
    "slack_configs: [{api_url: 'https://slack.com/api/chat.postMessage', update_message: true, channel: C1, http_config: {authorization: {credentials: xoxb-2}}}]";
  const sent = (options: PlanOptions, receiver = update) => {
    const { method, url, token, payload } = callOf(plan(receiver, options));
    return { method, path: new URL(url).pathname, token, channel: payload['channel'], ts: payload['ts'] };
  };
  test('the first message is new, later ones change it', () => {
    const first = {
      method: 'chat.postMessage',
      path: '/api/chat.postMessage',
      token: 'xoxb-2',
      channel: 'C1',
      ts: undefined,
    };
    assert.deepEqual(sent({}), first);
    const later = { ...down, remembered: { channel: 'C9', ts: '17.5' } };
    assert.deepEqual(sent({ notification: later }), {
      ...first,
      method: 'chat.update',
      path: '/api/chat.update',
      channel: 'C9',
      ts: '17.5',
    });
  });
  test('app_url is where the call goes, whatever it looks like', () => {
    const receiver = "slack_configs: [{app_token: xoxb-1, app_url: 'http://relay.test/slack', channel: '#ops'}]";
    assert.equal(sent({}, receiver).path, '/slack');
  });
});
