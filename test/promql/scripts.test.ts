import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runScript } from './script-runner.ts';

// PromQL by example: each script is a lesson. Every case runs as written, on data that arrived backwards, pinned with @ at
// other times, and as a range query.
const folder = new URL('scripts/', import.meta.url);

for (const file of readdirSync(folder).filter((name) => name.endsWith('.test'))) {
  test(`${file} holds in every form`, () => {
    const results = runScript(readFileSync(new URL(file, folder), 'utf8'));
    assert.ok(results.length > 5, 'a script has cases');
    assert.deepEqual(
      results
        .filter(({ outcome }) => outcome !== 'passed')
        .map(({ line, query, reason }) => `${file}:${line}: ${query}\n${reason}`),
      [],
    );
  });
}

test('a wrong expectation fails, with the place and the difference', () => {
  const [result] = runScript('load 1m\n  a 1\n\neval instant at 0 a + 1\n  {} 3\n');
  assert.equal(result?.outcome, 'failed');
  assert.equal(result?.line, 4);
  assert.match(result?.reason ?? '', /as written: .* 2 instead of 3/);
});

test('a query that should fail and does not is a failure', () => {
  const [result] = runScript('eval instant at 0 1 + 1\n  expect fail\n');
  assert.equal(result?.outcome, 'failed');
});

test('a command that does not exist names its line', () => {
  assert.throws(() => runScript('load 1m\n  a 1\n\nlaod 1m\n'), /^Error: line 4: invalid command "laod 1m"/);
});
