import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FunctionTable, fixed, textAt, variadic } from '../../lib/templates/functions.ts';
import { executeTemplate, extendTemplates, parseTemplates } from '../../lib/templates/template.ts';
import { TemplateError } from '../../lib/templates/template-error.ts';
import {
  floatValue,
  intValue,
  listValue,
  mapValue,
  stringMapValue,
  structValue,
  type Value,
} from '../../lib/templates/value.ts';

const functions: FunctionTable = new Map([
  ['upper', fixed(['string'], (args) => textAt(args, 0).toUpperCase())],
  ['list', variadic([], 'any', (args) => listValue(args))],
  ['rest', variadic(['string'], 'string', (args) => args.map((_, i) => textAt(args, i)).join('+'))],
]);

const root: Value = structValue('app.Root', {
  Name: 'web',
  Count: intValue(3),
  Ratio: floatValue(0.25),
  Labels: stringMapValue([
    ['job', 'api'],
    ['b', '2'],
    ['a', '1'],
  ]),
  Anything: mapValue(new Map<string, Value>([['x', null]])),
  Items: listValue(['one', 'two', 'three'], '[]string'),
});

function render(text: string): string {
  try {
    const set = parseTemplates([{ name: 'lib', text: '{{ define "greet" }}Hi {{ . }}{{ end }}' }], functions, 'text');
    return executeTemplate(extendTemplates(set, { name: 't', text }), 't', root);
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

function table(name: string, rows: readonly (readonly [text: string, expected: string])[]): void {
  test(name, async (t) => {
    for (const [text, expected] of rows) await t.test(text, () => assert.equal(render(text), expected));
  });
}

table('text, trim markers and comments', [
  ['', ''],
  ['a }} b', 'a }} b'],
  ['a {{ "b" }} c', 'a b c'],
  ['a {{- " b" -}} \n c', 'a bc'],
  ['a{{/* nothing */}}b {{- /* nor here */ -}} c', 'abc'],
  ['{{ "a" }}{{"b"}}{{`c`}}', 'abc'],
  ['{{\n"a"\n}}', 'a'],
]);

table('constants', [
  ['{{ 1 }} {{ -3 }} {{ 0x1F }} {{ 0b11 }} {{ 0o17 }} {{ 017 }} {{ 1_000 }}', '1 -3 31 3 15 15 1000'],
  ['{{ 1.50 }} {{ 1e3 }} {{ 1e6 }} {{ .5 }} {{ 0x1p-2 }}', '1.5 1000 1e+06 0.5 0.25'],
  ['{{ true }} {{ false }}', 'true false'],
  ["{{ 'a' }} {{ '\\n' }} {{ 'é' }}", '97 10 233'],
  ['{{ 3i }} {{ 1+2i }}', '(0+3i) (1+2i)'],
  ['{{ "tab\\tquote\\"\\u00e9\\x41\\101" }}', 'tab\tquote"éAA'],
  ['{{ `raw\\n` }}', 'raw\\n'],
  ['{{ nil }}', 'template: t:1:3: executing "t" at <nil>: nil is not a command'],
  [
    '{{ 9223372036854775808 }}',
    'template: t:1:3: executing "t" at <9223372036854775808>: 9223372036854775808 overflows int',
  ],
]);

table('fields, maps and variables', [
  ['{{ .Name }} {{ $.Name }} {{ .Labels.job }} {{ (.Labels).job }}', 'web web api api'],
  ['{{ .Labels.missing }}|{{ .Anything.missing }}', '|<no value>'],
  ['{{ .Nope }}', `template: t:1:3: executing "t" at <.Nope>: can't evaluate field Nope in type app.Root`],
  ['{{ .Name.x }}', `template: t:1:8: executing "t" at <.Name.x>: can't evaluate field x in type string`],
  ['{{ .Anything.x.y }}', 'template: t:1:12: executing "t" at <.Anything.x.y>: nil pointer evaluating interface {}.y'],
  ['{{ .Name 1 }}', 'template: t:1:3: executing "t" at <.Name>: Name has arguments but cannot be invoked as function'],
  ['{{ .Labels.job 1 }}', 'template: t:1:10: executing "t" at <.Labels.job>: job is not a method but has arguments'],
  ['{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ end }}{{ $x }}', '2'],
  ['{{ if true }}{{ $y := 1 }}{{ end }}{{ $y }}', 'template: t:1: undefined variable "$y"'],
  ['{{ $y = 1 }}', 'template: t:1:8: executing "t" at <1>: undefined variable: $y'],
  ['é\n é{{ .Nope }}', `template: t:2:6: executing "t" at <.Nope>: can't evaluate field Nope in type app.Root`],
]);

table('if, with and range', [
  ['{{ if .Name }}a{{ else }}b{{ end }}{{ if 0 }}a{{ else if 0.0 }}b{{ else if "" }}c{{ else }}d{{ end }}', 'ad'],
  ['{{ if .Items }}y{{ end }}{{ if list }}n{{ end }}{{ if . }}y{{ end }}', 'yy'],
  ['{{ with .Labels.job }}{{ . }}{{ end }}{{ with .Labels.zz }}{{ else with .Name }} {{ . }}{{ end }}', 'api web'],
  ['{{ range .Items }}{{ . }} {{ end }}{{ range list }}x{{ else }}none{{ end }}', 'one two three none'],
  ['{{ range $i, $x := .Items }}{{ $i }}={{ $x }};{{ end }}', '0=one;1=two;2=three;'],
  ['{{ range $k, $v := .Labels }}{{ $k }}={{ $v }};{{ end }}', 'a=1;b=2;job=api;'],
  ['{{ range 3 }}{{ . }}{{ end }}{{ range .Count }}{{ . }}{{ end }}', '012012'],
  [
    '{{ range .Items }}{{ if eq . "two" }}{{ continue }}{{ end }}{{ . }}{{ if eq . "three" }}{{ break }}{{ end }}!{{ end }}',
    'one!three',
  ],
  ['{{ range $i, $x := .Items }}{{ range 2 }}{{ break }}{{ end }}{{ $i }}{{ end }}', '012'],
  ['{{ range "abc" }}{{ end }}', `template: t:1:9: executing "t" at <"abc">: range can't iterate over abc`],
  ['{{ break }}', 'template: t:1: {{break}} outside {{range}}'],
]);

table('definitions', [
  ['{{ template "greet" .Name }}', 'Hi web'],
  ['{{ template "greet" }}', 'Hi <no value>'],
  ['{{ define "greet" }}Yo{{ end }}{{ template "greet" }}', 'Yo'],
  ['{{ define "greet" }} {{ end }}{{ template "greet" 1 }}', 'Hi 1'],
  ['{{ block "own" .Name }}[{{ . }}]{{ end }}', '[web]'],
  [
    '{{ template "nope" . }}',
    'template: t:1:12: executing "t" at <{{template "nope" .}}>: template "nope" not defined',
  ],
  [
    '{{ define "a" }}x{{ end }}{{ define "a" }}y{{ end }}',
    'template: t:1: template: multiple definition of template "a"',
  ],
  ['{{ $x := 1 }}{{ define "a" }}{{ $x }}{{ end }}', 'template: t:1: undefined variable "$x"'],
]);

table('pipelines and functions', [
  ['{{ .Name | upper | printf "%s-%s" "a" }}', 'a-WEB'],
  ['{{ rest "a" "b" "c" }} {{ "z" | rest "a" }} {{ upper (rest "a" "b") }}', 'a+b+c a+z A+B'],
  ['{{ upper }}', 'template: t:1:3: executing "t" at <upper>: wrong number of args for upper: want 1 got 0'],
  ['{{ rest }}', 'template: t:1:3: executing "t" at <rest>: wrong number of args for rest: want at least 1 got 0'],
  ['{{ upper 1 }}', 'template: t:1:9: executing "t" at <1>: expected string; found 1'],
  ['{{ upper .Count }}', 'template: t:1:9: executing "t" at <.Count>: wrong type for value; expected string; got int'],
  ['{{ upper nil }}', 'template: t:1:9: executing "t" at <nil>: cannot assign nil to string'],
  [
    '{{ .Count | upper }}',
    'template: t:1:12: executing "t" at <upper>: wrong type for value; expected string; got int',
  ],
  [
    '{{ 1 | $.Name }}',
    'template: t:1:8: executing "t" at <$.Name>: Name has arguments but cannot be invoked as function',
  ],
  ['{{ (1) 2 }}', `template: t:1:3: executing "t" at <(1) 2>: can't give argument to non-function 1`],
  ['{{ foo }}', 'template: t:1: function "foo" not defined'],
  ['{{ .Name | 1 }}', 'template: t:1: non executable command in pipeline stage 2'],
]);

table('logic and comparison', [
  ['{{ and 1 0 2 }} {{ and 1 2 }} {{ or 0 "" 3 }} {{ or 0 nil | print }} {{ not 0 }}', '0 2 3 <nil> true'],
  ['{{ and 0 (index .Items 9) }} {{ or 1 (index .Items 9) }}', '0 1'],
  [
    '{{ eq 1 2 3 1 }} {{ ne "a" "b" }} {{ lt 1.5 2.5 }} {{ le "a" "a" }} {{ gt 2 1 }} {{ ge "b" "c" }}',
    'true true true true true false',
  ],
  ['{{ eq nil nil }} {{ eq nil 1 }} {{ eq true true }}', 'true false true'],
  ['{{ lt "\u{ffff}" "\u{10000}" }}', 'true'],
  [
    '{{ gt .Ratio 1 }}',
    'template: t:1:3: executing "t" at <gt .Ratio 1>: error calling gt: incompatible types for comparison: float64 and int',
  ],
  [
    '{{ lt true false }}',
    'template: t:1:3: executing "t" at <lt true false>: error calling lt: invalid type for comparison',
  ],
  [
    '{{ eq .Items .Items }}',
    'template: t:1:3: executing "t" at <eq .Items .Items>: error calling eq: non-comparable type [one two three]: []string',
  ],
  ['{{ eq 1 }}', 'template: t:1:3: executing "t" at <eq 1>: error calling eq: missing argument for comparison'],
]);

table('index, slice and len', [
  [
    '{{ index .Items 1 }} {{ index .Labels "job" }} {{ index .Labels "zz" }}| {{ index "abc" 1 }} {{ index .Name }}',
    'two api | 98 web',
  ],
  ['{{ slice "héllo" 1 3 }} {{ slice .Items 1 }} {{ slice .Items 0 1 2 }}', 'é [two three] [one]'],
  ['{{ len "héllo" }} {{ len .Items }} {{ len .Labels }}', '6 3 3'],
  [
    '{{ index .Items 9 }}',
    'template: t:1:3: executing "t" at <index .Items 9>: error calling index: index out of range: 9',
  ],
  [
    '{{ index .Items "x" }}',
    'template: t:1:3: executing "t" at <index .Items "x">: error calling index: cannot index slice/array with type string',
  ],
  [
    '{{ index .Labels 1 }}',
    'template: t:1:3: executing "t" at <index .Labels 1>: error calling index: value has type int; should be string',
  ],
  [
    '{{ slice "abc" 2 1 }}',
    'template: t:1:3: executing "t" at <slice "abc" 2 1>: error calling slice: invalid slice index: 2 > 1',
  ],
  ['{{ len 1 }}', 'template: t:1:3: executing "t" at <len 1>: error calling len: len of type int'],
  [
    '{{ call .Name }}',
    'template: t:1:3: executing "t" at <call .Name>: error calling call: non-function .Name of type string',
  ],
]);

table('escaping functions', [
  [`{{ html "<a href='x'>&\\"" }}`, '&lt;a href=&#39;x&#39;&gt;&amp;&#34;'],
  [`{{ js "it's \\"x\\" <b>\\n=é" }}`, `it\\'s \\"x\\" \\u003Cb\\u003E\\u000A\\u003Dé`],
  ['{{ urlquery "a b&c=d/é~" }}', 'a+b%26c%3Dd%2F%C3%A9~'],
  ['{{ html 1 "<" nil }}', '1&lt;&lt;no value&gt;'],
]);

table('what does not parse', [
  ['{{ .Name', 'template: t:1: unclosed action'],
  ['a\n{{ if .Name\n', 'template: t:3: unclosed action started at t:2'],
  ['{{ "a }}', 'template: t:1: unterminated quoted string'],
  ['{{ `a }}', 'template: t:1: unterminated raw quoted string'],
  ["{{ 'a }}", 'template: t:1: unterminated character constant'],
  ['{{/* a }}', 'template: t:1: unclosed comment'],
  ['{{/* a */ }}', 'template: t:1: comment ends before closing delimiter'],
  ['{{ /* a */ }}', 'template: t:1: unexpected "/" in command'],
  ['{{ (1 }}', 'template: t:1: unclosed left paren'],
  ['{{ 1) }}', 'template: t:1: unexpected right paren'],
  ['{{ 1a }}', 'template: t:1: bad number syntax: "1a"'],
  ['{{ .a@ }}', "template: t:1: bad character U+0040 '@'"],
  ['{{ § }}', "template: t:1: unrecognized character in action: U+00A7 '§'"],
  ['{{ "\\q" }}', 'template: t:1: invalid syntax'],
  ['{{ 1 : }}', 'template: t:1: expected :='],
  ['{{ if }}', 'template: t:1: missing value for if'],
  ['{{ end }}', 'template: t:1: unexpected {{end}}'],
  ['{{ range .Items }}', 'template: t:1: unexpected EOF'],
  ['{{ if 1 }}{{ define "x" }}{{ end }}{{ end }}', 'template: t:1: unexpected <define> in command'],
  ['{{ template x }}', 'template: t:1: unexpected "x" in template clause'],
  ['{{ "a".b }}', 'template: t:1: unexpected . after term "\\"a\\""'],
  ['{{ $i, $x := 1 }}', 'template: t:1: too many declarations in command'],
]);
