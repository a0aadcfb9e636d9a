/** Delivery of stored intents on the embedded store and a virtual clock, to an outside that answers as it is told. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { labelsOf } from '../../lib/model/labels.ts';
import type { Key, Outbound, OutgoingResponse } from '../../lib/ports.ts';
import { createDeliverService, type DeliverReport } from '../../lib/services/deliver.ts';
import { createIntentStore } from '../../lib/store/intents.ts';
import { openWorld, type Services, type World } from '../alerts/routing-world.ts';
import { defaults, response } from './planning.ts';

const START_MS = Date.UTC(2026, 0, 5, 9);
const OK = response(200, 'ok');

interface Call {
  readonly port: 'http' | 'mail' | 'slack' | 'topic';
  readonly atMs: number;
  readonly timeoutMs: number;
  readonly body: string;
}

/** What the outside answers to the calls in their order; the last answer also to all that follow. */
type Script = readonly (OutgoingResponse | ((world: World) => Promise<OutgoingResponse>))[];

interface StageOptions {
  readonly receiver: string;
  readonly route?: string;
  readonly script?: Script;
  readonly secretFiles?: Readonly<Record<string, string>>;
  readonly runbookLink?: boolean;
  /** How many workers get each message at once. */
  readonly workers?: number;
}

async function openStage({
  receiver,
  route = '',
  script = [OK],
  secretFiles = {},
  workers = 1,
  ...rest
}: StageOptions) {
  const calls: Call[] = [];
  const lines: string[] = [];
  const reports: DeliverReport[] = [];
  const keys: Key[] = [];
  const answer = async (port: Call['port'], sent: { readonly timeoutMs: number }): Promise<OutgoingResponse> => {
    const step = script[Math.min(calls.length, script.length - 1)] ?? OK;
    calls.push({ port, atMs: world.clock.atMs - START_MS, timeoutMs: sent.timeoutMs, body: JSON.stringify(sent) });
    return typeof step === 'function' ? step(world) : step;
  };
  const outbound: Outbound = {
    http: (request) => answer('http', request),
    mail: (mail) => answer('mail', mail),
    slack: (call) => answer('slack', call),
    topic: (message) => answer('topic', message),
    readSecret: async (path) => {
      const text = secretFiles[path];
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return text;
    },
  };
  const deliver = async ({ attempts, config }: Services, key: Key, nowMs: number): Promise<void> => {
    keys.push(key);
    const log = { log: (...line: readonly unknown[]) => void lines.push(JSON.stringify(line)) };
    const service = createDeliverService(
      { attempts, outbound, clock: { nowMs: () => world.clock.atMs }, log },
      {
        config,
        templates: defaults,
        externalUrl: 'http://tocsin.test',
        severity: { scale: ['critical'], aliases: {} },
        receivers: new Map([['ops', { severityMap: {}, runbookLink: rest.runbookLink ?? false }]]),
        resolvePath: (path) => `/config/${path}`,
      },
    );
    reports.push(...(await Promise.all(Array.from({ length: workers }, () => service.deliver(key, nowMs)))));
  };
  const world = await openWorld({
    config: configOf(receiver, route),
    startMs: START_MS,
    flushNotBeforeMs: 0,
    deliveries: 1,
    deliver,
  });
  return { world, calls, lines, reports, keys };
}

function configOf(receiver: string, route = ''): string {
  return `
route: {receiver: ops, group_wait: 1s, group_interval: 1m, repeat_interval: 4h${route}}
receivers: [{name: ops, ${receiver}}, {name: nobody}]`;
}

const alert = (over: { readonly endsAtMs?: number } = {}) => ({
  labels: labelsOf({ alertname: 'Down' }),
  annotations: [['runbook_url', 'javascript:alert(1)'] as const],
  startsAtMs: START_MS,
  endsAtMs: over.endsAtMs ?? null,
  generatorUrl: '',
});

const webhook = 'webhook_configs: [{url: "http://ops.test/"}]';
const kindsOf = (reports: readonly DeliverReport[]): readonly string[] => reports.map(({ kind }) => kind);

