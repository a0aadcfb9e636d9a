import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { normalised, startPeers } from './peers.ts';
import { type ApiRequest, apiRequests } from './requests.ts';

const routing = `
route:
  receiver: default
  group_by: [alertname]
  routes: [{receiver: dba, matchers: ['team="dba"'], group_by: ['...']}]
receivers: [{name: default}, {name: dba, labels: {owner: team-dba}}]
inhibit_rules: [{name: sev, source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [cluster]}]
`;

const peers = await startPeers(routing);
after(() => peers.stop());

async function ask(url: string, { method, target, headers, body }: ApiRequest): Promise<readonly unknown[]> {
  const reply = await fetch(`${url}${target}`, {
    method,
    headers: headers ?? {},
    ...(body === undefined || body === '' ? {} : { body }),
  });
  const common = ['content-type', 'cache-control', 'access-control-allow-origin'];
  const allowed = reply.headers.get('allow')?.split(',').sort();
  return [reply.status, normalised(await reply.text()), allowed, ...common.map((name) => reply.headers.get(name))];
}

for (const request of apiRequests) {
  const { method, target, body = '', headers } = request;
  test(`${method} ${target} ${body} ${JSON.stringify(headers ?? {})} is answered alike`, async () => {
    assert.deepEqual(await ask(peers.ourUrl, request), await ask(peers.realUrl, request));
  });
}
