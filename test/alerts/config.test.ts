import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { type AlertmanagerConfig, parseAlertmanagerConfig } from '../../lib/alerts/config.ts';
import type { IntegrationKind, IntegrationSettings } from '../../lib/alerts/config-receivers.ts';
import { renderAlertmanagerConfig } from '../../lib/alerts/config-render.ts';
import { InvalidInput, type Issue, printIssue } from '../../lib/model/issue.ts';
import { configCases } from './config-cases.ts';

function parse(yaml: string): AlertmanagerConfig {
  return parseAlertmanagerConfig(yaml, { file: 'am.yml' });
}

function issuesOf(yaml: string): readonly Issue[] {
  try {
    parse(yaml);
  } catch (error) {
    assert.ok(error instanceof InvalidInput, String(error));
    return error.issues;
  }
  return [];
}

/** Settings of the first integration of a kind in the first receiver. */
function settingsOf<K extends IntegrationKind>(config: AlertmanagerConfig, kind: K): IntegrationSettings[K] {
  for (const integration of config.receivers[0]?.integrations ?? []) {
    // The kind was compared, which the compiler does not carry over to the parameter.
    if (integration.kind === kind) return integration.settings as IntegrationSettings[K];
  }
  throw new assert.AssertionError({ message: `no ${kind}` });
}

for (const { name, yaml, message } of configCases) {
  test(`${message === null ? 'accepts' : 'refuses'} ${name}`, () => {
    const messages = issuesOf(yaml).map((issue) => issue.message);
    if (message === null) assert.deepEqual(messages, []);
    else
      assert.ok(
        messages.some((each) => each.includes(message)),
        `expected ${message}, got ${messages.join(' | ')}`,
      );
  });
}

test('reports every mistake at once, each with its line, column, path and hint', () => {
  const yaml = `route:
  receiver: nobody
  group_wiat: 30s
  repeat_interval: 0s
  routes:
  - matchers: ['severity=~"(']
receivers:
- name: ops
  slack_configs:
  - chanel: '#ops'
  webhook_configs:
  - url: ftp://hook
    max_alerts: many
templates: no
`;
  assert.deepEqual(issuesOf(yaml).map(printIssue), [
    'am.yml:2:13 route.receiver: undefined receiver "nobody" used in route; receivers: ops',
    'am.yml:3:3 route.group_wiat: field group_wiat not found in type config.plain; did you mean group_wait?',
    'am.yml:4:20 route.repeat_interval: repeat_interval cannot be zero',
    'am.yml:6:16 route.routes[0].matchers[0]: matcher value contains unescaped double quote: "(; write for example severity="critical"',
    'am.yml:10:5 receivers[0].slack_configs[0]: no Slack API URL nor App token set either inline or in a file',
    'am.yml:10:5 receivers[0].slack_configs[0].chanel: field chanel not found in type config.plain; did you mean channel?',
    'am.yml:12:10 receivers[0].webhook_configs[0].url: invalid URL: unsupported scheme "ftp" for URL; write http://HOST or https://HOST',
    'am.yml:13:17 receivers[0].webhook_configs[0].max_alerts: cannot unmarshal !!str `many` into uint64',
    'am.yml:14:12 templates: cannot unmarshal !!bool `no` into []string',
  ]);
});

test('says where the YAML itself is broken', () => {
  const [issue] = issuesOf('route: {receiver: r}\nreceivers:\n- name: r\n  labels: {a: b\n');
  assert.equal(issue?.code, 'yaml-syntax');
  assert.deepEqual([issue?.file, issue?.line], ['am.yml', 5]);
});

test('a scalar is read by the type of its field, not by its look', () => {
  const config = parse(`route: {receiver: 007, group_by: [on, 1.10, n]}
receivers: [{name: 007, labels: {n: yes}}]
time_intervals: [{name: t, time_intervals: [{times: [{start_time: 10:00, end_time: 11:30}], years: [2025]}]}]
`);
  assert.equal(config.receivers[0]?.name, '007');
  assert.deepEqual(config.receivers[0]?.labels.pairs, [
    ['n', 'yes'],
    ['name', '007'],
  ]);
  assert.deepEqual(config.route.groupBy, ['1.10', 'n', 'on']);
  assert.deepEqual(config.timeIntervals.get('t'), [
    {
      times: [{ startMinute: 600, endMinute: 690 }],
      weekdays: null,
      daysOfMonth: null,
      months: null,
      years: [{ begin: 2025, end: 2025 }],
      location: null,
    },
  ]);
});

