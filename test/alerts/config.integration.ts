import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseAlertmanagerConfig } from '../../lib/alerts/config.ts';
import { renderAlertmanagerConfig } from '../../lib/alerts/config-render.ts';
import { InvalidInput } from '../../lib/model/issue.ts';
import { requiredFolder } from '../e2e/processes.ts';
import { configCases } from './config-cases.ts';

const shared = requiredFolder('TOCSIN_SHARED');
const peers = requiredFolder('TOCSIN_PEERS');
const folder = mkdtempSync(join(tmpdir(), 'tocsin-config-'));
after(() => rmSync(folder, { recursive: true }));

/** Why a real amtool refuses a configuration; null when it accepts it. */
function refusalOf(yaml: string): string | null {
  const file = join(folder, 'alertmanager.yml');
  writeFileSync(file, yaml);
  const run = spawnSync(join(peers, 'amtool'), ['check-config', file], { encoding: 'utf8' });
  assert.equal(run.error, undefined);
  return run.status === 0 ? null : run.stdout;
}

function ourRefusalOf(yaml: string): string | null {
  try {
    parseAlertmanagerConfig(yaml, { file: null });
    return null;
  } catch (error) {
    assert.ok(error instanceof InvalidInput, String(error));
    return error.issues.map((issue) => issue.message).join('\n');
  }
}

for (const { name, yaml, message } of configCases) {
  test(`amtool and we agree on ${name}`, () => {
    const refusal = refusalOf(yaml);
    assert.equal(refusal === null, message === null, refusal ?? 'amtool accepts it');
    if (message !== null) assert.ok(refusal?.includes(message), `amtool: ${refusal}`);
    assert.equal(ourRefusalOf(yaml) === null, message === null, ourRefusalOf(yaml) ?? 'we accept it');
    if (message === null) {
      assert.equal(refusalOf(renderAlertmanagerConfig(parseAlertmanagerConfig(yaml, { file: null }))), null);
    }
  });
}

for (const path of ['captures/alertmanager.yml', 'seeds/mistralrs/alertmanager.yml']) {
  test(`${path} loads, and amtool loads what we print of it`, () => {
    const config = parseAlertmanagerConfig(readFileSync(join(shared, path), 'utf8'), { file: path });
    const printed = renderAlertmanagerConfig(config);
    assert.equal(refusalOf(printed), null);
    assert.equal(renderAlertmanagerConfig(parseAlertmanagerConfig(printed, { file: null })), printed);
  });
}

test('the status of a real Alertmanager is what we print', () => {
  const responses: readonly { name: string; body: { config: { original: string } } }[] = JSON.parse(
    readFileSync(join(shared, 'captures/api/responses.json'), 'utf8'),
  );
  const { original } = responses.find((each) => each.name === 'status')?.body.config ?? { original: '' };
  assert.ok(original.includes('receivers:'));
  assert.equal(renderAlertmanagerConfig(parseAlertmanagerConfig(original, { file: null })), original);
});
