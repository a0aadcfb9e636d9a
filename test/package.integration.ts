/** What is deployed: builds and packages offline without credentials, then looks at the zips, the template, and runs each bundle. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

const project = resolve(import.meta.dirname, '..');
const run = promisify(execFile);
const bin = (name: string): string => join(project, 'node_modules', '.bin', name);
const MAX_ZIP_BYTES = 1_000_000;

/** As on a machine that knows nothing of AWS. */
const home = mkdtempSync(join(tmpdir(), 'tocsin-package-'));
const bare = { PATH: `${join(project, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`, HOME: home };

interface Resource {
  readonly Type: string;
  // Templates are as free as CloudFormation is: tests look at the few places they know.
  readonly Properties: Record<string, unknown>;
}

let resources: Readonly<Record<string, Resource>> = {};

function functionNames(): string[] {
  return Object.keys(resources).filter((id) => resources[id]?.Type === 'AWS::Lambda::Function');
}

before(async () => {
  const built = await run(bin('node'), ['lib/deploy/bundle.ts'], { cwd: project });
  console.log(built.stdout);
  await run(bin('serverless'), ['package'], { cwd: project, env: bare });
  const template = readFileSync(join(project, '.serverless', 'cloudformation-template-update-stack.json'), 'utf8');
  resources = JSON.parse(template).Resources;
});

after(() => rmSync(home, { recursive: true }));

describe('zips', () => {
  test('one a function, none over 1 MB, maps apart', () => {
    const zips = readdirSync(join(project, 'dist')).filter((file) => file.endsWith('.zip'));
    const named = functionNames().map((id) => `${id.replace('LambdaFunction', '').toLowerCase()}.zip`);
    assert.deepEqual(zips.sort(), named.sort());
    for (const zip of zips) {
      const bytes = statSync(join(project, 'dist', zip)).size;
      assert.ok(bytes <= MAX_ZIP_BYTES, `${zip} has ${bytes} bytes`);
      assert.ok(existsSync(join(project, 'dist', zip.replace('.zip', '.cjs.map'))), `no source map beside ${zip}`);
      assert.ok(!readFileSync(join(project, 'dist', zip)).includes('.cjs.map'), `a source map is in ${zip}`);
    }
  });

  test('the same sources give the same bytes', async () => {
    const digests = (): string[] =>
      readdirSync(join(project, 'dist')).map(
        (file) => `${file} ${readFileSync(join(project, 'dist', file)).toString('base64')}`,
      );
    const first = digests();
    await run(bin('node'), ['lib/deploy/bundle.ts'], { cwd: project, env: { ...bare, TZ: 'Asia/Tokyo' } });
    assert.deepEqual(digests(), first);
  });
});

describe('template', () => {
  test('every function has a role of its own', () => {
    const roles = functionNames().map((id) => JSON.stringify(resources[id]?.Properties['Role']));
    assert.equal(new Set(roles).size, functionNames().length);
    assert.equal(
      Object.values(resources).filter(({ Type }) => Type === 'AWS::IAM::Role').length,
      functionNames().length,
    );
  });

  test('no role may do everything, or anything everywhere', () => {
    for (const [id, { Type, Properties }] of Object.entries(resources)) {
      if (Type !== 'AWS::IAM::Role') continue;
      const text = JSON.stringify(Properties['Policies']);
      assert.doesNotMatch(text, /"(Action|Resource)":"\*"|"[a-z]+:\*"/, id);
    }
  });

  test('every queue has dead letters, and every dead letter an alarm', () => {
    const ids = Object.keys(resources).filter((id) => resources[id]?.Type === 'AWS::SQS::Queue');
    const queues = ids.filter((id) => resources[id]?.Properties['RedrivePolicy'] !== undefined);
    assert.equal(queues.length, 4);
    assert.equal(ids.length, 8);
    for (const id of queues) {
      const dead = id.replace(/Queue$/, 'DeadLetters');
      assert.match(JSON.stringify(resources[id]?.Properties['RedrivePolicy']), new RegExp(`"${dead}"`));
      const alarm = JSON.stringify(resources[id.replace(/Queue$/, 'DeadLetterAlarm')]?.Properties);
      assert.match(alarm, new RegExp(`"${dead}"`));
    }
  });

  test('the table expires records and outlives the stack; one schedule runs each minute', () => {
    const table = JSON.stringify(resources['Table']);
    assert.match(table, /"TimeToLiveSpecification":\{"AttributeName":"ttl","Enabled":true\}/);
    assert.match(table, /"DeletionPolicy":"Retain"/);
    const schedules = Object.values(resources).filter(({ Type }) => Type === 'AWS::Scheduler::Schedule');
    assert.deepEqual(
      schedules.map(({ Properties }) => Properties['ScheduleExpression']),
      ['rate(1 minute)'],
    );
  });
});

