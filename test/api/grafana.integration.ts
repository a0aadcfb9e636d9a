/**
 * What a Grafana sends to its Prometheus data source, replayed against a real Prometheus and the local process:
 * recorded/grafana.txt. Run: TOCSIN_PEERS=… node --test test/api/grafana.integration.ts
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertAgree } from './compare-answers.ts';
import { type PrometheusPeers, startPrometheusPeers } from './prometheus-peers.ts';
import { readRequestTable } from './request-table.ts';
import { END_MS } from './same-series.ts';

let peers: PrometheusPeers;

before(async () => {
  peers = await startPrometheusPeers();
});

after(async () => {
  await peers?.stop();
});

test('the requests of a data source are answered as by Prometheus', async (t) => {
  const requests = readRequestTable('grafana.txt', END_MS);
  t.diagnostic(`${requests.length} requests`);
  await assertAgree(peers, requests);
});

test('Grafana takes it for a Prometheus of a version with label matchers, exemplars and UTF-8 names', async () => {
  const reply = await fetch(`${peers.ourUrl}/api/v1/status/buildinfo`);
  const { data: build } = Object(await reply.json());
  // Features would make it a Mimir.
  assert.equal(build.features, undefined);
  const [major = 0, minor = 0] = String(build.version).split('.').map(Number);
  assert.ok(major > 3 || (major === 3 && minor >= 0), build.version);
});
