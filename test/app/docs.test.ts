/** The documents name everything there is, and nothing that is not. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseSettings } from '../../lib/app/settings.ts';
import { parseManifest } from '../../lib/local/manifest.ts';

const project = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, project), 'utf8');
const configuration = read('docs/configuration.md');

/** Dotted paths of a value's leaves; lists and records of free names are leaves. */
function pathsOf(value: unknown, before = ''): readonly string[] {
  const isSection = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isSection || freeNames.has(before)) return [before];
  return Object.entries(value).flatMap(([key, each]) => pathsOf(each, before === '' ? key : `${before}.${key}`));
}

const freeNames = new Set(['external_labels', 'severity.aliases', 'receivers.NAME.severity_map']);

test('docs/configuration.md has every key of tocsin.yml, with its default where that is plain, and no other', () => {
  const { settings } = parseSettings('receivers: {NAME: {}}', 'tocsin.yml');
  const keys = pathsOf(settings);
  assert.ok(keys.length > 25, `only ${keys.length} keys`);
  const rows = new Map(
    [...configuration.matchAll(/^\| `([a-zA-Z_.]+)` \| (.*?) \| /gm)].map(([, key = '', value = '']) => [key, value]),
  );
  const documented = [...rows.keys()].filter((key) => /^[a-z]/.test(key) && key !== 'tocsin.yml');
  assert.deepEqual(
    documented.filter((key) => !key.endsWith('.yml')),
    keys,
  );
  const { query, ingest } = settings;
  assert.equal(rows.get('query.max_samples'), `\`${query.max_samples}\``);
  assert.equal(rows.get('ingest.max_body_bytes'), `\`${ingest.max_body_bytes}\``);
  for (const feature of ['promql-duration-expr', 'promql-delayed-name-removal', 'promql-binop-fill-modifiers']) {
    assert.ok(configuration.includes(`\`${feature}\``), feature);
  }
});

test('the durations that docs/configuration.md gives as defaults are the defaults', () => {
  const written = [...configuration.matchAll(/^\| `([a-z_]+)\.([a-z_]+)` \| `(\d+[a-z]+)` \| /gm)];
  assert.ok(written.length >= 9);
  const lines = written.map(([, section = '', key = '', value = '']) => `${section}: {${key}: ${value}}`);
  for (const line of lines) {
    const { settings, issues } = parseSettings(line, 'tocsin.yml');
    assert.deepEqual(issues, [], line);
    assert.deepEqual(settings, parseSettings('', 'tocsin.yml').settings, line);
  }
});

test('docs/configuration.md has every variable of the environment', () => {
  const code = read('lib/app/config.ts');
  const names = new Set(code.match(/TOCSIN_[A-Z_]+/g));
  assert.ok(names.size > 8);
  for (const name of names) assert.ok(configuration.includes(`\`${name}\``), name);
});

test('docs/http.md has every route of serverless.yml', () => {
  const document = read('docs/http.md');
  const { routes } = parseManifest(read('serverless.yml'), 'serverless.yml');
  assert.ok(routes.length > 15);
  const missing = routes
    .map(({ method, path }) => `${method} ${path}`)
    .filter((route) => !document.includes(`\`${route}\``));
  assert.deepEqual(missing, []);
});

test('every document is linked, and every link leads somewhere', () => {
  const documents = readdirSync(new URL('docs/', project)).map((name) => `docs/${name}`);
  const linked = new Set<string>();
  for (const path of ['README.md', ...documents]) {
    for (const [, target = ''] of read(path).matchAll(/\]\(([^)#\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const url = new URL(target, new URL(path, project));
      assert.ok(existsSync(url), `${path} links ${target}`);
      linked.add(url.pathname.slice(project.pathname.length));
    }
  }
  assert.deepEqual(
    documents.filter((path) => !linked.has(path)),
    [],
  );
});

test('what documents name as tests and code is there', () => {
  for (const name of readdirSync(new URL('docs/', project))) {
    for (const [, path = ''] of read(`docs/${name}`).matchAll(
      /`((?:lib|test|functions|config)\/[\w./-]+\.(?:ts|yml))`/g,
    )) {
      assert.ok(existsSync(new URL(path, project)), `docs/${name} names ${path}`);
    }
  }
});
