import { Agent, request } from 'node:http';
import { writeResult } from '../../../lib/api/query-result.ts';
import { TextBytes } from '../../../lib/api/text-bytes.ts';
import { InvalidInput } from '../../../lib/model/issue.ts';
import type { Expr } from '../../../lib/promql/ast.ts';
import { evaluate } from '../../../lib/promql/evaluate.ts';
import { ALL_FEATURES } from '../../../lib/promql/features.ts';
import { parseExpr } from '../../../lib/promql/parser.ts';
import { type EngineOptions, QueryError } from '../../../lib/promql/value.ts';
import { describeType, valueType } from '../../../lib/promql/value-type.ts';
import type { SeriesMemory } from '../../../lib/series/memory.ts';
import { type RealPrometheus, startPrometheus } from '../real-prometheus.ts';
import { type Answer, failed, readAnswer } from './answer.ts';
import type { FuzzCase } from './case.ts';

/** Prometheus' own, which is not set for it. */
export const DEFAULT_SUBQUERY_STEP_MS = 60_000;

/** Real ones with all there is to switch on in their language; of the two the second removes metric names late. */
export interface Peers {
  ask(fuzzCase: FuzzCase): Promise<Answer>;
  write(bodies: readonly Uint8Array[]): Promise<void>;
  stop(): Promise<void>;
}

const FEATURES = 'promql-experimental-functions,promql-duration-expr,native-histograms';
const IN_QUERY = 'invalid parameter "query": ';

/** Both with empty databases. */
export async function startPeers(): Promise<Peers> {
  const features = [FEATURES, `${FEATURES},promql-delayed-name-removal`];
  const peers = await Promise.all(
    features.map((list) =>
      startPrometheus([
        '--web.enable-remote-write-receiver',
        '--storage.tsdb.retention.time=100y',
        '--log.level=error',
        `--enable-feature=${list}`,
      ]),
    ),
  );
  const agent = new Agent({ keepAlive: true });
  return {
    async ask(fuzzCase) {
      const peer = peers[fuzzCase.delayedNameRemoval ? 1 : 0];
      if (peer === undefined) throw new Error('no Prometheus');
      return readAnswer(await post(agent, peer, fuzzCase));
    },
    async write(bodies) {
      for (const peer of peers) for (const body of bodies) await write(peer, body);
    },
    async stop() {
      agent.destroy();
      await Promise.all(peers.map((peer) => peer.stop('SIGKILL')));
    },
  };
}

async function write({ url }: RealPrometheus, body: Uint8Array): Promise<void> {
  const response = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
    body: Buffer.from(body),
  });
  if (response.status !== 204) throw new Error(`Prometheus refuses the samples: ${await response.text()}`);
}

function post(agent: Agent, { url }: RealPrometheus, { lookbackMs, text, times }: FuzzCase): Promise<string> {
  const seconds = (timeMs: number): string => String(timeMs / 1000);
  const when: Record<string, string> =
    times.stepMs === 0
      ? { time: seconds(times.startMs) }
      : { start: seconds(times.startMs), end: seconds(times.endMs), step: seconds(times.stepMs) };
  const body = new URLSearchParams({ query: text, lookback_delta: seconds(lookbackMs), ...when }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) };
  const path = times.stepMs === 0 ? '/api/v1/query' : '/api/v1/query_range';
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { agent, method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks).toString()));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The tree of a text, or null when it does not parse. */
export function parsed(text: string): Expr | null {
  try {
    return parseExpr(text, ALL_FEATURES);
  } catch (error) {
    if (error instanceof InvalidInput) return null;
    throw error;
  }
}

/** What our engine says, through the texts of the API. */
export function ownAnswer(fuzzCase: FuzzCase, memory: SeriesMemory): Answer {
  const { delayedNameRemoval, lookbackMs, text, times } = fuzzCase;
  const options: EngineOptions = {
    lookbackMs,
    delayedNameRemoval,
    defaultSubqueryStepMs: DEFAULT_SUBQUERY_STEP_MS,
    maxSamples: 50_000_000,
  };
  try {
    const expr = parseExpr(text, ALL_FEATURES);
    const type = valueType(expr);
    if (times.stepMs > 0 && type !== 'scalar' && type !== 'vector') {
      return failed(
        `${IN_QUERY}invalid expression type ${JSON.stringify(describeType(type))} for range query, must be Scalar or instant Vector`,
      );
    }
    const { infos, value, warnings } = evaluate(expr, memory, times, { ...options, text });
    const members = new TextBytes();
    writeResult(members, value);
    const result = new TextDecoder().decode(members.taken());
    return { ...readAnswer(`{"status":"success","data":{${result}}}`), warnings, infos };
  } catch (error) {
    if (error instanceof QueryError) return failed(error.message);
    if (error instanceof InvalidInput) return failed(`${IN_QUERY}${error.issues[0]?.message ?? ''}`);
    throw new Error(`the engine broke on ${text}`, { cause: error });
  }
}
