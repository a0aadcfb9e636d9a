// Every secret that a configuration can hold bears a mark. Nothing that the process says, to whomever, may show one: API, logs, metrics, errors of
// a reload, and failures of receivers that repeat what they were sent.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { attempt } from './hostile.ts';
import { emptyFolder, eventually, freePort, startTocsin } from './processes.ts';

const MARK = 'SeCrEtMaRk';
/** The mark as base64 has it, after any number of other bytes. */
const ENCODED = [0, 1, 2].map((before) =>
  Buffer.from(`${' '.repeat(before)}${MARK}`)
    .toString('base64')
    .slice(before === 0 ? 0 : before + 1, -4),
);
let marks = 0;

/** A new secret, each told apart by its number. */
function secret(): string {
  marks += 1;
  return `${MARK}${marks}x`;
}

/** A receiver that refuses everything and says what it was sent, headers and path included. */
async function startParrot(): Promise<{ readonly port: number; readonly heard: string[]; close(): void }> {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const said = `${request.url} ${JSON.stringify(request.headers)} ${Buffer.concat(chunks).toString()}`;
        heard.push(said);
        response.writeHead(request.url?.includes('later') ? 503 : 400, { location: request.url ?? '' }).end(said);
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, heard, close: () => void server.close() };
}

interface Targets {
  readonly port: number;
  readonly closedPort: number;
  readonly config: string;
}

function fileWith(config: string, text: string): string {
  const name = `file-${marks}`;
  writeFileSync(join(config, name), `${text}\n`);
  return name;
}

function webhooks({ port, closedPort, config }: Targets): readonly unknown[] {
  const url = (path: string): string => `http://127.0.0.1:${port}/${path}`;
  const basic = { username: 'u', password: secret() };
  return [
    { url: url(`a/${secret()}`) },
    { url: url(`later/${secret()}`), http_config: { authorization: { credentials: secret() } } },
    { url: `http://user:${secret()}@127.0.0.1:${port}/b` },
    { url: url('c'), http_config: { basic_auth: basic } },
    { url: url('d'), http_config: { basic_auth: { username: 'u', password_file: fileWith(config, secret()) } } },
    { url: url('e'), http_config: { authorization: { credentials_file: fileWith(config, secret()) } } },
    { url: url('f'), http_config: { http_headers: { 'X-Key': { secrets: [secret()] } } } },
    { url_file: fileWith(config, url(`g/${secret()}`)) },
    { url: `http://127.0.0.1:${closedPort}/${secret()}` },
    { url: `http://${secret()}.invalid/${secret()}` },
    { url: url('h'), http_config: { proxy_url: `http://p:${secret()}@127.0.0.1:${closedPort}` } },
    { url: url(`{{ .Nope }}/${secret()}`) },
  ];
}

function slack({ port, config }: Targets): readonly unknown[] {
  const url = (path: string): string => `http://127.0.0.1:${port}/${path}`;
  return [
    { api_url: url(`slack/${secret()}`), channel: 'x' },
    { api_url_file: fileWith(config, url(`slack-file/${secret()}`)), channel: 'x' },
    { app_token: secret(), app_url: url('api/chat.postMessage'), channel: 'x' },
    { api_url: url(`slack/${secret()}`), channel: 'x', title: '{{ .Nope.Nope }}' },
  ];
}

function email({ port, closedPort, config }: Targets): readonly unknown[] {
  const common = { to: 'a@example.com', from: 'b@example.com', auth_username: 'u' };
  return [
    { ...common, smarthost: `127.0.0.1:${closedPort}`, auth_password: secret() },
    {
      ...common,
      smarthost: `127.0.0.1:${port}`,
      auth_password_file: fileWith(config, secret()),
      auth_secret: secret(),
    },
  ];
}

function routing(targets: Targets): unknown {
  const url = (path: string): string => `http://127.0.0.1:${targets.port}/${path}`;
  const pagerduty = [
    { routing_key: secret(), url: url('pd') },
    { routing_key_file: fileWith(targets.config, secret()), url: url('pd2') },
    { service_key: secret(), url: url('pd3') },
  ];
  const sigv4 = { region: 'eu-west-1', access_key: 'AK', secret_key: secret() };
  const receivers = [
    { name: 'webhooks', webhook_configs: webhooks(targets) },
    { name: 'chat', slack_configs: slack(targets) },
    { name: 'pager', pagerduty_configs: pagerduty },
    { name: 'mail', email_configs: email(targets) },
    { name: 'topic', sns_configs: [{ topic_arn: 'arn:aws:sns:eu-west-1:1:t', api_url: url('sns'), sigv4 }] },
  ];
  const routes = receivers.map(({ name }) => ({ receiver: name, continue: true }));
  const timing = { group_wait: '0s', group_interval: '5s', group_by: ['alertname'] };
  return { route: { receiver: 'webhooks', ...timing, routes }, receivers };
}

