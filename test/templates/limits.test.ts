import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { executeTemplate, parseTemplates } from '../../lib/templates/template.ts';
import { TemplateError } from '../../lib/templates/template-error.ts';
import { renderNotification } from './notification.ts';

const DOUBLE = '{{ range 64 }}';

const bombs: readonly (readonly [name: string, text: string, expected: RegExp])[] = [
  [
    'endless recursion',
    '{{ define "r" }}{{ template "r" . }}{{ end }}{{ template "r" . }}',
    /exceeded maximum template depth \(400\)$/,
  ],
  ['a loop of loops', '{{ range 100000 }}{{ range 100000 }}{{ end }}{{ end }}', /exceeded 500000 steps$/],
  ['a long loop', '{{ range 999999999999 }}{{ end }}', /exceeded 500000 steps$/],
  ['output', '{{ range 100000 }}0123456789abcdef{{ end }}', /text exceeds 1048576 characters$/],
  [
    'a text that doubles',
    `{{ $x := "0123456789" }}${DOUBLE}{{ $x = print $x $x }}{{ end }}`,
    /error calling print: text exceeds 1048576 characters$/,
  ],
  [
    'a format that repeats',
    '{{ $f := "%[1]s%[1]s%[1]s%[1]s" }}{{ range 20 }}{{ $f = print $f $f }}{{ end }}',
    /text exceeds|steps/,
  ],
  [
    'one wide directive',
    '{{ printf "%1000000d%1000000d" 1 2 }}',
    /error calling printf: text exceeds 1048576 characters$/,
  ],
  [
    'a replacement that grows',
    `{{ $x := "aaaaaaaaaa" }}${DOUBLE}{{ $x = reReplaceAll "a" "aaaaaaaaaa" $x }}{{ end }}`,
    /text exceeds|steps/,
  ],
  [
    'a list that doubles when printed',
    `{{ $x := list 1 }}${DOUBLE}{{ $x = list $x $x }}{{ end }}{{ $x }}`,
    /text exceeds 1048576 characters$/,
  ],
  [
    'a list that doubles as JSON',
    `{{ $x := list 1 }}${DOUBLE}{{ $x = list $x $x }}{{ end }}{{ toJson $x }}`,
    /text exceeds 1048576 characters$/,
  ],
  [
    'a deep value',
    '{{ $x := list 1 }}{{ range 5000 }}{{ $x = list $x }}{{ end }}{{ $x }}',
    /value nested deeper than 100 levels$/,
  ],
  [
    'deep JSON',
    '{{ $x := list 1 }}{{ range 5000 }}{{ $x = list $x }}{{ end }}{{ toJson $x }}',
    /value nested deeper than 100 levels$/,
  ],
  [
    'a list that is copied again and again',
    '{{ $x := list 1 }}{{ range 100000 }}{{ $x = append $x 1 }}{{ end }}',
    /steps$/,
  ],
  ['parentheses', `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`, /nested deeper than 200 levels$/],
  ['blocks', '{{ if 1 }}'.repeat(5000) + '{{ end }}'.repeat(5000), /nested deeper than 200 levels$/],
  ['a long source', 'x'.repeat(1_048_577), /text of 1048577 characters exceeds 1048576$/],
  [
    'a regex that backtracks elsewhere',
    '{{ $x := "aaaaaaaaaa" }}{{ range 12 }}{{ $x = print $x $x }}{{ end }}{{ match "(a*)*b" $x }}',
    /^.*false$/,
  ],
  [
    'a regex with many states',
    '{{ $x := "abababab" }}{{ range 14 }}{{ $x = print $x $x }}{{ end }}{{ match "[ab]*a[ab]{500}c" $x }}',
    /steps$/,
  ],
  ['a regex of repeats', '{{ match "((a{100}){100}){100}" "x" }}', /invalid repeat count/],
];

test('bombs end with an error, in both modes', async (t) => {
  for (const [name, text, expected] of bombs) {
    await t.test(name, () => {
      assert.match(renderNotification(text), expected);
      assert.equal(typeof renderNotification(text, 'html'), 'string');
    });
  }
});

test('the analysis of HTML is bounded', () => {
  const nested = '{{ range .Alerts }}'.repeat(60) + '{{ end }}'.repeat(60);
  assert.match(renderNotification(nested, 'html'), /exceeded 2000000 steps of analysis$/);
  const chain = Array.from({ length: 3000 }, (_, i) => `{{ define "t${i}" }}{{ template "t${i + 1}" }}{{ end }}`).join(
    '',
  );
  assert.match(renderNotification(`${chain}{{ template "t0" }}`, 'html'), /templates nested deeper than 200$/);
});

test('limits are those of the call', () => {
  const set = parseTemplates([{ name: 'x', text: '{{ range 50 }}ab{{ end }}' }], new Map(), 'text');
  const limits = { maxOutputLength: 100, maxSteps: 1000, maxDepth: 10 };
  assert.equal(executeTemplate(set, 'x', null, limits), 'ab'.repeat(50));
  assert.throws(() => executeTemplate(set, 'x', null, { ...limits, maxOutputLength: 99 }), TemplateError);
  assert.throws(() => executeTemplate(set, 'x', null, { ...limits, maxSteps: 50 }), TemplateError);
  assert.throws(() => executeTemplate(set, 'x', null, { ...limits, maxDepth: 1 }), TemplateError);
});

const WORDS =
  '{{|}}|{{-|-}}|{{/*|*/}}|(|)| |\n|.|.Status|.Alerts|.CommonLabels|.x|$|$x|:=|=|,|1|-2.5|1e9|0x|"a"|"|`|\'b\'|nil|true|if|else|end|range|with|define|template|block|break|continue|and|or|not|eq|lt|len|index|slice|print|printf|"%d%s%*v"|html|js|urlquery|call|toUpper|title|join|list|dict|append|toJson|match|reReplaceAll|"("|now|since|tz|date|"2006"|humanizeDuration|safeHtml|<a href="|">|<script>|</script>|<style>|<!--|-->|\u{1F600}|\u{d800}'.split(
    '|',
  );

test('garbage never does worse than a TemplateError', () => {
  const words = fc.array(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...WORDS, '|') }, fc.string({ maxLength: 3 })),
    { maxLength: 25 },
  );
  const action = words.map((parts) => `{{ ${parts.filter((part) => !/[{}]/.test(part)).join(' ')} }}`);
  const text = fc.oneof(
    words.map((parts) => parts.join('')),
    fc.array(action, { maxLength: 4 }).map((actions) => actions.join('<i title="x">')),
  );
  fc.assert(
    fc.property(text, fc.constantFrom('text' as const, 'html' as const), (source, mode) => {
      assert.equal(typeof renderNotification(source, mode), 'string');
    }),
    { numRuns: 1500 },
  );
});
