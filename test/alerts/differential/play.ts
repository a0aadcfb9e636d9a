/** Does what scripts say to a real Alertmanager and to our process at the same instants, and writes down what comes of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Peers, startPeers } from '../../api/peers.ts';
import { startHttpSink } from '../../e2e/sinks.ts';
import {
  FULL_MINUTE_MS,
  renderRouting,
  SCRIPT_LENGTH_MS,
  type Script,
  type SilenceRequest,
  type Step,
} from './script.ts';

/** What one side did in one script, times in milliseconds from the script's zero. */
export interface Record {
  /** In the order of their arrival. */
  readonly notifications: Notified[];
  /** By step: "3 look /api/v2/alerts", and what the API said. */
  readonly answers: Map<string, unknown>;
  /** By the id that this side gave, the name in the script. */
  readonly silences: Map<string, string>;
  /** Latest that a step was done after its instant. */
  lateMs: number;
}

export interface Notified {
  readonly atMs: number;
  readonly path: string;
  /** What it was answered. */
  readonly status: number;
  readonly body: unknown;
}

export interface Outcome {
  readonly script: Script;
  /** The run's instant that is the script's zero. */
  readonly zeroMs: number;
  readonly real: Record;
  readonly ours: Record;
}

interface Side {
  readonly url: string;
  readonly record: Record;
  readonly zeroMs: number;
}

/** From the start of the processes to the first instant, at least. */
const LEAD_MS = 1_500;
const MINUTE_MS = 60_000;

/** Plays all scripts side by side in one pair of processes. */
export async function playScripts(scripts: readonly Script[]): Promise<readonly Outcome[]> {
  const sink = await startHttpSink();
  const statuses = new Map<string, number>();
  const arrivals: { readonly atMs: number; readonly status: number }[] = [];
  sink.answer = (path) => {
    const status = statuses.get(scriptOf(path)) ?? 200;
    arrivals.push({ atMs: Date.now(), status });
    return { status, body: 'ok' };
  };
  const fullMinute = nextFullMinute();
  const peers = await startPeers(renderRouting(scripts, { sinkPort: sink.port, fullMinute }));
  try {
    const beginMs = fullMinute.getTime() - FULL_MINUTE_MS;
    if (Date.now() > beginMs) throw new Error('the processes took too long to start');
    const outcomes = scripts.map((script) => newOutcome(script, beginMs));
    await Promise.all(outcomes.map((outcome) => playOne(outcome, peers, statuses)));
    await sleepUntil(beginMs + SCRIPT_LENGTH_MS);
    for (const [index, { path, headers, body }] of sink.received.entries()) {
      const { atMs, status } = arrivals[index] ?? { atMs: 0, status: 0 };
      const outcome = outcomes.find(({ script }) => script.name === scriptOf(path));
      const side = String(headers['user-agent']).startsWith('Alertmanager/') ? outcome?.real : outcome?.ours;
      side?.notifications.push({ atMs: atMs - (outcome?.zeroMs ?? 0), path, status, body });
    }
    return outcomes;
  } finally {
    await peers.stop();
    sink.close();
  }
}

function scriptOf(path: string): string {
  return path.split('/')[1] ?? '';
}

/** The first one that leaves time to start the processes. Not midnight, which the configuration cannot name as an end. */
function nextFullMinute(): Date {
  const earliestMs = Date.now() + FULL_MINUTE_MS + 3 * LEAD_MS;
  const fullMinute = new Date(Math.ceil(earliestMs / MINUTE_MS) * MINUTE_MS);
  const isMidnight = fullMinute.toISOString().slice(11, 16) === '00:00';
  return isMidnight ? new Date(fullMinute.getTime() + MINUTE_MS) : fullMinute;
}

function newOutcome(script: Script, beginMs: number): Outcome {
  const record = (): Record => ({ notifications: [], answers: new Map(), silences: new Map(), lateMs: 0 });
  return { script, zeroMs: beginMs + script.offsetMs, real: record(), ours: record() };
}

async function playOne({ script, zeroMs, real, ours }: Outcome, peers: Peers, statuses: Map<string, number>) {
  const sides: readonly Side[] = [
    { url: peers.realUrl, record: real, zeroMs },
    { url: peers.ourUrl, record: ours, zeroMs },
  ];
  for (const [index, step] of script.steps.entries()) {
    await sleepUntil(zeroMs + step.atMs);
    if (step.kind === 'answer') statuses.set(script.name, step.status);
    await Promise.all(sides.map((side) => perform(script.name, index, step, side)));
  }
}

async function perform(script: string, index: number, step: Step, side: Side): Promise<void> {
  const { record, zeroMs } = side;
  record.lateMs = Math.max(record.lateMs, Date.now() - zeroMs - step.atMs);
  const note = (what: string, answer: unknown): void =>
    void record.answers.set(`${index} ${step.kind} ${what}`, answer);
  if (step.kind === 'post') note('', await ask(side, 'POST', 'alerts', reportsOf(step, zeroMs)));
  if (step.kind === 'silence') note(step.silence.name, await setSilence(step.silence, side));
  if (step.kind === 'expire') {
    const id = [...record.silences].findLast(([, name]) => name === step.name)?.[0] ?? '';
    note(step.name, await ask(side, 'DELETE', `silence/${id}`));
  }
  if (step.kind !== 'look') return;
  const filter = `filter=${encodeURIComponent(`script="${script}"`)}`;
  for (const what of [
    `alerts?${filter}&${step.parameters}`,
    `alerts/groups?${filter}&${step.parameters}`,
    `silences?${filter}`,
  ]) {
    note(what, await ask(side, 'GET', what));
  }
}

function reportsOf({ alerts }: Step & { kind: 'post' }, zeroMs: number): unknown {
  return alerts.map(({ labels, annotations, startsAtMs, endsAtMs }) => ({
    labels,
    annotations,
    ...(startsAtMs === null ? {} : { startsAt: printTime(zeroMs + startsAtMs) }),
    ...(endsAtMs === null ? {} : { endsAt: printTime(zeroMs + endsAtMs) }),
    generatorURL: `http://prometheus.test/${labels['alertname'] ?? ''}`,
  }));
}

function printTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

async function setSilence(request: SilenceRequest, side: Side): Promise<unknown> {
  const { record, zeroMs } = side;
  const known = [...record.silences].findLast(([, name]) => name === request.name)?.[0];
  const { name, startsAtMs, endsAtMs, ...rest } = request;
  let startsAt = startsAtMs === null ? null : printTime(zeroMs + startsAtMs);
  if (startsAt === null && known !== undefined) {
    const { body } = await ask(side, 'GET', `silence/${known}`);
    startsAt = typeof body === 'object' && body !== null && 'startsAt' in body ? String(body.startsAt) : null;
  }
  const posted = { ...rest, createdBy: 'script', startsAt, endsAt: printTime(zeroMs + endsAtMs) };
  const answer = await ask(side, 'POST', 'silences', startsAtMs === null ? { ...posted, id: known } : posted);
  const { body } = answer;
  if (typeof body !== 'object' || body === null || !('silenceID' in body)) return answer;
  const id = String(body.silenceID);
  const isInPlace = record.silences.has(id);
  record.silences.set(id, name);
  return { ...answer, body: isInPlace ? 'the same' : 'a new one' };
}

async function ask(
  { url }: Side,
  method: string,
  target: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const reply = await fetch(`${url}/api/v2/${target}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  // Whatever it says is compared as it is.
  return { status: reply.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
}

async function sleepUntil(atMs: number): Promise<void> {
  const waitMs = atMs - Date.now();
  if (waitMs > 0) await sleep(waitMs);
}