describe('default deny', () => {
  /** A deployed function whose access list cannot be reached, which is the worst case. */
  const deployed = {
    ...bare,
    TOCSIN_TABLE: 'table',
    TOCSIN_QUEUE_EVALUATE: 'http://127.0.0.1:1/0/evaluate',
    TOCSIN_QUEUE_DISPATCH: 'http://127.0.0.1:1/0/dispatch',
    TOCSIN_QUEUE_FLUSH: 'http://127.0.0.1:1/0/flush',
    TOCSIN_QUEUE_NOTIFY: 'http://127.0.0.1:1/0/notify',
    TOCSIN_AUTH_PARAMETER: '/tocsin/test/access',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'y',
  };
  const status = async (name: string, method: string, path: string): Promise<number> => {
    const http = { method, path };
    const event = {
      version: '2.0',
      rawPath: path,
      rawQueryString: '',
      headers: {},
      requestContext: { http },
      isBase64Encoded: false,
    };
    const script = `require('./dist/${name}.cjs').handler(${JSON.stringify(event)}).then((reply) => console.log(reply.statusCode))`;
    return Number(
      (await run(bin('node'), ['--input-type=commonjs', '-e', script], { cwd: project, env: deployed })).stdout,
    );
  };

  test('every route but liveness asks who is calling', async () => {
    const routes = Object.values(resources)
      .filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Route')
      .map(({ Properties }) => ({ key: String(Properties['RouteKey']), target: JSON.stringify(Properties['Target']) }));
    assert.ok(routes.length > 10);
    const open: string[] = [];
    for (const { key, target } of routes) {
      const [method = '', path = ''] = key.split(' ');
      const name = (/HttpApiIntegration(\w+)/.exec(target)?.[1] ?? '').toLowerCase();
      const answered = await status(name, method === 'ANY' ? 'GET' : method, path.replace('{path+}', 'alerts'));
      if (answered === 200) open.push(key);
      else assert.equal(answered, 503, key);
    }
    assert.deepEqual(open.sort(), ['GET /-/healthy', 'GET /live']);
  });
});

describe('serverless invoke local', () => {
  const config = join(home, 'config');
  const cases: [file: string, name: string, expected: RegExp][] = [
    ['http-remote-write.json', 'ingest', /"statusCode": 20[04]/],
    ['http-push.json', 'ingest', /"statusCode": 20[04]/],
    ['http-query.json', 'prometheus', /"statusCode": 200/],
    ['http-alerts.json', 'alertmanager', /"statusCode": 200/],
    ['http-silence.json', 'alertmanager', /"statusCode": 200/],
    ['http-webhook.json', 'alertmanager', /"statusCode": 200/],
    ['http-health.json', 'health', /"statusCode": 200/],
    ['schedule.json', 'schedule', /^/],
    ['sqs-evaluate.json', 'evaluate', /"batchItemFailures": \[\]/],
    ['sqs-dispatch.json', 'dispatch', /"batchItemFailures": \[\]/],
    ['sqs-flush.json', 'flush', /"batchItemFailures": \[\]/],
    ['sqs-notify.json', 'notify', /"batchItemFailures": \[\]/],
  ];

  before(() => {
    // The samples in events/ are of the past: for them the age limit is lifted, the rest is as shipped.
    mkdirSync(join(config, 'rules'), { recursive: true });
    for (const file of ['alertmanager.yml', 'rules/first-alert.yml'])
      writeFileSync(join(config, file), readFileSync(join(project, 'config', file)));
    writeFileSync(join(config, 'tocsin.yml'), 'ingest: { max_sample_age: 100y, max_sample_future: 100y }\n');
  });

  test('every file of events/ has a case', () => {
    assert.deepEqual(readdirSync(join(project, 'events')).sort(), cases.map(([file]) => file).sort());
  });

  for (const [file, name, expected] of cases) {
    test(`${name} handles ${file}`, async () => {
      const args = ['invoke', 'local', '-f', name, '-p', `events/${file}`];
      const env = { ...bare, TOCSIN_CONFIG: config, TOCSIN_DATA: join(home, 'data') };
      const { stdout } = await run(bin('serverless'), args, { cwd: project, env });
      assert.match(stdout, expected);
      assert.doesNotMatch(stdout, /errorMessage/);
    });
  }
});
