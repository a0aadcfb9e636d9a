import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { readCheckedConfig } from '../../lib/app/check-config.ts';
import { InvalidInput, printIssue } from '../../lib/model/issue.ts';

const ROUTING = 'route: { receiver: log }\nreceivers: [{ name: log }]\n';

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-config-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

async function mistakesOf(folder: string): Promise<readonly string[]> {
  try {
    await readCheckedConfig({ TOCSIN_CONFIG: folder }, 'v=0');
    return [];
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return error.issues.map(printIssue);
  }
}

test('mistakes of settings, modules, rules, routing and templates come at once', async () => {
  const mistakes = await mistakesOf(
    folderOf({
      'tocsin.yml': 'unknown: 1\nevaluation: { interval: soon }\n',
      'rules/a.yml':
        'groups:\n  - name: a\n    rules:\n      - { alert: X, expr: rate(foo) }\n      - { record: r, expr: sum( }\n',
      'rules/b.ts': 'throw new Error("boom");\n',
      'alertmanager.yml':
        'route: { receiver: chat }\ntemplates: ["*.tmpl"]\nreceivers:\n  - name: chat\n' +
        '    slack_configs: [{ api_url: "http://slack.test/", channel: x, title: "{{ nofunc }}" }]\n',
      'a.tmpl': '{{ define "x" }}\n{{ if }}{{ end }}{{ end }}\n',
    }),
  );
  assert.deepEqual(mistakes.slice(-2), [
    'a.tmpl:2: missing value for if',
    'alertmanager.yml:5:73 receivers[0].slack_configs[0].title: function "nofunc" not defined',
  ]);
  assert.deepEqual(
    mistakes.map((mistake) => mistake.split(/[: ]/)[0]),
    ['tocsin.yml', 'tocsin.yml', 'rules/b.ts', 'rules/a.yml', 'rules/a.yml', 'a.tmpl', 'alertmanager.yml'],
    mistakes.join('\n'),
  );
});

test('what is right in settings counts for the other files', async () => {
  const files = { 'tocsin.yml': 'alertmanager_file: routing.yml\nlog: { level: loud }\n', 'routing.yml': ROUTING };
  const [mistake, ...others] = await mistakesOf(folderOf(files));
  assert.match(mistake ?? '', /^tocsin\.yml:2:8 log\.level: /);
  assert.deepEqual(others, []);
});

function aliasesOfAliases(): string {
  const lines = [...'bcdefghi'].map(
    (name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(', ')}]\n`,
  );
  return `a: &a [x, x, x, x, x, x, x, x, x]\n${lines.join('')}`;
}

const hostile: readonly (readonly [name: string, text: string])[] = [
  ['aliases of aliases', aliasesOfAliases()],
  ['deep nesting', `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`],
  ['bytes', '\u0000\u0001\ufffd\u0007: {'],
  ['another type', '[1, 2]'],
];

for (const [name, text] of hostile) {
  test(`in files of ${name}, the place of a mistake is told`, async () => {
    const mistakes = await mistakesOf(folderOf({ 'tocsin.yml': text, 'rules/a.yml': text, 'alertmanager.yml': text }));
    for (const file of ['tocsin.yml', 'rules/a.yml', 'alertmanager.yml']) {
      const own = mistakes.filter((mistake) => mistake.startsWith(`${file}:1:`));
      assert.ok(own.length > 0, `${file}: ${mistakes.join('\n')}`);
      assert.doesNotMatch(own.join('\n'), /\n\s+at /);
    }
  });
}

test('files may be links, as Kubernetes mounts them; its hidden folders are not read twice', async () => {
  const folder = folderOf({ '..2026/alertmanager.yml': ROUTING, '..2026/a.yml': 'groups: 5\n' });
  symlinkSync('..2026', join(folder, '..data'));
  symlinkSync('..data/alertmanager.yml', join(folder, 'alertmanager.yml'));
  mkdirSync(join(folder, 'rules'));
  symlinkSync('../..data/a.yml', join(folder, 'rules', 'a.yml'));
  const [mistake, ...others] = await mistakesOf(folder);
  assert.match(mistake ?? '', /^rules\/a\.yml:/);
  assert.deepEqual(others, []);
});
