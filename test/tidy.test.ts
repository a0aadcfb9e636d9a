import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Breach, readSources, readTracked, trackedFiles } from './support/source-files.ts';
import { tidyCode } from './support/tidy-code.ts';
import { importCycles, importsOf, tidyImports } from './support/tidy-imports.ts';

/** Breaches that stand for a reason: "path rule" and why. At most five. */
const exemptions: Readonly<Record<string, string>> = {};

const sources = readSources(['functions', 'lib', 'test']);
const ours = sources.filter((file) => !file.path.startsWith('test/'));

function assertNone(breaches: readonly Breach[]): void {
  const standing = breaches.filter((breach) => exemptions[`${breach.path} ${breach.rule}`] === undefined);
  assert.deepEqual(
    standing.map((b) => `${b.path}:${b.line}: ${b.rule}: ${b.message}`),
    [],
  );
}

test('files, functions and names keep to the limits of the style', () => {
  assert.ok(ours.length > 10, 'no sources were found');
  assertNone(sources.flatMap(tidyCode));
});

test('imports follow the layout, and the core is pure', () => assertNone(ours.flatMap(tidyImports)));

test('no import cycles, not even of types', () => assert.deepEqual(importCycles(ours), []));

test('every exported value is used by another file', () => {
  const mentioned = new Map<string, Set<string>>();
  for (const file of sources) {
    for (const word of new Set(file.text.match(/\b[A-Za-z_]\w*\b/g) ?? [])) {
      const paths = mentioned.get(word) ?? new Set<string>();
      mentioned.set(word, paths.add(file.path));
    }
  }
  const unused = ours
    .filter((file) => !file.path.startsWith('functions/'))
    .flatMap((file) =>
      [...file.code.matchAll(/^export (?:async )?(?:const|function|class) (\w+)/gm)]
        .map((match) => match[1] ?? '')
        .filter((name) => [...(mentioned.get(name) ?? [])].every((path) => path === file.path))
        .map((name) => `${file.path}: ${name}`),
    );
  assert.deepEqual(unused, []);
});

test('tests use no real clock, no sleeping and no module mocks', () => {
  const breaches = sources
    .filter((file) => file.path.endsWith('.test.ts'))
    .flatMap((file) =>
      [...file.code.matchAll(/\bsetTimeout\b|\bDate\.now\b|\bmock\.module\b|\bperformance\.now\b/g)].map((match) => ({
        path: file.path,
        line: file.lineOf(match.index),
        rule: 'test-clock',
        message: `${match[0]}: use the virtual clock`,
      })),
    );
  assertNone(breaches);
});

test('what is tracked names no registry and no foreign file', () => {
  const lock = readTracked('package-lock.json');
  assert.equal(/"resolved": *"https?:/.test(lock), false, 'npm config set omit-lockfile-registry-resolved true');
  const top = new Set(trackedFiles().map((path) => path.split('/')[0]));
  const allowed = new Set(
    'package.json package-lock.json tsconfig.json biome.json serverless.yml functions lib test events config docs README.md BENCHMARKS.md LICENSE .ci .gitignore'.split(
      ' ',
    ),
  );
  assert.deepEqual(
    [...top].filter((name) => name !== undefined && !allowed.has(name)),
    [],
  );
});

test('the list of exemptions stays short', () => {
  assert.ok(Object.keys(exemptions).length <= 5);
  assert.ok(
    ours.every((file) =>
      importsOf(file).every(([specifier]) => !specifier.startsWith('.') || specifier.endsWith('.ts')),
    ),
  );
});
