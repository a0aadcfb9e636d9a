/** Annotations of an alerting rule, expanded by real promtool and by us. Needs TOCSIN_PEERS. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { labelsOf } from '../../lib/model/labels.ts';
import { unquote } from '../../lib/templates/go-quote.ts';
import type { QueryAnswer, TemplateSample } from '../../lib/templates/rule-functions.ts';
import { checkRuleTemplate, expandRuleTemplate } from '../../lib/templates/rule-template.ts';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: the braces are the template's.
const TEXTS: readonly string[] = [
  'plain } text',
  '{{ range query "n" | sortByLabel "i" }}{{ .Labels.i }}={{ .Value }} {{ end }}',
  '{{ query "n" | sortByLabel "i" | first | value }} {{ query "1" | first }} {{ query "1" | first | label "x" }}',
  '{{ query "absent_metric" | first }}',
  '{{ query "n +" }}',
  '{{ query "n[5m]" }}',
  '{{ with query "n" }}{{ . | sortByLabel "i" | first | label "i" }}{{ end }} {{ query "n" | len }} {{ printf "%T %T" (query "n") (query "n" | first) }}',
  '{{ $labels }} {{ $value }} {{ $externalLabels.region }} {{ $externalURL }} {{ .ExternalURL }} {{ .Value }}',
  '{{ . }}',
  '{{ .Foo }}',
  '{{ $labels.nope }}|{{ .Labels.nope.x }}',
  '{{ gt $value 1 }}',
  '{{ gt $value 1.0 }}',
  '{{ printf "%d" 2.5 }} {{ print 1 2 "a" "b" 3 }}',
  '{{ humanize 0 }} {{ humanize 999.99 }} {{ humanize 1234567 }} {{ humanize 1048576.0 }} {{ humanize 0.00012345 }} {{ humanize -0.5 }} {{ humanize 1e30 }} {{ humanize 1e-30 }} {{ humanize "Inf" }} {{ humanize "NaN" }} {{ humanize "1.5" }}',
  '{{ humanize1024 1023 }} {{ humanize1024 1024 }} {{ humanize1024 1048576 }} {{ humanize1024 -2048 }} {{ humanize1024 0.5 }} {{ humanize1024 1 }} {{ humanize1024 "Inf" }} {{ humanize1024 1e30 }}',
  '{{ humanizeDuration 0 }} {{ humanizeDuration 60 }} {{ humanizeDuration 3600 }} {{ humanizeDuration 86400 }} {{ humanizeDuration 90061 }} {{ humanizeDuration 135.3563 }} {{ humanizeDuration 899.99 }} {{ humanizeDuration 12.345678 }} {{ humanizeDuration 1.234567 }} {{ humanizeDuration 0.1 }} {{ humanizeDuration 0.0001 }} {{ humanizeDuration 1e-9 }} {{ humanizeDuration -90061 }} {{ humanizeDuration "NaN" }}',
  '{{ humanizePercentage 0.959 }} {{ humanizePercentage 0.1234567 }} {{ humanizePercentage 123.45 }} {{ humanizePercentage 12345 }}',
  '{{ humanizeTimestamp 1643114203 }} {{ humanizeTimestamp 1643114203.123 }} {{ humanizeTimestamp "Inf" }} {{ humanizeTimestamp "NaN" }} {{ humanizeTimestamp -1.5 }} {{ humanizeTimestamp 0.0005 }}',
  '{{ humanizeTimestamp 1e30 }}',
  '{{ toTime 1643114203.5 }} {{ (toTime 1643114203).Year }} {{ printf "%T" (toTime 1) }}',
  '{{ toTime 1e30 }}',
  '{{ toTime "NaN" }}',
  '{{ toTime "Inf" }}',
  '{{ humanize "abc" }}',
  '{{ humanize true }}',
  '{{ humanize nil }}',
  '{{ humanize (toTime 1) }}',
  '{{ title "hello wORLD foo-bar o\'neil foo_bar 3d éa" }} {{ toUpper "aß" }} {{ toLower "ÀB" }}',
  '{{ stripPort "[::1]:6006" }} {{ stripPort "a:b:c" }} {{ stripPort "host:80" }} {{ stripPort "host" }} {{ stripPort "[::1]" }} {{ stripPort ":80" }}',
  '{{ stripDomain "host.example.com:80" }} {{ stripDomain "192.0.2.1" }} {{ stripDomain "192.0.2.1:80" }} {{ stripDomain "[::1]:80" }} {{ stripDomain "::1" }} {{ stripDomain "host" }} {{ stripDomain "a.b:c:d" }} {{ stripDomain "1.2.3" }} {{ stripDomain "[fe80::1%eth0]:80" }} {{ stripDomain "::ffff:1.2.3.4" }}',
  '{{ match "a.c" "xabcx" }} {{ reReplaceAll "(a)(b)" "$2-${1}x" "ab ab" }}',
  '{{ match "(" "x" }}',
  '{{ reReplaceAll "(" "x" "y" }}',
  '{{ parseDuration "2h10m15s" }} {{ parseDuration "-5m" }} {{ parseDuration "1ms" }}',
  '{{ parseDuration "x" }}',
  '{{ parseDuration "" }}',
  '{{ graphLink "up{a=\\"b\\"} > 1" }} {{ tableLink "up" }}',
  '{{ args 1 "a" nil }} {{ (args 1 2).arg1 }}',
  '{{ safeHtml "<b>" }} {{ printf "%T" (safeHtml "x") }}',
  '{{ label "x" 1 }}',
  '{{ value "x" }}',
  '{{ first "x" }}',
  '{{ strvalue (query "n" | first) }}|',
  '{{ printf "%.2f" $value }} {{ $value | humanize }} {{ printf "%v" $labels }} {{ printf "%T" $value }} {{ printf "%T" . }}',
  '{{ 1.0 }} {{ 1e6 }} {{ 123456.0 }} {{ 1e21 }}',
  '{{ define "t" }}x{{ . }}{{ end }}{{ template "t" $value }}',
  '{{ $x := $value }}{{ if gt $x 2.0 }}big{{ end }}',
  '{{ template "nope" }}',
];

const BROKEN: readonly string[] = [
  '{{ nofunc }}',
  '{{ $label }}',
  '{{ $labels',
  '{{ tmpl "x" }}',
  '{{ if }}',
  'two\nlines {{ end }}',
  '{{ "a }}',
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: the braces are the template's.

const peers = process.env['TOCSIN_PEERS'];
assert.ok(peers, 'TOCSIN_PEERS must name the folder with promtool');

const SERIES: readonly (readonly [series: string, value: number])[] = [
  ['m{x="1",host="h.example.com:80"}', 2.5],
  ['n{i="a10"}', 10],
  ['n{i="a9"}', 9],
  ['n{i="B"}', 1],
];

/** Runs promtool in a folder of its own with the annotations as rule file. */
function promtool(command: readonly string[], annotations: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'templates-'));
  const rule = { alert: 'A', expr: 'm', annotations };
  writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'g', rules: [rule] }] }));
  const unitTest = {
    interval: '1m',
    external_url: 'http://ext.example/prom',
    external_labels: { region: 'eu' },
    input_series: SERIES.map(([series, value]) => ({ series, values: `${value}x10` })),
    alert_rule_test: [{ eval_time: '5m', alertname: 'A', exp_alerts: [] }],
  };
  const tests = { rule_files: ['rules.yml'], evaluation_interval: '1m', tests: [unitTest] };
  writeFileSync(join(folder, 'test.yml'), JSON.stringify(tests));
  const { stdout, stderr } = spawnSync(join(peers ?? '', 'promtool'), [...command], { cwd: folder, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  return stdout + stderr;
}

const samples = (name: string): readonly TemplateSample[] =>
  ['a10', 'a9', 'B'].map((i, at) => ({ labels: labelsOf({ __name__: name, i }), value: [10, 9, 1][at] ?? 0 }));

const ANSWERS: ReadonlyMap<string, QueryAnswer> = new Map<string, QueryAnswer>([
  ['n', { kind: 'samples', samples: samples('n') }],
  ['1', { kind: 'samples', samples: [{ labels: labelsOf({}), value: 1 }] }],
  ['absent_metric', { kind: 'samples', samples: [] }],
  ['n +', { kind: 'error', message: '1:4: parse error: unexpected end of input' }],
  ['n[5m]', { kind: 'error', message: 'rule result is not a vector or scalar' }],
]);

function expand(text: string): string {
  const expansion = expandRuleTemplate({
    ruleName: 'A',
    text,
    labels: labelsOf({ __name__: 'm', x: '1', host: 'h.example.com:80' }),
    externalLabels: labelsOf({ region: 'eu' }),
    externalUrl: 'http://ext.example/prom',
    value: 2.5,
    evalAtMs: 300_000,
    query: (expression) => ANSWERS.get(expression) ?? { kind: 'unknown' },
  });
  return expansion.kind === 'needs-query' ? `needs ${expansion.expression}` : expansion.text;
}

test(`${TEXTS.length} annotations expand as in promtool`, async (t) => {
  const named = new Map(TEXTS.map((text, i) => [`a${String(i).padStart(3, '0')}`, text]));
  const report = promtool(['test', 'rules', 'test.yml'], Object.fromEntries(named));
  const found = new Map(
    [...report.matchAll(/(a\d{3})=("(?:[^"\\]|\\.)*")/g)].map(([, name, quoted]) => [
      name ?? '',
      unquote(quoted ?? ''),
    ]),
  );
  for (const [name, text] of named) {
    await t.test(text.slice(0, 80), () => assert.equal(expand(text), found.get(name) ?? report));
  }
});

test(`${BROKEN.length} templates are refused at load as in promtool`, async (t) => {
  for (const text of BROKEN) {
    await t.test(text, () => {
      const report = promtool(['check', 'rules', 'rules.yml'], { s: text });
      const message = /annotation "s": (.*)/.exec(report)?.[1];
      assert.equal(checkRuleTemplate({ ruleName: 'A', text }), message ?? report);
    });
  }
});
