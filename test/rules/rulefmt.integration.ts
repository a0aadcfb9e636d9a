/** Rule files against the real `promtool check rules`: the same ones are accepted, and those refused are refused with the same texts. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Issue } from '../../lib/model/issue.ts';
import { STABLE_FEATURES } from '../../lib/promql/features.ts';
import { readRuleFile } from '../../lib/rules/rule-file.ts';
import { folderOf } from './peers.ts';
import { wrongFiles } from './rule-file-cases.ts';

const conformance = join(folderOf('TOCSIN_SHARED'), 'conformance');
const promtool = join(folderOf('TOCSIN_PEERS'), 'promtool');
const folder = mkdtempSync(join(tmpdir(), 'tocsin-rules-'));
after(() => rmSync(folder, { recursive: true }));

interface Verdict {
  readonly isAccepted: boolean;
  /** "4:17 message", place left out where promtool has none. */
  readonly complaints: readonly string[];
  /** The file could not be decoded: promtool says so and looks no further. */
  readonly isUndecodable: boolean;
}

function promtoolVerdict(text: string): Verdict {
  const file = join(folder, 'rules.yml');
  writeFileSync(file, text);
  const run = spawnSync(promtool, ['check', 'rules', '--lint=none', file], { encoding: 'utf8' });
  assert.equal(run.error, undefined);
  const complaints = run.stderr
    .replace(/^ {2}FAILED:\n/, '')
    .split(`${file}: `)
    .map((complaint) => complaint.trim())
    .filter((complaint) => complaint !== '');
  const isUndecodable = complaints.some((complaint) =>
    /^(yaml:|not a valid duration|unknown unit|empty duration)/.test(complaint),
  );
  const lines = complaints.flatMap((complaint) => complaint.replace(/^yaml: unmarshal errors:\n/, '').split('\n'));
  return { isAccepted: run.status === 0, isUndecodable, complaints: [...new Set(lines.map(normalise))].sort() };
}

/** promtool decodes twice, into types with slightly different names, and prefixes one, two or no places. */
function normalise(line: string): string {
  const text = line
    .trim()
    .replaceAll('rulefmt.ruleGroups', 'rulefmt.RuleGroups')
    .replace(/rulefmt\.(Rule|RuleGroup)Node/, 'rulefmt.$1');
  const decode = /^line (\d+): (.*)$/.exec(text);
  if (decode !== null) return `line ${decode[1]} ${decode[2]}`;
  const [, places = '', message = ''] = /^((?:\d+:\d+: )*)(.*)$/.exec(text) ?? [];
  const place = places.split(': ').find((one) => one !== '' && one !== '0:0');
  return place === undefined ? message : `${place} ${message}`;
}

/** Ours as promtool would say it. Of one expression promtool reports the first issue. */
function ourComplaints(issues: readonly Issue[], theirs: Verdict): readonly string[] {
  const placed = new Set(theirs.complaints);
  const seen = new Set<string>();
  const first = issues.filter(({ path, code, message }) => {
    const isRepeat = message.includes('could not parse expression') && seen.has(path);
    seen.add(path);
    return !isRepeat && code !== 'interval';
  });
  const said = first.map(({ line, column, message }) => {
    const withLine = `line ${line} ${message}`;
    if (placed.has(withLine)) return withLine;
    const withPlace = `${line}:${column} ${message}`;
    return placed.has(withPlace) ? withPlace : message.trim();
  });
  return [...new Set(said)].sort();
}

function compare(text: string): void {
  const theirs = promtoolVerdict(text);
  const { issues } = readRuleFile('rules.yml', text, {
    intervalMs: 60_000,
    queryOffsetMs: 0,
    features: STABLE_FEATURES,
  });
  assert.equal(issues.length === 0, theirs.isAccepted, issues.map(({ message }) => message).join('\n'));
  const ours = ourComplaints(issues, theirs);
  if (!theirs.isUndecodable) assert.deepEqual(ours, theirs.complaints);
  // promtool's own decoder stops at the first wrong duration and at the first mapping with a repeated key; we name what follows, too.
  for (const complaint of theirs.complaints)
    assert.ok(ours.includes(complaint), `${complaint}\nis not among\n${ours.join('\n')}`);
}

for (const part of ['rulefmt', 'rules-fixtures']) {
  const files = readdirSync(join(conformance, part)).filter((name) => /\.ya?ml$/.test(name));
  test(`${part} holds rule files`, () => assert.ok(files.length > 10));
  for (const name of files) {
    test(`as promtool: ${part}/${name}`, () => compare(readFileSync(join(conformance, part, name), 'utf8')));
  }
}

const promtoolFiles = [
  'rules.yml',
  'at-modifier.yml',
  'bad-promql.yml',
  'negative-offset.yml',
  'long-period.yml',
  'bad-rules-syntax.yml',
  'rules_extrafields.yml',
  'rules_duplicates.yml',
  'rules_large.yml',
  'prometheus-rules.lint.yml',
];
for (const name of promtoolFiles) {
  test(`as promtool: promtool/${name}`, () => compare(readFileSync(join(conformance, 'promtool', name), 'utf8')));
}

for (const { what, text, isOurLimit } of wrongFiles) {
  if (isOurLimit !== true) test(`as promtool: ${what}`, () => compare(text));
}