const LOOKS = [
  '/api/v2/status',
  '/api/v2/receivers',
  '/api/v2/alerts',
  '/api/v2/alerts/groups',
  '/api/v1/status/config',
  '/api/v1/status/flags',
  '/api/v1/status/runtimeinfo',
  '/api/v1/alertmanagers',
  '/api/v1/rules',
  '/metrics',
  '/health/detailed',
];

/** Mistakes beside secrets: a message that shows the wrong value must not show a secret one. */
const mistakes: readonly (readonly [name: string, text: () => string])[] = [
  ['a secret of the wrong type', () => `receivers: [{ name: r, slack_configs: [{ api_url: [${secret()}] }] }]`],
  ['a secret that is no address', () => `receivers: [{ name: r, slack_configs: [{ api_url: "::${secret()}" }] }]`],
  ['an address without a scheme', () => `receivers: [{ name: r, webhook_configs: [{ url: "${secret()}/hook" }] }]`],
  [
    'a password in a wrong address',
    () => `receivers: [{ name: r, webhook_configs: [{ url: "ftp://u:${secret()}@h/" }] }]`,
  ],
  [
    'two ways to tell a secret',
    () => `global: { slack_api_url: "http://h/${secret()}", slack_api_url_file: f }\nreceivers: [{ name: r }]`,
  ],
  [
    'a broken template with a secret',
    () => `receivers: [{ name: r, webhook_configs: [{ url: "http://h/${secret()}/{{ ${secret()} }}" }] }]`,
  ],
  ['broken YAML beside a secret', () => `global: { smtp_auth_password: "${secret()}" \nreceivers: [{ name: r }]`],
  ['a password that is a list', () => `global: { smtp_auth_password: { a: ${secret()} } }\nreceivers: [{ name: r }]`],
  [
    'a proxy that is none',
    () => `global: { http_config: { proxy_url: "http://u:${secret()}@h:port/" } }\nreceivers: [{ name: r }]`,
  ],
];

test('no secret is ever shown', async (context) => {
  const parrot = await startParrot();
  const config = emptyFolder('config');
  mkdirSync(join(config, 'rules'));
  const file = join(config, 'alertmanager.yml');
  writeFileSync(file, JSON.stringify(routing({ port: parrot.port, closedPort: await freePort(), config }), null, 1));
  writeFileSync(join(config, 'tocsin.yml'), 'log: { level: debug }\noutbound: { timeout: 2s }\n');
  const port = await freePort();
  const tocsin = await startTocsin({ config, data: emptyFolder('store'), port });
  context.after(async () => {
    await tocsin.stop();
    parrot.close();
  });
  const said: string[] = [];
  const ask = async (method: string, path: string, body = ''): Promise<string> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${MARK}-caller` };
    const answer = await attempt(port, { method, path, headers, body });
    said.push(`${method} ${path}: ${JSON.stringify(answer.headers)} ${answer.text}`);
    return answer.text;
  };
  await ask('POST', '/api/v2/alerts', JSON.stringify([{ labels: { alertname: 'Leaky' } }]));
  await eventually('every integration was attempted', 30_000, () => {
    return tocsin.output().split('"notification attempted"').length > 22 ? true : null;
  });
  await sleep(1_000);
  for (const path of LOOKS) await ask('GET', path);
  for (const [name, text] of mistakes) {
    writeFileSync(file, `route: { receiver: r }\n${text()}\n`);
    const answer = await ask('POST', '/-/reload');
    said.push(`${name}: ${answer}`);
    assert.match(answer, /^failed to reload config:\nalertmanager\.yml/, name);
    tocsin.child.kill('SIGHUP');
  }
  await sleep(500);
  const sent = new Set(parrot.heard.join('\n').match(new RegExp(`${MARK}\\d+x`, 'g')));
  console.log(
    `${marks} secrets, ${sent.size} of them reached the receiver, ${said.length} answers, ${tocsin.output().length} bytes of log`,
  );
  assert.ok(sent.size >= 12, [...sent].join(', '));
  assert.match(parrot.heard.join('\n'), new RegExp(ENCODED.join('|')), 'passwords reached the receiver, too');
  const isShown = (line: string): boolean => [MARK, ...ENCODED].some((form) => line.includes(form));
  const shown = [...said, ...tocsin.output().split('\n')].filter(isShown);
  assert.deepEqual(
    shown.map((line) => line.slice(0, 600)),
    [],
  );
});