async function run(options: StageOptions, forMs = 50_000) {
  const stage = await openStage(options);
  await stage.world.post([alert()]);
  await stage.world.advanceTo(START_MS + forMs);
  await stage.world.close();
  return stage;
}

suite('outcomes', () => {
  test('delivered: once', async () => {
    const { calls, reports } = await run({ receiver: webhook });
    assert.deepEqual(kindsOf(reports), ['delivered']);
    assert.deepEqual(
      calls.map(({ port, atMs }) => [port, atMs]),
      [['http', 1_000]],
    );
  });

  test('retried with growing pauses until it works', async () => {
    const { calls, reports } = await run({
      receiver: webhook,
      script: [response(500), response(503), response(502), OK],
    });
    assert.deepEqual(kindsOf(reports), ['retrying', 'retrying', 'retrying', 'delivered']);
    assert.deepEqual(
      calls.map(({ atMs }) => atMs),
      [1_000, 1_500, 2_250, 3_375],
    );
  });

  test('not before Retry-After', async () => {
    const limited = response(429, 'slow down', { 'retry-after': '20' });
    const { calls, reports } = await run({ receiver: webhook, script: [limited, OK] });
    assert.deepEqual(
      calls.map(({ atMs }) => atMs),
      [1_000, 21_000],
    );
    assert.equal(reports[0]?.detail, 'unexpected status code 429: slow down');
  });

  test('refused: not again in this flush, and again in the next', async () => {
    const { calls, reports } = await run({ receiver: webhook, script: [response(400, 'no'), OK] }, 70_000);
    assert.deepEqual(kindsOf(reports), ['failed', 'delivered']);
    assert.deepEqual(
      calls.map(({ atMs }) => atMs),
      [1_000, 61_000],
    );
    assert.equal(reports[0]?.detail, 'unexpected status code 400: no');
  });

  test('the reason is kept with the intent', async () => {
    const stage = await openStage({ receiver: webhook, script: [response(404, 'gone fishing')] });
    await stage.world.post([alert()]);
    await stage.world.advanceTo(START_MS + 2_000);
    const [key] = stage.keys;
    assert.ok(key !== undefined);
    const { value } = await createIntentStore(stage.world.table).load(key, stage.world.clock.atMs);
    assert.deepEqual([value?.state.kind, value?.lastError], ['failed', 'unexpected status code 404: gone fishing']);
    await stage.world.close();
  });

  test('a broken template that was replaced is delivered with a note', async () => {
    const { reports } = await run({
      receiver: 'slack_configs: [{api_url: "http://s.test/", channel: c, title: "{{ .Nope }}"}]',
    });
    assert.equal(reports[0]?.kind, 'delivered');
    assert.match(reports[0]?.detail ?? '', /^template: :1:3: executing "" at <\.Nope>/);
  });

  test('a runbook that is no http address is no link', async () => {
    const { calls } = await run({ receiver: 'pagerduty_configs: [{routing_key: k}]', runbookLink: true });
    const { links } = JSON.parse(JSON.parse(calls[0]?.body ?? '').body);
    assert.equal(links, undefined);
  });
});

