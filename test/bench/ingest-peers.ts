/**
 * The same remote-write requests, as a Prometheus sends them (one sample of 2,000 series each), to a real Prometheus and to the
 * local process in turn, HTTP and durable record included:
 *   TOCSIN_SHARED=… TOCSIN_PEERS=… node test/bench/ingest-peers.ts [--series 10000] [--senders 1,5] [--rounds 10]
 * Processor time of each side is read from /proc. Prints medians over rounds of 20 scrapes and ratios ours / Prometheus of the time
 * that a sample takes: below 1 we are faster. Prometheus appends to its log without waiting for the disk; we answer when the record
 * is on it (one fsync for all requests that wait).
 */
import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';
import { type Contender, markdownTable, median, startOurs, startPrometheus, threeDigits } from './contenders.ts';
import { type Generator, importShared } from './dataset.ts';

const { values: options } = parseArgs({
  options: {
    series: { type: 'string', default: '10000' },
    senders: { type: 'string', default: '1,5' },
    rounds: { type: 'string', default: '10' },
  },
});
const PER_REQUEST = 2_000;
const SCRAPES_PER_ROUND = 20;
const STEP_MS = 15_000;
const SERIES = Number(options.series);
const ROUNDS = Number(options.rounds);
const PER_SCRAPE = Math.ceil(SERIES / PER_REQUEST);
const REQUESTS_PER_ROUND = PER_SCRAPE * SCRAPES_PER_ROUND;

/** Of one round on one side. */
interface Round {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly requestMs: number;
}

/** Requests of all rounds and one before them, in which everything is new. */
async function encodeRequests(): Promise<readonly Uint8Array[]> {
  const { makeDataset, remoteWriteRequests } = await importShared<Generator>('gen.mjs');
  // A tenth more, since series that were down have fewer samples.
  const minutes = Math.ceil(((ROUNDS + 1) * SCRAPES_PER_ROUND * 1.1 * STEP_MS) / 60_000);
  const t0 = Math.floor((Date.now() - minutes * 60_000) / STEP_MS) * STEP_MS;
  const bodies: Uint8Array[] = [];
  for (const { body } of remoteWriteRequests(makeDataset({ series: SERIES, minutes, t0 }), { bulk: 1 })) {
    bodies.push(Uint8Array.from(body));
    if (bodies.length === (ROUNDS + 1) * REQUESTS_PER_ROUND) return bodies;
  }
  throw new Error('the data set is too short');
}

const agent = new Agent({ keepAlive: true });

function post(url: string, body: Uint8Array): Promise<void> {
  const headers = {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '0.1.0',
    'content-length': body.length,
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/api/v1/write`, { method: 'POST', agent, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => {
        if (answer.statusCode === 204 || answer.statusCode === 200) resolve();
        else reject(new Error(`${url}: ${answer.statusCode} ${text}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** As Prometheus spreads series over its senders: each has its own, and sends them in order. */
async function send(side: Contender, bodies: readonly Uint8Array[], senders: number): Promise<Round> {
  const latenciesMs: number[] = [];
  const sender = async (number: number): Promise<void> => {
    for (const [i, body] of bodies.entries()) {
      if ((i % PER_SCRAPE) % senders !== number) continue;
      const startMs = performance.now();
      await post(side.url, body);
      latenciesMs.push(performance.now() - startMs);
    }
  };
  const startMs = performance.now();
  const startCpu = side.cpuSeconds();
  await Promise.all(Array.from({ length: senders }, (_, number) => sender(number)));
  const wallSeconds = (performance.now() - startMs) / 1_000;
  return { wallSeconds, cpuSeconds: side.cpuSeconds() - startCpu, requestMs: median(latenciesMs) };
}

async function measure(requests: readonly Uint8Array[], senders: number): Promise<readonly string[]> {
  const sides = [await startPrometheus(), await startOurs()];
  try {
    const rounds: Round[][] = [[], []];
    for (let round = 0; round <= ROUNDS; round++) {
      const bodies = requests.slice(round * REQUESTS_PER_ROUND, (round + 1) * REQUESTS_PER_ROUND);
      for (const [i, side] of sides.entries()) rounds[i]?.push(await send(side, bodies, senders));
    }
    // In the first all series are new, and our code is cold.
    return rowOf(
      senders,
      rounds.map((all) => all.slice(1)),
    );
  } finally {
    await Promise.all(sides.map((side) => side.stop()));
  }
}

function rowOf(senders: number, [prometheus = [], ours = []]: readonly (readonly Round[])[]): readonly string[] {
  const samples = SERIES * SCRAPES_PER_ROUND;
  const compared = (of: (round: Round) => number): { ratio: string; speeds: string } => {
    const [theirSeconds, ourSeconds] = [median(prometheus.map(of)), median(ours.map(of))];
    const speed = (seconds: number): string => `${Math.round(samples / seconds / 1_000)}k`;
    const ratio = `**${threeDigits(ourSeconds / theirSeconds)}**`;
    return { ratio, speeds: `${speed(theirSeconds)} → ${speed(ourSeconds)}` };
  };
  const cpu = compared(({ cpuSeconds }) => cpuSeconds);
  const wall = compared(({ wallSeconds }) => wallSeconds);
  const [theirMs, ourMs] = [prometheus, ours].map((rounds) => median(rounds.map(({ requestMs }) => requestMs)));
  const latency = `${threeDigits(theirMs ?? 0)} → ${threeDigits(ourMs ?? 0)}`;
  return [String(senders), cpu.ratio, cpu.speeds, wall.ratio, wall.speeds, latency];
}

const requests = await encodeRequests();
const rows: (readonly string[])[] = [];
for (const senders of options.senders.split(',')) rows.push(await measure(requests, Number(senders)));
agent.destroy();
const head = ['senders', 'processor time', 'samples/s a core', 'wall time', 'samples/s', 'a request, ms'];
console.log(markdownTable(head, rows));
