/** The documentation names everything there is, and its links lead somewhere. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseSettings } from '../lib/app/settings.ts';
import { parseManifest } from '../lib/local/manifest.ts';

const project = fileURLToPath(new URL('../', import.meta.url));
const read = (path: string): string => readFileSync(join(project, path), 'utf8');

/** Keys whose entries people name themselves. */
const FREE_KEYS = new Set(['external_labels', 'severity.aliases', 'receivers.NAME.severity_map']);

function keysOf(value: unknown, path = ''): readonly string[] {
  const isSection = typeof value === 'object' && value !== null && !Array.isArray(value) && !FREE_KEYS.has(path);
  if (!isSection) return [path];
  return Object.entries(value).flatMap(([key, inner]) => keysOf(inner, path === '' ? key : `${path}.${key}`));
}

/** Headings as the addresses that a page gives them. */
function anchorsOf(markdown: string): readonly string[] {
  const headings = markdown.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('docs/configuration.md describes every setting', () => {
  const { settings, issues } = parseSettings('receivers: { NAME: {} }', 'tocsin.yml');
  assert.deepEqual(issues, []);
  const keys = keysOf(settings);
  assert.ok(keys.includes('receivers.NAME.log') && keys.includes('query.timeout'), keys.join(' '));
  const text = read('docs/configuration.md');
  assert.deepEqual(
    keys.filter((key) => !text.includes(`| \`${key}\` |`)),
    [],
  );
});

test('docs/configuration.md describes no setting that there is not', () => {
  const text = read('docs/configuration.md');
  const [, settingsPart = ''] = /^## tocsin\.yml$(.*?)^## /ms.exec(text) ?? [];
  const { settings } = parseSettings('receivers: { NAME: {} }', 'tocsin.yml');
  const known = new Set([...keysOf(settings), 'receivers']);
  const described = [...settingsPart.matchAll(/^\| `([^`]+)` \|/gm)].map(([, key = '']) => key);
  assert.ok(described.includes('external_url') && described.includes('log.level'));
  assert.deepEqual(
    described.filter((key) => !known.has(key)),
    [],
  );
});

test('the durations that docs/configuration.md gives as defaults are the defaults', () => {
  const written = [...read('docs/configuration.md').matchAll(/^\| `([a-z_]+)\.([a-z_]+)` \| `(\d+[a-z]+)` \| /gm)];
  assert.ok(written.length >= 9);
  for (const [, section = '', key = '', value = ''] of written) {
    const { settings, issues } = parseSettings(`${section}: {${key}: ${value}}`, 'tocsin.yml');
    assert.deepEqual([settings, issues], [parseSettings('', 'tocsin.yml').settings, []], `${section}.${key}`);
  }
});

test('docs/configuration.md has every variable of the environment', () => {
  const names = new Set(read('lib/app/config.ts').match(/TOCSIN_[A-Z_]+/g));
  assert.ok(names.size > 8);
  const text = read('docs/configuration.md');
  assert.deepEqual(
    [...names].filter((name) => !text.includes(`\`${name}\``)),
    [],
  );
});

test('docs/http.md lists every route, and no other', () => {
  const { routes } = parseManifest(read('serverless.yml'), 'serverless.yml');
  const listed = [...read('docs/http.md').matchAll(/^\| `([A-Z]+ \/[^`]*)` \|/gm)].map(([, route]) => route);
  assert.deepEqual(listed.toSorted(), routes.map(({ method, path }) => `${method} ${path}`).toSorted());
});

const documents = readdirSync(join(project, 'docs')).map((name) => `docs/${name}`);

test('code and tests that documents name are there', () => {
  const named = documents.flatMap((page) =>
    [...read(page).matchAll(/`((?:lib|test|functions|config)\/[\w./-]+\.(?:ts|yml))`/g)].map(([, path = '']) => path),
  );
  assert.ok(named.length > 10);
  assert.deepEqual(
    named.filter((path) => !existsSync(join(project, path))),
    [],
  );
});

suite('links', () => {
  const pages = ['README.md', ...documents];
  test('lead to every document', () => {
    const linked = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([\w./-]+\.md)/g)].map(([, target = '']) => join(dirname(page), target)),
    );
    assert.deepEqual(
      documents.filter((document) => !linked.includes(document)),
      [],
    );
  });
  for (const page of pages.filter((name) => name.endsWith('.md'))) {
    test(`of ${page} lead to a file, and to a heading in it`, () => {
      const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
      const broken = links.filter((link) => {
        if (/^[a-z]+:/.test(link)) return false;
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? page : join(dirname(page), file);
        if (!existsSync(join(project, target))) return true;
        return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
      });
      assert.deepEqual(broken, []);
    });
  }
});
