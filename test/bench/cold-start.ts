/**
 * From the start of a process to the first answer of each function as it is deployed: its zip unpacked, its event of events/, the
 * AWS clients against a stub on this machine that answers at once. The yardstick is a handler that does nothing, started in turn.
 *   npm run build && node test/bench/cold-start.ts [--rounds 15]
 * Prints medians and the ratio to the empty handler. What Lambda adds is the same for all and is not in it.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { unzipSync } from 'fflate';
import { startAwsStub } from './aws-stub.ts';
import { markdownTable, median, threeDigits } from './contenders.ts';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
const TOKEN = 'cold-start';
const EVENTS = {
  ingest: 'http-remote-write',
  prometheus: 'http-query',
  alertmanager: 'http-alerts',
  schedule: 'schedule',
  evaluate: 'sqs-evaluate',
  dispatch: 'sqs-dispatch',
  flush: 'sqs-flush',
  notify: 'sqs-notify',
  health: 'http-health',
};

/** Calls the handler of a bundle with an event and says how long it took to load it, in milliseconds, before what it answered. */
const RUNNER = `
const [bundle, file] = process.argv.slice(2);
const event = JSON.parse(require('node:fs').readFileSync(file, 'utf8'));
const startMs = performance.now();
const { handler } = require(bundle);
const loadMs = performance.now() - startMs;
handler(event).then((reply) => require('node:fs').writeSync(1, loadMs + ' ' + (JSON.stringify(reply) ?? 'done')));
`;

interface Subject {
  readonly name: string;
  readonly bundle: string;
  readonly event: string;
  readonly folder: string;
  readonly zipBytes: number;
}

interface Start {
  readonly firstAnswerMs: number;
  readonly loadMs: number;
}

const folder = mkdtempSync(join(tmpdir(), 'tocsin-cold-'));
const runner = join(folder, 'runner.cjs');
writeFileSync(runner, RUNNER);

function emptySubject(): Subject {
  const bundle = join(folder, 'empty.cjs');
  writeFileSync(bundle, 'exports.handler = async () => ({ statusCode: 200 });\n');
  return { name: 'empty handler', bundle, event: writeEvent('http-query'), folder, zipBytes: 0 };
}

function unpack(name: string, eventName: string): Subject {
  const zip = join('dist', `${name}.zip`);
  const target = join(folder, name);
  for (const [path, bytes] of Object.entries(unzipSync(readFileSync(zip)))) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), bytes);
  }
  // The samples of events/ are of the past.
  const settings = join(target, 'config', 'tocsin.yml');
  writeFileSync(settings, readFileSync(settings, 'utf8').replace(/max_sample_age: \w+/, 'max_sample_age: 100y'));
  const event = writeEvent(eventName);
  return { name, bundle: join(target, 'dist', `${name}.cjs`), event, folder: target, zipBytes: statSync(zip).size };
}

/** The event as a caller with a token sends it. */
function writeEvent(name: string): string {
  const event = JSON.parse(readFileSync(join('events', `${name}.json`), 'utf8'));
  if (event.headers !== undefined) event.headers.authorization = `Bearer ${TOKEN}`;
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(event));
  return file;
}

function environmentOf({ folder: home }: Subject, awsUrl: string): Record<string, string> {
  return {
    TOCSIN_TABLE: 'table',
    TOCSIN_CONFIG: join(home, 'config'),
    TOCSIN_QUEUE_EVALUATE: `${awsUrl}/0/evaluate`,
    TOCSIN_QUEUE_DISPATCH: `${awsUrl}/0/dispatch`,
    TOCSIN_QUEUE_FLUSH: `${awsUrl}/0/flush`,
    TOCSIN_QUEUE_NOTIFY: `${awsUrl}/0/notify`,
    TOCSIN_AUTH_PARAMETER: '/tocsin/access',
    AWS_ENDPOINT_URL: awsUrl,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'y',
  };
}

async function start(subject: Subject, awsUrl: string): Promise<Start> {
  const startMs = performance.now();
  const child = spawn(process.execPath, [runner, subject.bundle, subject.event], {
    env: environmentOf(subject, awsUrl),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const answered: Promise<unknown[]> = once(child.stdout, 'data');
  const first = await Promise.race([answered, exited.then(() => null)]);
  const firstAnswerMs = performance.now() - startMs;
  child.kill();
  await exited;
  const [, load = '', reply = ''] = /^(\S+) (.*)/s.exec(String(first?.[0] ?? '')) ?? [];
  const isGood = /"statusCode":20\d/.test(reply) || reply === '{"batchItemFailures":[]}' || reply === 'done';
  if (!isGood) throw new Error(`${subject.name} answered ${reply}\n${errors}`);
  return { firstAnswerMs, loadMs: Number(load) };
}

const hash = createHash('sha256').update(TOKEN).digest('hex');
const aws = await startAwsStub(`bench admin sha256:${hash}`);
const subjects = [emptySubject(), ...Object.entries(EVENTS).map(([name, event]) => unpack(name, event))];
const starts = new Map<Subject, Start[]>(subjects.map((subject) => [subject, []]));
for (let round = 0; round <= Number(options.rounds); round++) {
  for (const [subject, times] of starts) {
    const took = await start(subject, aws.url);
    // The first round reads the files into the cache of the system.
    if (round > 0) times.push(took);
  }
}
aws.close();

const medianOf = (subject: Subject, of: (one: Start) => number): number => median((starts.get(subject) ?? []).map(of));
const emptyMs = subjects.slice(0, 1).map((subject) => medianOf(subject, ({ firstAnswerMs }) => firstAnswerMs))[0] ?? 0;
const kilobytes = (bytes: number): string => (bytes / 1_000).toFixed(0);
const rows = subjects.map((subject) => {
  const firstMs = medianOf(subject, ({ firstAnswerMs }) => firstAnswerMs);
  const loadMs = medianOf(subject, (one) => one.loadMs);
  const sizes = [statSync(subject.bundle).size, subject.zipBytes].map(kilobytes);
  return [subject.name, `**${threeDigits(firstMs / emptyMs)}**`, threeDigits(firstMs), threeDigits(loadMs), ...sizes];
});
const head = ['function', 'first answer', 'first answer, ms', 'of it loading, ms', 'bundle, KB', 'zip, KB'];
console.log(markdownTable(head, rows));
rmSync(folder, { recursive: true, force: true });
