/** The API v2 through its handler, on the embedded store and a clock of the test. Bodies are those of a real Alertmanager. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { handler } from '../../functions/alertmanager.ts';
import { type App, startApp, stopApp } from '../../lib/app/app.ts';
import { labelValue } from '../../lib/model/labels.ts';
import { decodeDispatch } from '../../lib/services/messages.ts';
import { createGroupStore } from '../../lib/store/aggregation-groups.ts';
import { httpEvent } from '../support/http-events.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-api-'));
const writeError = process.stderr.write;
const START_MS = Date.UTC(2026, 0, 15, 10);
let nowMs = START_MS;
let app: App;

const routing = `
global: {resolve_timeout: 30s}
route:
  receiver: default
  group_by: [alertname]
  routes: [{receiver: dba, matchers: ['team="dba"'], group_by: ['...']}]
receivers: [{name: default}, {name: dba, labels: {owner: team-dba}}]
inhibit_rules: [{source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [cluster]}]
`;

/** Hooks of a whole file would be hooks of all files, which share one process: each suite calls this. */
function onItsOwnStore(): void {
  before(() => {
    mkdirSync(join(folder, 'config'), { recursive: true });
    writeFileSync(join(folder, 'config', 'alertmanager.yml'), routing);
    process.stderr.write = () => true;
  });

  beforeEach(async () => {
    nowMs = START_MS;
    const environment = { TOCSIN_CONFIG: join(folder, 'config'), TOCSIN_DATA: ':memory:' };
    app = await startApp({ environment, clock: { nowMs: () => nowMs } });
  });

  afterEach(() => stopApp());

  after(() => {
    process.stderr.write = writeError;
    rmSync(folder, { recursive: true, force: true });
  });
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

async function call(
  method: string,
  target: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const sent = { accept: '*/*', 'content-type': 'application/json', ...headers };
  const result = await handler(httpEvent(method, target, { headers: sent, body: text }));
  return { status: result.statusCode ?? 0, headers: result.headers ?? {}, body: result.body ?? '' };
}

/** The decoded answer of a request that must succeed. */
async function read(target: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const answer = await call('GET', `/api/v2${target}`);
  assert.equal(answer.status, 200, answer.body);
  return JSON.parse(answer.body);
}

async function post(alerts: readonly unknown[]): Promise<void> {
  assert.deepEqual(await call('POST', '/api/v2/alerts', alerts).then(({ status, body }) => [status, body]), [200, '']);
}

async function silence(fields: Record<string, unknown>): Promise<string> {
  const posted = {
    matchers: [{ name: 'alertname', value: 'A', isRegex: false }],
    startsAt: new Date(nowMs).toISOString(),
    endsAt: new Date(nowMs + 3_600_000).toISOString(),
    createdBy: 'me',
    comment: 'c',
    ...fields,
  };
  const answer = await call('POST', '/api/v2/silences', posted);
  assert.equal(answer.status, 200, answer.body);
  return JSON.parse(answer.body).silenceID;
}

const names = (alerts: readonly Readonly<Record<string, unknown>>[]): string[] =>
  alerts.map((alert) => JSON.parse(JSON.stringify(alert['labels'])).alertname).sort();

const sourceAndTarget = [
  { labels: { alertname: 'Src', severity: 'critical', cluster: 'a', team: 'dba' }, generatorURL: 'http://p/g?a&b' },
  {
    labels: { alertname: 'Tgt', severity: 'warning', cluster: 'a', team: 'dba', empty: '' },
    annotations: { s: '<x>' },
  },
  { labels: { alertname: 'Other' }, startsAt: '2026-01-15T08:00:00.5+01:00', endsAt: '2026-01-15T11:00:00Z' },
];

describe('alerts', () => {
  onItsOwnStore();

  test('are read back at once, with the fields, order and escapes of Alertmanager', async () => {
    await post(sourceAndTarget);
    const { body, headers } = await call('GET', '/api/v2/alerts');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(
      body,
      `${JSON.stringify([
        {
          annotations: {},
          endsAt: '2026-01-15T10:00:30.000Z',
          fingerprint: '31ee0b12fc1816d3',
          receivers: [{ name: 'dba' }],
          startsAt: '2026-01-15T10:00:00.000Z',
          status: { inhibitedBy: [], mutedBy: [], silencedBy: [], state: 'active' },
          updatedAt: '2026-01-15T10:00:00.000Z',
          generatorURL: 'http://p/g?a&b',
          labels: { alertname: 'Src', cluster: 'a', severity: 'critical', team: 'dba' },
        },
        {
          annotations: { s: '<x>' },
          endsAt: '2026-01-15T10:00:30.000Z',
          fingerprint: '4a50d3d448cfce87',
          receivers: [{ name: 'dba' }],
          startsAt: '2026-01-15T10:00:00.000Z',
          status: { inhibitedBy: ['31ee0b12fc1816d3'], mutedBy: [], silencedBy: [], state: 'suppressed' },
          updatedAt: '2026-01-15T10:00:00.000Z',
          labels: { alertname: 'Tgt', cluster: 'a', severity: 'warning', team: 'dba' },
        },
        {
          annotations: {},
          endsAt: '2026-01-15T11:00:00.000Z',
          fingerprint: 'fb4cff4c004f5214',
          receivers: [{ name: 'default' }],
          startsAt: '2026-01-15T07:00:00.500Z',
          status: { inhibitedBy: [], mutedBy: [], silencedBy: [], state: 'active' },
          updatedAt: '2026-01-15T10:00:00.000Z',
          labels: { alertname: 'Other' },
        },
      ])
        .replaceAll('<', '\\u003c')
        .replaceAll('>', '\\u003e')
        .replaceAll('&', '\\u0026')}\n`,
    );
  });

  test('are gone from the answers the instant they end', async () => {
    await post(sourceAndTarget);
    nowMs += 29_999;
    assert.deepEqual(names(await read('/alerts')), ['Other', 'Src', 'Tgt']);
    nowMs += 1;
    assert.deepEqual(names(await read('/alerts')), ['Other']);
    assert.deepEqual(
      (await read('/alerts/groups')).map((group) => group['labels']),
      [{ alertname: 'Other' }],
    );
  });

  test('can be asked for by filter, state and receiver', async () => {
    await post(sourceAndTarget);
    await silence({ matchers: [{ name: 'alertname', value: 'Oth.*', isRegex: true }] });
    const expected: readonly (readonly [query: string, names: readonly string[]])[] = [
      ['filter=alertname%3D%22Src%22', ['Src']],
      ['filter=alertname%3D~%22S.*|T.*%22&filter=severity!%3Dcritical', ['Tgt']],
      ['filter=severity%3D%22%22', ['Other']],
      ['filter=severity!%3D%22%22', ['Src', 'Tgt']],
      ['filter=alertname%3DSrc,severity%3Dcritical', []],
      ['active=false', ['Other', 'Tgt']],
      ['silenced=false', ['Src', 'Tgt']],
      ['inhibited=no', ['Other', 'Src']],
      ['silenced=0&inhibited=F', ['Src']],
      ['active=YES&unprocessed=false', ['Other', 'Src', 'Tgt']],
      ['active=maybe', ['Other', 'Tgt']],
      ['receiver=db.', ['Src', 'Tgt']],
      ['receiver=db', []],
      ['receiver=', ['Other', 'Src', 'Tgt']],
      ['receiver_matchers=owner%3Dteam-dba', ['Src', 'Tgt']],
      ['receiver_matchers=owner%3D%22%22', ['Other']],
    ];
    for (const [query, expectedNames] of expected) {
      assert.deepEqual(names(await read(`/alerts?${query}`)), expectedNames, query);
    }
  });

  test('that are wrong do not keep the others out', async () => {
    const answer = await call('POST', '/api/v2/alerts', [
      { labels: { alertname: 'Good' } },
      { labels: { '': 'b' } },
      { labels: { e: '' } },
      { labels: { a: 'b' }, startsAt: '2030-01-01T00:00:00Z', endsAt: '2029-01-01T00:00:00Z' },
    ]);
    const message = [
      'invalid label set: invalid name ""',
      'at least one label pair required',
      'start time must be before end time',
    ];
    assert.deepEqual([answer.status, answer.body], [400, `${JSON.stringify(message.join('\n'))}\n`]);
    assert.deepEqual(names(await read('/alerts')), ['Good']);
  });

  test('keep strange label names, also those that objects have of their own', async () => {
    await call('POST', '/api/v2/alerts', '[{"labels":{"alertname":"X","__proto__":"p","dΘ":"🙂","constructor":"c"}}]');
    const [alert] = await read('/alerts');
    assert.equal(JSON.stringify(alert?.['labels']), '{"__proto__":"p","alertname":"X","constructor":"c","dΘ":"🙂"}');
  });

  test('in a storm are durable in the queue before the answer', async () => {
    const storm = Array.from({ length: 1_200 }, (_, i) => ({
      labels: { alertname: 'Storm', instance: `host-${i}` },
      annotations: { text: 'x'.repeat(300) },
    }));
    const answer = await call('POST', '/api/v2/alerts', [...storm, { labels: {} }]);
    assert.deepEqual([answer.status, answer.body], [400, '"at least one label pair required"\n']);
    const messages = await app.queue.receive('dispatch', 10, 1_000);
    const queued = messages.flatMap(({ body }) => decodeDispatch(body).alerts);
    assert.equal(queued.length, 1_200);
    assert.ok(messages.length > 1);
    assert.equal(new Set(messages.map(({ body }) => decodeDispatch(body).receivedAtMs)).size, 1);
  });
});

describe('groups', () => {
  onItsOwnStore();

  test('groups show their alerts in the order of notifications, and their receiver', async () => {
    await post([...sourceAndTarget, { labels: { alertname: 'Other', instance: 'a' } }, { labels: { zone: 'z' } }]);
    const groups = await read('/alerts/groups');
    assert.deepEqual(
      groups.map((group) => [group['labels'], group['receiver'], names(JSON.parse(JSON.stringify(group['alerts'])))]),
      [
        [{}, { name: 'default' }, [undefined]],
        [{ alertname: 'Other' }, { name: 'default' }, ['Other', 'Other']],
        [{ alertname: 'Src', cluster: 'a', severity: 'critical', team: 'dba' }, { name: 'dba' }, ['Src']],
        [{ alertname: 'Tgt', cluster: 'a', severity: 'warning', team: 'dba' }, { name: 'dba' }, ['Tgt']],
      ],
    );
    const [, other] = groups;
    const alerts: readonly { labels: Record<string, string> }[] = JSON.parse(JSON.stringify(other?.['alerts']));
    assert.deepEqual(
      alerts.map(({ labels }) => labels['instance']),
      ['a', undefined],
    );
    assert.equal((await read('/alerts/groups?receiver=dba')).length, 2);
    assert.equal((await read('/alerts/groups?inhibited=false')).length, 3);
  });

  test('groups that a time interval muted at their last flush say so, and can be left out', async () => {
    await post([{ labels: { alertname: 'Night' } }, { labels: { alertname: 'Day' } }]);
    const store = createGroupStore(app.table);
    for (const group of await store.list(nowMs)) {
      if (labelValue(group.labels, 'alertname') !== 'Night') continue;
      const { expected } = await store.load(group.id, nowMs);
      await store.save({ ...group, mutedBy: ['night'] }, expected, nowMs);
    }
    const states = async (query: string): Promise<unknown[]> =>
      (await read(`/alerts/groups${query}`)).map((group) => {
        const [alert] = JSON.parse(JSON.stringify(group['alerts']));
        return [alert.labels.alertname, alert.status.state, alert.status.mutedBy];
      });
    assert.deepEqual(await states(''), [
      ['Day', 'active', []],
      ['Night', 'suppressed', ['night']],
    ]);
    assert.deepEqual(await states('?muted=false'), [['Day', 'active', []]]);
    assert.deepEqual((await read('/alerts')).length, 2, 'alerts know nothing of groups');
  });
});

describe('silences', () => {
  onItsOwnStore();

  test('hold alerts back as soon as they are made, and let go when they are ended', async () => {
    await post([{ labels: { alertname: 'A' }, endsAt: '2026-01-16T00:00:00Z' }]);
    const id = await silence({ annotations: { ticket: 'T1' } });
    const [held] = await read('/alerts');
    assert.deepEqual(held?.['status'], { inhibitedBy: [], mutedBy: [], silencedBy: [id], state: 'suppressed' });
    assert.deepEqual(await read('/silences'), [
      {
        id,
        status: { state: 'active' },
        updatedAt: '2026-01-15T10:00:00.000Z',
        annotations: { ticket: 'T1' },
        comment: 'c',
        createdBy: 'me',
        endsAt: '2026-01-15T11:00:00.000Z',
        matchers: [{ isEqual: true, isRegex: false, name: 'alertname', value: 'A' }],
        startsAt: '2026-01-15T10:00:00.000Z',
      },
    ]);
    nowMs += 1_000;
    assert.equal((await call('DELETE', `/api/v2/silence/${id}`)).status, 200);
    assert.equal((await call('DELETE', `/api/v2/silence/${id}`)).status, 200, 'a repeat changes nothing');
    const [free] = await read('/alerts');
    assert.deepEqual(free?.['status'], { inhibitedBy: [], mutedBy: [], silencedBy: [], state: 'active' });
    const ended = await call('GET', `/api/v2/silence/${id}`);
    assert.deepEqual(JSON.parse(ended.body).status, { state: 'expired' });
  });

  test('keep their id while they only grow, and get a new one when they silence something else', async () => {
    const startsAt = new Date(nowMs).toISOString();
    const id = await silence({});
    nowMs += 60_000;
    assert.equal(await silence({ id, startsAt, endsAt: '2026-01-15T12:00:00Z', comment: 'longer' }), id);
    const other = await silence({
      id,
      startsAt,
      matchers: [{ name: 'b', value: 'c', isRegex: false, isEqual: false }],
    });
    assert.notEqual(other, id);
    assert.deepEqual(
      (await read('/silences')).map((each) => [each['id'], each['status']]),
      [
        [other, { state: 'active' }],
        [id, { state: 'expired' }],
      ],
    );
  });

  test('are listed active, pending, expired, and by the matchers they have', async () => {
    const longer = await silence({ endsAt: '2026-01-15T15:00:00Z' });
    const shorter = await silence({ endsAt: '2026-01-15T14:00:00Z' });
    const later = await silence({ startsAt: '2026-01-15T20:00:00Z', endsAt: '2026-01-15T21:00:00Z' });
    const over = await silence({ matchers: [{ name: 'x', value: 'y.*', isRegex: true }] });
    await call('DELETE', `/api/v2/silence/${over}`);
    const ids = async (query: string): Promise<unknown[]> =>
      (await read(`/silences${query}`)).map((each) => each['id']);
    assert.deepEqual(await ids(''), [shorter, longer, later, over]);
    assert.deepEqual(await ids('?filter=x%3D~%22y.*%22'), [over]);
    assert.deepEqual(await ids('?filter=x%3D%22y.*%22'), []);
  });
});

describe('receivers and status', () => {
  onItsOwnStore();

  test('receivers are listed in the order of the configuration', async () => {
    const { body } = await call('GET', '/api/v2/receivers');
    assert.equal(
      body,
      '[{"labels":{"name":"default"},"name":"default"},{"labels":{"name":"dba","owner":"team-dba"},"name":"dba"}]\n',
    );
    assert.deepEqual(
      (await read('/receivers?receiver_matchers=owner%3Dteam-dba')).map((each) => each['name']),
      ['dba'],
    );
  });

  test('status shows the effective configuration and a version that amtool knows', async () => {
    const { body } = await call('GET', '/api/v2/status');
    const status = JSON.parse(body);
    assert.deepEqual(status.cluster, { peers: [], status: 'disabled' });
    assert.equal(status.uptime, '2026-01-15T10:00:00.000Z');
    assert.match(status.versionInfo.version, /^0\.33\./);
    assert.match(status.config.original, /^global:\n {2}resolve_timeout: 30s\n/);
    assert.match(status.config.original, /templates: \[\]\n$/);
  });
});

/** Method, path, body or content type; status and body of the answer. */
const silenceNow = {
  comment: '',
  createdBy: 'me',
  startsAt: '2026-01-01',
  endsAt: '2030-01-02',
  matchers: [{ name: 'a', value: 'b', isRegex: false }],
};

const refusals: readonly (readonly [string, string, unknown, number, string])[] = [
  ['GET', '/api/v2/nope', undefined, 404, '{"code":404,"message":"path /api/v2/nope was not found"}'],
  ['GET', '/api/v2/silence/', undefined, 404, '{"code":404,"message":"path /api/v2/silence/ was not found"}'],
  ['PUT', '/api/v2/alerts', '[]', 405, '{"code":405,"message":"method PUT is not allowed, but [POST,GET] are"}'],
  ['POST', '/api/v2/alerts', undefined, 422, '{"code":602,"message":"alerts in body is required"}'],
  [
    'POST',
    '/api/v2/alerts',
    '{}',
    400,
    '{"code":400,"message":"parsing alerts body from \\"\\" failed, because json: cannot unmarshal object into Go value of type models.PostableAlerts"}',
  ],
  [
    'POST',
    '/api/v2/alerts',
    '[{',
    400,
    '{"code":400,"message":"parsing alerts body from \\"\\" failed, because unexpected EOF"}',
  ],
  ['POST', '/api/v2/alerts', [{}], 422, '{"code":602,"message":"0.labels in body is required"}'],
  [
    'POST',
    '/api/v2/alerts',
    [null],
    400,
    '{"code":400,"message":"parsing alerts body from \\"\\" failed, because json: cannot unmarshal null into Go value of type models.PostableAlert"}',
  ],
  [
    'POST',
    '/api/v2/alerts',
    [{ labels: { a: 1 } }],
    400,
    '{"code":400,"message":"parsing alerts body from \\"\\" failed, because json: cannot unmarshal number into Go struct field Alert.labels.a of type string"}',
  ],
  [
    'POST',
    '/api/v2/alerts',
    [{ labels: { a: 'b' }, generatorURL: 'foo bar' }],
    422,
    '{"code":601,"message":"0.generatorURL in body must be of type uri: \\"foo bar\\""}',
  ],
  ['GET', '/api/v2/alerts?filter=foo', undefined, 400, '"bad matcher format: foo"\n'],
  [
    'GET',
    '/api/v2/alerts/groups?receiver=%5B(',
    undefined,
    400,
    '"failed to parse receiver param: error parsing regexp: missing closing ]: `[()$`"\n',
  ],
  [
    'GET',
    '/api/v2/silence/x',
    undefined,
    422,
    '{"code":601,"message":"silenceID in path must be of type uuid: \\"x\\""}',
  ],
  ['GET', '/api/v2/silence/00000000-0000-0000-0000-000000000000', undefined, 404, ''],
  ['DELETE', '/api/v2/silence/00000000-0000-0000-0000-000000000000', undefined, 404, ''],
  ['POST', '/api/v2/silences', {}, 422, '{"code":602,"message":"comment in body is required"}'],
  [
    'POST',
    '/api/v2/silences',
    { comment: '', createdBy: '', startsAt: '2026-01-01', endsAt: '2026-01-02', matchers: [] },
    422,
    '{"code":612,"message":"matchers in body should have at least 1 items"}',
  ],
  [
    'POST',
    '/api/v2/silences',
    { comment: '', createdBy: '', startsAt: '2026-01-01', endsAt: '2026-01-02', matchers: [{ name: 'a', value: '' }] },
    422,
    '{"code":602,"message":"matchers.0.isRegex in body is required"}',
  ],
  [
    'POST',
    '/api/v2/silences',
    {
      comment: '',
      createdBy: '',
      startsAt: '2026-01-01',
      endsAt: '2030-01-02',
      matchers: [{ name: 'a', value: '[(', isRegex: true }],
    },
    400,
    '"invalid silence: invalid label matcher 0 in set 0: invalid regular expression \\"[(\\": error parsing regexp: missing closing ]: `[(`"\n',
  ],
  ['POST', '/api/v2/silences', { ...silenceNow, id: 'x'.repeat(5_000) }, 404, '"silence not found"\n'],
  ['POST', '/api/v2/alerts', [alertOf('\u0001', 30_000)], 400, '"alert of 180021 bytes exceeds 150000"\n'],
  [
    'POST',
    '/api/v2/alerts',
    Array.from({ length: 600 }, (_, i) => alertOf(i === 0 ? '\u0001' : 'b', i === 0 ? 49_000 : i)),
    400,
    '"alert of 294021 bytes exceeds 150000"\n',
  ],
  [
    'POST',
    '/api/v2/alerts',
    `[${'{},'.repeat(1_000_000)}{}]`,
    413,
    '{"code":413,"message":"alerts body holds more than 1000000 JSON values"}',
  ],
  ['POST', '/api/v2/alerts', `[${'{},'.repeat(50_000)}{}]`, 400, '"50001 alerts in one request, at most 50000"\n'],
  [
    'GET',
    '/api/v1/receivers',
    undefined,
    410,
    '{"status":"deprecated","error":"The Alertmanager v1 API was deprecated in version 0.16.0 and is removed as of version 0.27.0 - please use the equivalent route in the v2 API"}\n',
  ],
];

function alertOf(character: string, count: number): unknown {
  return { labels: { alertname: character.repeat(count) } };
}

describe('requests', () => {
  onItsOwnStore();

  test('wrong requests are answered as Alertmanager answers them', async () => {
    for (const [method, target, body, status, expected] of refusals) {
      const answer = await call(method, target, body);
      assert.deepEqual([answer.status, answer.body], [status, expected], `${method} ${target} ${JSON.stringify(body)}`);
      if (target.startsWith('/api/v1')) continue;
      assert.equal(answer.headers['cache-control'], 'no-store');
      assert.equal(answer.headers['vary'], 'Origin');
    }
    const text = await call('POST', '/api/v2/alerts', '[]', { 'content-type': 'text/plain' });
    assert.equal(text.status, 415);
    assert.match(text.body, /unsupported media type \\"text\/plain\\", only \[application\/json\] are allowed/);
    assert.equal((await call('GET', '/api/v2/status', undefined, { accept: 'text/html' })).status, 406);
    assert.equal((await call('POST', '/api/v2/silences', `{"comment":"${'x'.repeat(200_000)}"}`)).status, 413);
  });

  test('browsers of other origins may ask', async () => {
    const simple = await call('GET', '/api/v2/receivers', undefined, { origin: 'http://x' });
    assert.equal(simple.headers['access-control-allow-origin'], '*');
    const preflight = await call('OPTIONS', '/api/v2/alerts', undefined, {
      origin: 'http://x',
      'access-control-request-method': 'POST',
    });
    assert.deepEqual([preflight.status, preflight.headers['access-control-allow-methods']], [204, 'POST']);
  });
});

describe('the webhook of an Alertmanager', () => {
  onItsOwnStore();

  const payload = (alerts: readonly unknown[]): unknown => ({ version: '4', status: 'firing', receiver: 'r', alerts });
  const firing = {
    status: 'firing',
    labels: { alertname: 'Up' },
    annotations: { s: 't' },
    startsAt: '2026-01-15T09:00:00.123456789Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://p/g',
    fingerprint: 'f',
  };

  test('brings alerts in, which fire until it says that they are resolved', async () => {
    assert.equal((await call('POST', '/hooks/alertmanager', payload([firing]))).status, 200);
    nowMs += 4 * 3_600_000;
    const [alert] = await read('/alerts');
    assert.deepEqual([alert?.['startsAt'], alert?.['generatorURL']], ['2026-01-15T09:00:00.123Z', 'http://p/g']);
    const resolved = { ...firing, status: 'resolved', endsAt: new Date(nowMs - 1_000).toISOString() };
    assert.equal((await call('POST', '/hooks/alertmanager', payload([resolved]))).status, 200);
    assert.deepEqual(await read('/alerts'), []);
  });

  test('says everything that is wrong with a payload', async () => {
    const answer = await call('POST', '/hooks/alertmanager', {
      version: '3',
      alerts: [
        { ...firing, status: 'sick' },
        { ...firing, startsAt: 'soon', labels: { a: 1 } },
      ],
    });
    assert.equal(answer.status, 400);
    const { issues } = JSON.parse(answer.body);
    assert.deepEqual(
      issues.map((issue: { path: string }) => issue.path),
      ['version', 'alerts[0].status', 'alerts[1].labels[0][1]', 'alerts[1].startsAt'],
    );
    for (const garbage of ['', '[', 'null', '{"version":"4"}']) {
      assert.equal((await call('POST', '/hooks/alertmanager', garbage)).status, 400, garbage);
    }
    assert.deepEqual(await read('/alerts'), []);
  });

  test('says how many more mistakes there are, and gives up on a flood', async () => {
    const wrong = await call('POST', '/hooks/alertmanager', payload(Array.from({ length: 5_000 }, () => ({}))));
    const { issues } = JSON.parse(wrong.body);
    assert.deepEqual([wrong.status, issues.length, issues[100].message], [400, 101, 'and 14900 more']);
    const flood = await call('POST', '/hooks/alertmanager', `{"version":"4","alerts":[${'{},'.repeat(1_000_000)}{}]}`);
    assert.equal(flood.status, 400);
    assert.match(flood.body, /more than 1000000 JSON values/);
  });
});