test('free values follow YAML 1.1, and keys that are no texts are dropped with a warning', () => {
  const config = parse(`route: {receiver: r}
receivers:
- name: r
  webhook_configs:
  - url: http://h
    payload: {a: yes, b: 'yes', c: 0x1F, d: 010, e: 1e3, f: ~, g: 2025-01-02, h: .inf, n: lost, 1: lost, "y": kept}
`);
  assert.deepEqual(
    settingsOf(config, 'webhook').payload,
    new Map<string, unknown>([
      ['a', true],
      ['b', 'yes'],
      ['c', 31],
      ['d', 8],
      ['e', 1000],
      ['f', null],
      ['g', '2025-01-02'],
      ['h', Number.POSITIVE_INFINITY],
      ['y', 'kept'],
    ]),
  );
  assert.deepEqual(
    config.warnings.map((issue) => [issue.line, issue.path, issue.hint]),
    [
      [6, 'receivers[0].webhook_configs[0].payload.n', 'quote it: "n"'],
      [6, 'receivers[0].webhook_configs[0].payload.1', 'quote it: "1"'],
    ],
  );
});

test('receivers take over what they leave open from global', () => {
  const config = parse(`global:
  smtp_smarthost: mail:587
  smtp_from: a@b
  smtp_auth_username: u
  smtp_auth_password_file: /run/password
  smtp_require_tls: false
  slack_api_url: https://hooks/1
  http_config: {follow_redirects: false}
route: {receiver: r}
receivers:
- name: r
  email_configs: [{to: x@y, auth_password: own, headers: {x-a: v}}]
  slack_configs: [{}]
  pagerduty_configs: [{routing_key: k, http_config: {}}]
`);
  const email = settingsOf(config, 'email');
  assert.deepEqual(
    [email.smarthost, email.from, email.hello, email.authUsername],
    ['mail:587', 'a@b', 'localhost', 'u'],
  );
  assert.deepEqual([email.authPassword?.reveal(), email.authPasswordFile, email.requireTls], ['own', '', false]);
  assert.equal(email.headers.get('X-A'), 'v');
  const slack = settingsOf(config, 'slack');
  assert.equal(slack.apiUrl?.reveal(), 'https://hooks/1');
  assert.equal(slack.httpConfig?.followRedirects, false);
  assert.equal(slack.title, '{{ template "slack.default.title" . }}');
  const pagerduty = settingsOf(config, 'pagerduty');
  assert.equal(pagerduty.url, 'https://events.pagerduty.com/v2/enqueue');
  assert.equal(pagerduty.httpConfig?.followRedirects, true, 'a section of its own replaces the global one whole');
  assert.deepEqual([...pagerduty.details.keys()], ['firing', 'resolved', 'num_firing', 'num_resolved']);
});

test('a Slack token in global serves receivers without an address of their own', () => {
  const config = parse(`global: {slack_app_token: xoxb, slack_app_url: http://slack/api}
route: {receiver: r}
receivers: [{name: r, slack_configs: [{channel: c}, {api_url: http://hook}]}]
`);
  const slacks = config.receivers[0]?.integrations.map((each) => (each.kind === 'slack' ? each : null));
  assert.deepEqual(
    slacks?.map((each) => [each?.index, each?.settings.appToken?.reveal(), each?.settings.apiUrl?.reveal()]),
    [
      [0, 'xoxb', undefined],
      [1, undefined, 'http://hook'],
    ],
  );
  assert.equal(slacks?.[0]?.settings.appUrl, 'http://slack/api');
});

test('bearer_token is an authorization, and file names stay paths', () => {
  const config = parse(`global: {http_config: {bearer_token_file: token.txt}}
route: {receiver: r}
receivers: [{name: r, webhook_configs: [{url_file: url.txt}]}]
templates: ['*.tmpl']
`);
  assert.equal(settingsOf(config, 'webhook').urlFile, 'url.txt');
  assert.deepEqual(settingsOf(config, 'webhook').httpConfig?.authorization?.credentialsFile, 'token.txt');
  assert.deepEqual(config.templates, ['*.tmpl']);
});

test('durations are milliseconds whatever their grammar', () => {
  const config = parse(`global: {resolve_timeout: 1h30m}
route: {receiver: r, group_wait: 1d}
receivers:
- name: r
  webhook_configs: [{url: http://h, timeout: 1.5s}]
  pushover_configs: [{user_key: u, token: t, retry: 2m}]
  pagerduty_configs: [{routing_key: k, timeout: 5000000}]
`);
  assert.equal(config.global.resolveTimeoutMs, 5_400_000);
  assert.equal(config.route.groupWaitMs, 86_400_000);
  assert.equal(settingsOf(config, 'webhook').timeoutMs, 1500);
  assert.equal(settingsOf(config, 'pushover').retryMs, 120_000);
  assert.equal(settingsOf(config, 'pushover').expireMs, 3_600_000);
  assert.equal(settingsOf(config, 'pagerduty').timeoutMs, 5);
});

