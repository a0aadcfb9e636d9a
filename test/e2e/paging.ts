import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder, eventually, freePort, type RunningProgram, startTocsin } from './processes.ts';
import { type HttpSink, type MailSink, type Received, startHttpSink, startMailSink } from './sinks.ts';

/** A running Tocsin whose one receiver has a webhook, Slack (both ways), PagerDuty and email, each leading to a local sink. */
export interface PagedTocsin {
  readonly url: string;
  readonly http: HttpSink;
  readonly mail: MailSink;
  readonly tocsin: RunningProgram;
  stop(): Promise<void>;
}

const login = { user: 'tocsin', password: 'open-sesame' };

function routing(http: number, mail: number): string {
  return `
global:
  smtp_smarthost: 127.0.0.1:${mail}
  smtp_from: tocsin@example.com
  smtp_auth_username: ${login.user}
  smtp_auth_password: ${login.password}
  smtp_tls_config: { insecure_skip_verify: true }
route: { receiver: everyone, group_by: [alertname], group_wait: 1s, group_interval: 2s, repeat_interval: 1h }
receivers:
  - name: everyone
    webhook_configs: [{ url: 'http://127.0.0.1:${http}/webhook' }]
    slack_configs:
      - { api_url: 'http://127.0.0.1:${http}/slack-hook', channel: '#ops', send_resolved: true }
      - { app_token: xoxb-1, app_url: 'http://127.0.0.1:${http}/api/chat.postMessage', channel: '#ops', send_resolved: true }
    pagerduty_configs: [{ routing_key: RK, url: 'http://127.0.0.1:${http}/v2/enqueue' }]
    email_configs: [{ to: ops@example.com, send_resolved: true }]
`;
}

/** Starts it with the given rule file. */
export async function startPagedTocsin(rules: string): Promise<PagedTocsin> {
  const http = await startHttpSink();
  http.answer = (path) => ({
    status: 200,
    body: path.startsWith('/api/') ? '{"ok":true,"channel":"C1","ts":"1.2"}' : 'ok',
  });
  const mail = await startMailSink(login);
  const config = emptyFolder('config');
  mkdirSync(join(config, 'rules'));
  writeFileSync(join(config, 'rules', 'e2e.yml'), rules);
  writeFileSync(join(config, 'alertmanager.yml'), routing(http.port, mail.port));
  writeFileSync(
    join(config, 'tocsin.yml'),
    'receivers: { everyone: { runbook_link: true, severity_map: { critical: critical, warning: warning } } }\n',
  );
  const port = await freePort();
  const tocsin = await startTocsin({ config, data: emptyFolder('store'), port });
  return {
    url: `http://127.0.0.1:${port}`,
    http,
    mail,
    tocsin,
    stop: async () => {
      await tocsin.stop();
      http.close();
      mail.close();
    },
  };
}

type Status = 'firing' | 'resolved';

function field(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
}

/** Waits until every integration has been told that `alertname` is firing, or resolved. */
export async function expectPaged(paged: PagedTocsin, alertname: string, status: Status): Promise<void> {
  const limitMs = 60_000;
  const upper = status === 'firing' ? '[FIRING:1]' : '[RESOLVED]';
  const find = (
    what: string,
    path: string,
    matches: (body: unknown, request: Received) => boolean,
  ): Promise<Received> =>
    eventually(`${status} ${alertname} by ${what}`, limitMs, () => {
      return paged.http.received.find((each) => each.path === path && matches(each.body, each)) ?? null;
    });
  const webhook = await find(
    'webhook',
    '/webhook',
    (body) => field(body, 'status') === status && field(body, 'commonLabels', 'alertname') === alertname,
  );
  assert.equal(field(webhook.body, 'version'), '4');
  await find('slack webhook', '/slack-hook', (body) =>
    String(field(body, 'attachments', '0', 'title')).startsWith(`${upper} ${alertname}`),
  );
  await find('slack bot', '/api/chat.postMessage', (body, { headers }) => {
    return (
      headers['authorization'] === 'Bearer xoxb-1' &&
      String(field(body, 'attachments')).includes(`${upper} ${alertname}`)
    );
  });
  const action = status === 'firing' ? 'trigger' : 'resolve';
  const page = await find(
    'pagerduty',
    '/v2/enqueue',
    (body) =>
      field(body, 'event_action') === action &&
      String(field(body, 'payload', 'summary')).startsWith(`${upper} ${alertname}`),
  );
  assert.equal(field(page.body, 'routing_key'), 'RK');
  assert.match(String(field(page.body, 'dedup_key')), /^[0-9a-f]{64}$/);
  const mail = await eventually(`${status} ${alertname} by email`, limitMs, () => {
    return paged.mail.received.find((each) => each.source.includes(`Subject: ${upper} ${alertname}`)) ?? null;
  });
  assert.deepEqual([mail.to, mail.user, mail.secure], [['ops@example.com'], login.user, true]);
}
