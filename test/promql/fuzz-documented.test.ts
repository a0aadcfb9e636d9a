import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BROKEN, CHOICES, OVERWRITTEN, UNSTEADY } from './fuzz/choices.ts';
import { LICENCES } from './fuzz/licences.ts';

const page = readFileSync('docs/differences.md', 'utf8');

test('every difference that the fuzzer lets pass is documented under its name', () => {
  const names = [...CHOICES, ...LICENCES, BROKEN, OVERWRITTEN, UNSTEADY].map(({ name }) => name);
  assert.ok(names.length > 20);
  assert.deepEqual(
    [...new Set(names)].filter((name) => !page.includes(`\n| ${name} |`)),
    [],
  );
});

test('every documented name is that of a difference that the fuzzer lets pass', () => {
  const section = page.slice(page.indexOf('## PromQL against Prometheus 3.5'));
  const firstCells = [...section.matchAll(/^\| ([^|]+) \|/gm)].map((match) => match[1] ?? '');
  const documented = firstCells.filter((cell) => cell !== 'name' && cell !== '---');
  const names = new Set([...CHOICES, ...LICENCES, BROKEN, OVERWRITTEN, UNSTEADY].map(({ name }) => name));
  assert.deepEqual(
    documented.filter((name) => !names.has(name)),
    [],
  );
});