test('no secret is printed, inspected or repeated in a message', () => {
  const yaml = `global: {slack_api_url: http://hooks/hidden, opsgenie_api_key: hidden}
route: {receiver: r}
receivers:
- name: r
  webhook_configs: [{url: http://user:hidden@h}]
  opsgenie_configs: [{}]
  slack_configs: [{}]
  discord_configs: [{webhook_url: 'https://d/hidden'}]
`;
  const config = parse(yaml);
  for (const printed of [renderAlertmanagerConfig(config), inspect(config, { depth: 20 }), JSON.stringify(config)]) {
    assert.equal(printed.includes('hidden'), false);
  }
  const refused = issuesOf(yaml.replace('https://d/hidden', 'ftp://d/hidden%zz'));
  assert.equal(refused.length, 1);
  assert.equal(refused.map(printIssue).join('').includes('hidden'), false);
});

test('tracing and event_recorder are accepted, and said to do nothing', () => {
  const config = parse(`route: {receiver: r}
receivers: [{name: r}]
tracing: {endpoint: "localhost:4317"}
event_recorder: {file_outputs: [{path: /tmp/x}]}
`);
  assert.deepEqual(
    config.warnings.map((issue) => [issue.line, issue.message]),
    [
      [3, 'tracing has no effect here'],
      [4, 'event_recorder has no effect here'],
    ],
  );
});

test('warns of repeats that come later than asked for', () => {
  const config = parse('route: {receiver: r, group_interval: 5m, repeat_interval: 1m}\nreceivers: [{name: r}]\n');
  assert.deepEqual(
    config.warnings.map((issue) => issue.code),
    ['short-repeat-interval'],
  );
});

test('prints the effective configuration as Alertmanager does', () => {
  const printed = renderAlertmanagerConfig(
    parse(`route:
  receiver: r
  routes: [{matchers: ['b=~"x|y", a="1"'], mute_time_intervals: [night], continue: yes}]
inhibit_rules: [{source_match: {s: "1"}, target_match_re: {t: a.*}, equal: [c]}]
receivers: [{name: r, msteamsv2_configs: [{webhook_url: http://t, text: "one\\ntwo\\n"}]}]
time_intervals: [{name: night, time_intervals: [{weekdays: ['monday:friday', sunday], days_of_month: ['1:5'], location: Europe/Berlin}]}]
`),
  );
  assert.equal(
    printed.slice(printed.indexOf('route:')),
    `route:
  receiver: r
  continue: false
  routes:
  - matchers:
    - a="1"
    - b=~"x|y"
    mute_time_intervals:
    - night
    continue: true
inhibit_rules:
- source_match:
    s: "1"
  target_match_re:
    t: a.*
  equal:
  - c
receivers:
- name: r
  labels:
    name: r
  msteamsv2_configs:
  - send_resolved: true
    http_config:
      follow_redirects: true
      enable_http2: true
    webhook_url: <secret>
    title: '{{ template "msteamsv2.default.title" . }}'
    text: |
      one
      two
templates: []
time_intervals:
- name: night
  time_intervals:
  - weekdays: ['monday:friday', sunday]
    days_of_month: ["1:5"]
    location: Europe/Berlin
`,
  );
});

test('a printed configuration reads back as itself, whatever its texts hold', () => {
  const texts = fc.array(
    fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('y', '1', '', '~', 'a: b', '- x', ' ')),
    {
      minLength: 1,
      maxLength: 5,
    },
  );
  fc.assert(
    fc.property(texts, (values) => {
      const receivers = [{ name: 'r', labels: Object.fromEntries(values.map((value, i) => [`${value}${i}`, value])) }];
      const once = renderAlertmanagerConfig(parse(JSON.stringify({ route: { receiver: 'r' }, receivers })));
      const again = parse(once);
      assert.equal(renderAlertmanagerConfig(again), once);
      const kept = values.filter((value) => value !== '').sort();
      const labels = again.receivers[0]?.labels.pairs.filter(([name]) => name !== 'name').map(([, value]) => value);
      assert.deepEqual(labels?.sort(), kept);
    }),
    { numRuns: 300 },
  );
});

test('garbage is refused as input, and growth by aliases is bounded', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (garbage) => {
      assert.ok(issuesOf(garbage).length > 0);
      issuesOf(`route: ${garbage}`);
    }),
    { numRuns: 500 },
  );
  const levels = Array.from({ length: 12 }, (_, i) => `a${i}: &a${i} [${`*a${i - 1},`.repeat(i === 0 ? 0 : 9)}]`);
  const bomb = `route: {receiver: r}\nreceivers: [{name: r, webhook_configs: [{url: http://h, payload: {${levels.join(', ')}}}]}]\n`;
  assert.deepEqual(
    issuesOf(bomb).map((issue) => issue.code),
    ['excessive-aliasing'],
  );
  assert.ok(issuesOf('['.repeat(20_000)).length > 0);
});
