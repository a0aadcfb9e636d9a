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

test('docs/http.md lists every route, and no other', () => {
  const { routes } = parseManifest(read('serverless.yml'), 'serverless.yml');
  const listed = [...read('docs/http.md').matchAll(/^\| `([A-Z]+ \/[^`]*)` \|/gm)].map(([, route]) => route);
  assert.deepEqual(listed.toSorted(), routes.map(({ method, path }) => `${method} ${path}`).toSorted());
});

suite('links', () => {
  const pages = ['README.md', ...readdirSync(join(project, 'docs')).map((name) => `docs/${name}`)];
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