suite('time', () => {
  test('an attempt gets the time of its receiver, or what its claim has left', async () => {
    const timeouts = async (receiver: string) => (await run({ receiver })).calls.map(({ timeoutMs }) => timeoutMs);
    assert.deepEqual(await timeouts(webhook), [30_000]);
    assert.deepEqual(await timeouts('webhook_configs: [{url: "http://ops.test/", timeout: 2500ms}]'), [2_500]);
    assert.deepEqual(await timeouts('webhook_configs: [{url: "http://ops.test/", timeout: 1us}]'), [1]);
    assert.deepEqual(await timeouts('webhook_configs: [{url: "http://ops.test/", timeout: -3s}]'), [30_000]);
    assert.deepEqual(await timeouts('webhook_configs: [{url: "http://ops.test/", timeout: 5m}]'), [30_000]);
  });

  test('an answer that comes after the claim has run out changes nothing', async () => {
    const late = async ({ clock }: World): Promise<OutgoingResponse> => {
      clock.atMs += 40_000;
      await stage.world.advanceTo(clock.atMs + 1);
      return response(500, 'too late');
    };
    const stage = await openStage({ receiver: webhook, script: [late, OK] });
    await stage.world.post([alert()]);
    await stage.world.advanceTo(START_MS + 50_000);
    // The second attempt began and ended while the first was still waiting.
    assert.deepEqual(kindsOf(stage.reports), ['delivered', 'outlived']);
    assert.equal(stage.calls.length, 2);
    await stage.world.close();
  });

  test('nothing is tried beyond the deadline of the flush', async () => {
    const { calls, reports } = await run({ receiver: webhook, script: [response(500)] }, 59_000);
    assert.ok(
      calls.every(({ atMs, timeoutMs }) => atMs + timeoutMs <= 61_000),
      JSON.stringify(calls),
    );
    assert.ok(calls.length > 5);
    assert.deepEqual(new Set(kindsOf(reports)), new Set(['retrying']));
  });

  test('a receiver that hangs does not delay the other', async () => {
    const hang = async ({ clock }: World): Promise<OutgoingResponse> => {
      clock.atMs += 9_000;
      return { kind: 'failure', reason: 'timeout', detail: 'no answer within 9000 ms' };
    };
    const receiver = 'webhook_configs: [{url: "http://one.test/"}, {url: "http://two.test/"}]';
    const { calls, reports } = await run({ receiver, script: [hang, OK] });
    assert.deepEqual(kindsOf(reports).slice(0, 2), ['retrying', 'delivered']);
    assert.equal(calls.length, 3);
  });
});

suite('races', () => {
  test('of many workers with one message, one sends', async () => {
    const { calls, reports } = await run({ receiver: webhook, workers: 5 });
    assert.equal(calls.length, 1);
    assert.deepEqual(
      kindsOf(reports).filter((kind) => kind === 'delivered'),
      ['delivered'],
    );
    assert.deepEqual(new Set(kindsOf(reports)), new Set(['delivered', 'later', 'over']));
  });

  test('a message that comes again is over', async () => {
    const stage = await openStage({ receiver: webhook });
    await stage.world.post([alert()]);
    await stage.world.advanceTo(START_MS + 2_000);
    const [key] = stage.keys;
    assert.ok(key !== undefined);
    await stage.world.queue.send('notify', [{ body: JSON.stringify({ kind: 'notify', ...key }), delayMs: 0 }]);
    await stage.world.advanceTo(START_MS + 3_000);
    assert.deepEqual(kindsOf(stage.reports), ['delivered', 'over']);
    assert.equal(stage.calls.length, 1);
    await stage.world.close();
  });
});

