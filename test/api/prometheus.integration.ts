/**
 * The local process and a real Prometheus get the same samples by remote write and are asked the same: every request of
 * recorded/prometheus.txt, and queries over every part of the language that 3.5 and we have in common.
 * Run: TOCSIN_PEERS=… node --test test/api/prometheus.integration.ts
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { eventually } from '../e2e/processes.ts';
import { startPrometheus } from '../promql/real-prometheus.ts';
import { assertAgree } from './compare-answers.ts';
import { REFUSED_REQUESTS } from './prometheus-cases.ts';
import { type PrometheusPeers, startPrometheusPeers } from './prometheus-peers.ts';
import { INSTANT_QUERIES } from './prometheus-queries.ts';
import { type RecordedRequest, readRequestTable } from './request-table.ts';
import { END_MS, sameMetadata } from './same-series.ts';

const END_S = END_MS / 1000;

let peers: PrometheusPeers;

before(async () => {
  peers = await startPrometheusPeers();
});

after(async () => {
  await peers?.stop();
});

function get(agreement: RecordedRequest['agreement'], target: string): RecordedRequest {
  return { agreement, method: 'GET', target: `/api/v1/${target}`, headers: {}, body: null, line: target };
}

test('recorded requests', async (t) => {
  const requests = readRequestTable('prometheus.txt', END_MS);
  t.diagnostic(`${requests.length} requests`);
  await assertAgree(peers, requests);
});

test('instant queries', async (t) => {
  const times = [END_S, END_S - 303.7];
  const requests = INSTANT_QUERIES.flatMap((query) =>
    times.map((time) => get('digits', `query?query=${encodeURIComponent(query)}&time=${time}`)),
  );
  t.diagnostic(`${requests.length} requests`);
  await assertAgree(peers, requests);
});

test('range queries', async (t) => {
  // sort() warns in range queries since 3.6; range vectors have no range queries.
  const queries = INSTANT_QUERIES.filter((text) => !/^sort\(|\]$/.test(text));
  const range = `start=${END_S - 1200}&end=${END_S + 400}&step=47s`;
  const requests = queries.map((query) => get('digits', `query_range?query=${encodeURIComponent(query)}&${range}`));
  t.diagnostic(`${requests.length} requests`);
  await assertAgree(peers, requests);
});

test('requests that must be refused', async () => {
  await assertAgree(
    peers,
    REFUSED_REQUESTS.map(([target]) => get('exact', target)),
  );
});

test('rules come page by page', async () => {
  const pages = async (url: string): Promise<readonly string[]> => {
    const names: string[] = [];
    let token = '';
    do {
      const reply = await fetch(`${url}/api/v1/rules?group_limit=1${token === '' ? '' : `&group_next_token=${token}`}`);
      const { groups, groupNextToken = '' } = Object(await reply.json()).data;
      names.push(...groups.map((group: unknown) => Object(group).name));
      token = groupNextToken;
    } while (token !== '' && names.length < 10);
    return names;
  };
  assert.deepEqual(await pages(peers.ourUrl), ['first', 'second', 'broken']);
  assert.deepEqual(await pages(peers.realUrl), ['first', 'second', 'broken']);
});

/** A real Prometheus knows metadata only of what it scrapes: here the same as senders told us. */
test('metadata', async (t) => {
  const exposition = sameMetadata
    .map(({ help, name, unit }) => {
      const unitLine = unit === '' ? '' : `# UNIT ${name} ${unit}\n`;
      return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${unitLine}${name} 1\n`;
    })
    .join('');
  const target = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/openmetrics-text; version=1.0.0; charset=utf-8' });
    response.end(`${exposition}# EOF\n`);
  }).listen(0, '127.0.0.1');
  await once(target, 'listening');
  t.after(() => target.close());
  const address = target.address();
  assert.ok(address !== null && typeof address === 'object');
  const job = `{ job_name: same, scrape_interval: 1s, static_configs: [{ targets: ['127.0.0.1:${address.port}'] }] }`;
  const real = await startPrometheus([], `scrape_configs: [${job}]\n`);
  t.after(() => real.stop());
  await eventually('metadata is scraped', 20_000, async () => {
    const { data: found } = Object(await (await fetch(`${real.url}/api/v1/metadata`)).json());
    return Object.keys(found).length === sameMetadata.length ? true : null;
  });
  await assertAgree({ realUrl: real.url, ourUrl: peers.ourUrl }, readRequestTable('metadata.txt', END_MS));
});
