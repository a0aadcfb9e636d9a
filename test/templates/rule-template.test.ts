import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '../../lib/model/labels.ts';
import type { QueryAnswer } from '../../lib/templates/rule-functions.ts';
import { checkRuleTemplate, expandRuleTemplate, type RuleExpansion } from '../../lib/templates/rule-template.ts';

const answers: ReadonlyMap<string, QueryAnswer> = new Map<string, QueryAnswer>([
  [
    'up',
    {
      kind: 'samples',
      samples: [
        { labels: labelsOf({ job: 'b', __value__: 'text' }), value: 0 },
        { labels: labelsOf({ job: 'a' }), value: 2.5 },
      ],
    },
  ],
  ['none', { kind: 'samples', samples: [] }],
  ['bad(', { kind: 'error', message: '1:5: parse error: unclosed left parenthesis' }],
]);

function expand(text: string, value: number | { readonly histogramText: string } = 2.5): RuleExpansion {
  return expandRuleTemplate({
    ruleName: 'Down',
    text,
    labels: labelsOf({ __name__: 'metric', x: '2' }),
    externalLabels: labelsOf({ region: 'eu' }),
    externalUrl: 'https://prom.example/base/path',
    value,
    evalAtMs: 1_643_114_203_500,
    query: (expression) => answers.get(expression) ?? { kind: 'unknown' },
  });
}

const rows: readonly (readonly [text: string, expected: string])[] = [
  ['no template', 'no template'],
  [
    '{{ $labels.x }} {{ $value }} {{ $externalLabels.region }} {{ $externalURL }}',
    '2 2.5 eu https://prom.example/base/path',
  ],
  [
    '{{ .Labels.x }} {{ .Value }} {{ .ExternalLabels.region }} {{ .ExternalURL }}',
    '2 2.5 eu https://prom.example/base/path',
  ],
  ['{{ externalURL }} {{ pathPrefix }}', 'https://prom.example/base/path /base/path'],
  ['{{ $labels }}|{{ $labels.missing }}|', 'map[__name__:metric x:2]||'],
  ['{{ query "up" | len }} {{ query "up" | first | label "job" }} {{ query "up" | first | value }}', '2 b 0'],
  ['{{ range query "up" | sortByLabel "job" }}{{ .Labels.job }}={{ .Value }} {{ end }}', 'a=2.5 b=0 '],
  ['{{ query "up" | first | strvalue }}{{ range query "none" }}x{{ else }}, none{{ end }}', 'text, none'],
  ['{{ with query "up" }}{{ . | first | label "nope" }}{{ end }}|', '|'],
  ['{{ humanize 0 }} {{ humanize 999.99 }} {{ humanize 1234567 }} {{ humanize 1048576 }}', '0 1000 1.235M 1.049M'],
  [
    '{{ humanize 0.00012345 }} {{ humanize -0.5 }} {{ humanize 1e30 }} {{ humanize 1e-30 }}',
    '123.4u -500m 1e+06Y 1e-06y',
  ],
  ['{{ humanize "Inf" }} {{ humanize "NaN" }} {{ humanize "-1.5e3" }} {{ humanize 1000 }}', '+Inf NaN -1.5k 1k'],
  [
    '{{ humanize1024 1023 }} {{ humanize1024 1024 }} {{ humanize1024 1048576 }} {{ humanize1024 -2048 }}',
    '1023 1ki 1Mi -2ki',
  ],
  ['{{ humanize1024 0.5 }} {{ humanize1024 "Inf" }} {{ humanize1024 1e30 }}', '0.5 +Inf 8.272e+05Yi'],
  [
    '{{ humanizeDuration 0 }} {{ humanizeDuration 60 }} {{ humanizeDuration 3600 }} {{ humanizeDuration 86400 }}',
    '0s 1m 0s 1h 0m 0s 1d 0h 0m 0s',
  ],
  [
    '{{ humanizeDuration 90061 }} {{ humanizeDuration 135.3563 }} {{ humanizeDuration 899.99 }}',
    '1d 1h 1m 1s 2m 15s 14m 59s',
  ],
  [
    '{{ humanizeDuration 12.345678 }} {{ humanizeDuration 1.234567 }} {{ humanizeDuration 0.1 }}',
    '12.35s 1.235s 100ms',
  ],
  [
    '{{ humanizeDuration 0.0001 }} {{ humanizeDuration 1e-9 }} {{ humanizeDuration -90061 }} {{ humanizeDuration "NaN" }}',
    '100us 1ns -1d 1h 1m 1s NaN',
  ],
  [
    '{{ humanizePercentage 0.959 }} {{ humanizePercentage 0.1234567 }} {{ humanizePercentage 12345 }}',
    '95.9% 12.35% 1.234e+06%',
  ],
  ['{{ humanizeTimestamp 1643114203 }}', '2022-01-25 12:36:43 +0000 UTC'],
  ['{{ humanizeTimestamp 1643114203.123 }} {{ humanizeTimestamp "-Inf" }}', '2022-01-25 12:36:43.122 +0000 UTC -Inf'],
  ['{{ toTime 1643114203.5 }} {{ (toTime 1643114203).Year }}', '2022-01-25 12:36:43.5 +0000 UTC 2022'],
  ['{{ toDuration 90 }} {{ (toDuration 90).Minutes }} {{ toDuration "0.001" }}', '1m30s 1.5 1ms'],
  ['{{ now }} {{ parseDuration "2h10m15s" }}', '1.6431142035e+09 7815'],
  [
    '{{ title "hello wORLD foo-bar o\'neil" }} {{ toUpper "aß" }} {{ toLower "ÀB" }}',
    "Hello WORLD Foo-Bar O'neil Aß àb",
  ],
  [
    '{{ stripPort "[::1]:6006" }} {{ stripPort "a:b:c" }} {{ stripPort "host:80" }} {{ stripPort "host" }}',
    '::1 a:b:c host host',
  ],
  [
    '{{ stripDomain "host.example.com:80" }} {{ stripDomain "192.0.2.1:80" }} {{ stripDomain "::1" }}',
    'host:80 192.0.2.1:80 ::1',
  ],
  [
    '{{ stripDomain "[2001:db8::1]:80" }} {{ stripDomain "1.2.3" }} {{ stripDomain "::ffff:1.2.3.4" }}',
    '[2001:db8::1]:80 1 ::ffff:1.2.3.4',
  ],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the braces are the template's.
  ['{{ match "a.c" "xabcx" }} {{ reReplaceAll "(a)(b)" "$2-${1}x" "ab ab" }}', 'true b-ax b-ax'],
  [
    '{{ graphLink "up{a=\\"b\\"} > 1" }} {{ tableLink "up" }}',
    '/graph?g0.expr=up%7Ba%3D%22b%22%7D+%3E+1&g0.tab=0 /graph?g0.expr=up&g0.tab=1',
  ],
  [
    '{{ args 1 "a" }} {{ (args 1 2).arg1 }} {{ safeHtml "<b>" }} {{ urlQueryEscape "a b" }}',
    'map[arg0:1 arg1:a] 2 <b> a+b',
  ],
  [
    '{{ if gt $value 1.0 }}high{{ end }} {{ printf "%.1f" $value }} {{ printf "%d" $value }}',
    'high 2.5 %!d(float64=2.5)',
  ],
  ['{{ print 1 2 "a" "b" 3 }}', '1 2ab3'],
];