suite('configuration', () => {
  async function runChanged(before: string, after: string) {
    const stage = await openStage({ receiver: before, script: [response(500), OK] });
    await stage.world.post([alert()]);
    await stage.world.advanceTo(START_MS + 1_200);
    stage.world.configure(configOf(after));
    await stage.world.advanceTo(START_MS + 10_000);
    await stage.world.close();
    return stage;
  }

  test('a retry goes where the present configuration says', async () => {
    const { calls } = await runChanged(webhook, 'webhook_configs: [{url: "http://new.test/"}]');
    assert.deepEqual(
      calls.map(({ body }) => JSON.parse(body).url),
      ['http://ops.test/', 'http://new.test/'],
    );
  });

  test('an integration that is gone is a failure that says so', async () => {
    const { reports } = await runChanged(webhook, 'slack_configs: [{api_url: "http://s.test/", channel: c}]');
    const { kind, detail } = reports[1] ?? {};
    assert.deepEqual([kind, detail], ['failed', 'ops/webhook/0 is not configured any more']);
  });

  test('what tells no resolved alerts any more says nothing of one', async () => {
    const stage = await openStage({ receiver: webhook, script: [OK, response(500), OK] });
    await stage.world.post([alert()]);
    await stage.world.advanceTo(START_MS + 30_000);
    await stage.world.post([alert({ endsAtMs: START_MS + 20_000 })]);
    await stage.world.advanceTo(START_MS + 61_200);
    stage.world.configure(configOf('webhook_configs: [{url: "http://ops.test/", send_resolved: false}]'));
    await stage.world.advanceTo(START_MS + 80_000);
    assert.deepEqual(kindsOf(stage.reports), ['delivered', 'retrying', 'delivered']);
    assert.equal(stage.calls.length, 2);
    await stage.world.close();
  });

  const oauth2 = 'http_config: {oauth2: {client_id: a, client_secret: b, token_url: "http://t.test/"}}';
  const unsupported: readonly (readonly [receiver: string, reason: string])[] = [
    ['discord_configs: [{webhook_url: "http://d.test/"}]', 'notifications by discord are not supported yet'],
    ['telegram_configs: [{bot_token: t, chat_id: 1}]', 'notifications by telegram are not supported yet'],
    [`webhook_configs: [{url: "http://ops.test/", ${oauth2}}]`, 'http_config.oauth2 is not supported yet'],
    [
      `slack_configs: [{api_url: "http://ops.test/", channel: c, ${oauth2}}]`,
      'http_config.oauth2 is not supported yet',
    ],
    [`pagerduty_configs: [{routing_key: k, ${oauth2}}]`, 'http_config.oauth2 is not supported yet'],
    [
      'webhook_configs: [{url: "http://ops.test/", http_config: {proxy_from_environment: true}}]',
      'http_config.proxy_from_environment is not supported yet',
    ],
    [
      'webhook_configs: [{url: "http://ops.test/", http_config: {proxy_url: "socks5://p.test:1080"}}]',
      'an http_config.proxy_url other than http:// and https:// is not supported yet',
    ],
    [
      'webhook_configs: [{url: "http://ops.test/", http_config: {authorization: {credentials_ref: r}}}]',
      'http_config with references to a secret provider is not supported yet',
    ],
    [
      'sns_configs: [{topic_arn: "arn:aws:sns:eu-west-1:1:a", sigv4: {role_arn: "arn:aws:iam::1:role/r"}}]',
      'sigv4.role_arn is not supported yet',
    ],
  ];
  for (const [receiver, reason] of unsupported) {
    test(`${reason}: nothing is sent, and the reason is recorded`, async () => {
      const { calls, reports } = await run({ receiver });
      assert.deepEqual(calls, []);
      assert.deepEqual([reports[0]?.kind, reports[0]?.detail], ['failed', reason]);
    });
  }
});

suite('secret files', () => {
  const receiver = 'pagerduty_configs: [{routing_key_file: secrets/key}]';

  test('are read anew for each attempt, from the folder of the configuration', async () => {
    const { calls } = await run({ receiver, secretFiles: { '/config/secrets/key': 'from-a-file' } });
    assert.equal(JSON.parse(JSON.parse(calls[0]?.body ?? '').body).routing_key, 'from-a-file');
  });

  test('that cannot be read are tried again, and named', async () => {
    const { calls, reports } = await run({ receiver });
    assert.deepEqual(calls, []);
    assert.deepEqual(
      [reports[0]?.kind, reports[0]?.detail],
      ['retrying', 'the secret file secrets/key cannot be read: ENOENT'],
    );
  });

  test('are never repeated, in the report, the log or the store', async () => {
    const token = 'token-nobody-may-read';
    const { reports, lines, world, keys } = await (async () => {
      const stage = await openStage({
        receiver,
        secretFiles: { '/config/secrets/key': token },
        script: [response(400, `routing_key ${token} is unknown`)],
      });
      await stage.world.post([alert()]);
      await stage.world.advanceTo(START_MS + 2_000);
      return stage;
    })();
    const [key] = keys;
    assert.ok(key !== undefined);
    const stored = await world.table.load(key, world.clock.atMs);
    assert.equal(reports[0]?.detail, 'unexpected status code 400: routing_key <secret> is unknown');
    assert.equal(`${JSON.stringify(reports)} ${lines} ${stored?.body}`.includes(token), false);
    await world.close();
  });
});
