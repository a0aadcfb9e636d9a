/**
 * The local process and a real Prometheus get the same samples by remote write and are asked the same: every request of
 * recorded/prometheus.txt, and queries over every part of the language that 3.5 and we have in common.
 * Run: TOCSIN_PEERS=… node --test test/api/prometheus.integration.ts
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, assertAgree } from './compare-answers.ts';
import { REFUSED_REQUESTS } from './prometheus-cases.ts';
import { type PrometheusPeers, startPrometheusPeers } from './prometheus-peers.ts';
import { INSTANT_QUERIES } from './prometheus-queries.ts';
import { type RecordedRequest, readRequestTable } from './request-table.ts';
import { END_MS } from './same-series.ts';

const END_S = END_MS / 1000;

let peers: PrometheusPeers;

before(async () => {
  peers = await startPrometheusPeers();
});

after(async () => {
  await peers?.stop();
});

async function compare(request: RecordedRequest): Promise<void> {
  const [theirs, mine] = await Promise.all([ask(peers.realUrl, request), ask(peers.ourUrl, request)]);
  assertAgree(request, theirs, mine);
}

function get(agreement: RecordedRequest['agreement'], target: string): RecordedRequest {
  return { agreement, method: 'GET', target: `/api/v1/${target}`, headers: {}, body: null, line: target };
}

test('recorded requests', async (t) => {
  const requests = readRequestTable('prometheus.txt', END_MS);
  const differing: string[] = [];
  for (const request of requests) {
    try {
      await compare(request);
    } catch (error) {
      if (!(error instanceof assert.AssertionError)) throw error;
      differing.push(error.message);
      t.diagnostic(
        `${request.line}: ${JSON.stringify(error.expected)} ${JSON.stringify(error.actual)}`.slice(0, 2_000),
      );
    }
  }
  t.diagnostic(`${requests.length} requests`);
  assert.deepEqual(differing, []);
});

test('instant queries', async (t) => {
  for (const query of INSTANT_QUERIES) {
    for (const time of [END_S, END_S - 303.7]) {
      await compare(get('digits', `query?query=${encodeURIComponent(query)}&time=${time}`));
    }
  }
  t.diagnostic(`${INSTANT_QUERIES.length} queries at two times`);
});

test('range queries', async () => {
  // sort() warns in range queries since 3.6; range vectors have no range queries.
  for (const query of INSTANT_QUERIES.filter((text) => !/^sort\(|\]$/.test(text))) {
    const range = `start=${END_S - 1200}&end=${END_S + 400}&step=47s`;
    await compare(get('digits', `query_range?query=${encodeURIComponent(query)}&${range}`));
  }
});

test('requests that must be refused', async () => {
  for (const [target] of REFUSED_REQUESTS) await compare(get('exact', target));
});