test('expands the labels and annotations of an alert', async (t) => {
  for (const [text, expected] of rows) {
    await t.test(text, () => assert.deepEqual(expand(text), { kind: 'text', text: expected }));
  }
});

const failures: readonly (readonly [text: string, column: number, message: string])[] = [
  [
    '{{ .Foo }}',
    115,
    `executing "__alert_Down" at <.Foo>: can't evaluate field Foo in type struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }`,
  ],
  [
    '{{ gt $value 1 }}',
    115,
    'executing "__alert_Down" at <gt $value 1>: error calling gt: incompatible types for comparison: float64 and int',
  ],
  [
    '{{ query "none" | first }}',
    130,
    'executing "__alert_Down" at <first>: error calling first: first() called on vector with no elements',
  ],
  [
    '{{ query "bad(" }}',
    115,
    'executing "__alert_Down" at <query "bad(">: error calling query: 1:5: parse error: unclosed left parenthesis',
  ],
  [
    '{{ humanize "abc" }}',
    115,
    'executing "__alert_Down" at <humanize "abc">: error calling humanize: strconv.ParseFloat: parsing "abc": invalid syntax',
  ],
  [
    '{{ humanize true }}',
    115,
    `executing "__alert_Down" at <humanize true>: error calling humanize: can't convert bool to float`,
  ],
  [
    '{{ humanizeTimestamp 1e30 }}',
    115,
    'executing "__alert_Down" at <humanizeTimestamp 1e30>: error calling humanizeTimestamp: 1e+30 cannot be represented as a nanoseconds timestamp since it overflows int64',
  ],
  ['{{ toTime "NaN" }}', 115, 'executing "__alert_Down" at <toTime "NaN">: error calling toTime: value is NaN or Inf'],
  [
    '{{ parseDuration "x" }}',
    115,
    'executing "__alert_Down" at <parseDuration "x">: error calling parseDuration: not a valid duration string: "x"',
  ],
  ['{{ label "x" 1 }}', 125, `executing "__alert_Down" at <1>: can't handle 1 for arg of type *template.sample`],
];

test('a failing template puts its error in the place of its text, with columns that count the definitions before it', async (t) => {
  for (const [text, column, message] of failures) {
    const error = `error executing template __alert_Down: template: __alert_Down:1:${column}: ${message}`;
    await t.test(text, () =>
      assert.deepEqual(expand(text), { kind: 'failed', text: `<error expanding template: ${error}>` }),
    );
  }
  assert.deepEqual(expand('{{ nofunc }}'), {
    kind: 'failed',
    text: '<error expanding template: error parsing template __alert_Down: template: __alert_Down:1: function "nofunc" not defined>',
  });
});

test('asks for the result of a query that was not loaded', () => {
  assert.deepEqual(expand('{{ query "up" | len }} {{ query "missing" | len }}'), {
    kind: 'needs-query',
    expression: 'missing',
  });
});

test('a histogram prints as its text', () => {
  assert.deepEqual(expand('{{ $value }}', { histogramText: '{count:2, sum:3}' }), {
    kind: 'text',
    text: '{count:2, sum:3}',
  });
});

test('checks at load what does not parse, and nothing else', () => {
  const check = (text: string): string | null => checkRuleTemplate({ ruleName: 'x', text });
  assert.equal(check('{{ $labels.x }} {{ query "any" | first | value | humanize }}'), null);
  assert.equal(check('{{ .Nope }} {{ gt $value 1 }}'), null);
  assert.equal(check('{{ nofunc }}'), 'template: __alert_x:1: function "nofunc" not defined');
  assert.equal(check('{{ $label }}'), 'template: __alert_x:1: undefined variable "$label"');
  assert.equal(check('{{ $labels'), 'template: __alert_x:1: unclosed action');
  assert.equal(check('{{ tmpl "x" }}'), 'template: __alert_x:1: function "tmpl" not defined');
});
