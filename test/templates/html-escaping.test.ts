import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type FunctionTable, fixed } from '../../lib/templates/functions.ts';
import { executeTemplate, parseTemplates } from '../../lib/templates/template.ts';
import { renderNotification } from './notification.ts';

function table(name: string, rows: readonly (readonly [text: string, expected: string])[]): void {
  test(name, async (t) => {
    for (const [text, expected] of rows)
      await t.test(text, () => assert.equal(renderNotification(text, 'html'), expected));
  });
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: the braces are the template's.
table('text', [
  ['<p>{{ "<b> & \'x\' + \\"y\\"" }}</p>', '<p>&lt;b&gt; &amp; &#39;x&#39; &#43; &#34;y&#34;</p>'],
  ['a &amp; b < c <', 'a &amp; b &lt; c &lt;'],
  ['{{ safeHtml "<b>x</b>" }} {{ (dict).x }}|', '<b>x</b> |'],
  ['{{ .CommonLabels }} {{ 5 }} {{ true }}', 'alertname=HighCPU, cluster=eu, severity=critical 5 true'],
  ['{{ "a<b" | html }} {{ html "a<b" }} {{ "a b" | urlquery }}', 'a&lt;b a&lt;b a&#43;b'],
  [
    '<textarea>{{ "<b>&amp;" }}{{ safeHtml "<b>&amp;" }}</textarea>',
    '<textarea>&lt;b&gt;&amp;amp;&lt;b&gt;&amp;</textarea>',
  ],
  ['<title>{{ "</title>" }}</title>{{ "<" }}', '<title>&lt;/title&gt;</title>&lt;'],
  ['<!-- {{ "x" }} -->a<!DOCTYPE html>', 'a<!DOCTYPE html>'],
  ['<{{ "script" }}>', '&lt;script>'],
]);

table('attributes', [
  ['<i title="{{ "a\\"b\'c<" }}">', '<i title="a&#34;b&#39;c&lt;">'],
  ["<i title='{{ \"a'b\" }}'>", "<i title='a&#39;b'>"],
  ['<i title={{ "a b=\'c\'`" }} id={{ "" }}>', '<i title=a&#32;b&#61;&#39;c&#39;&#96; id=ZgotmplZ>'],
  ['<i title="{{ safeHtml "<b>x</b> &amp; \\"" }}">', '<i title="x &amp; &#34;">'],
  [
    '<i {{ "title" }}="x" {{ "onclick" }}="y" {{ "href" }}=z {{ "a b" }}>',
    '<i title="x" ZgotmplZ="y" ZgotmplZ=z ZgotmplZ>',
  ],
  ['<iframe srcdoc="{{ "<b>" }}">', '<iframe srcdoc="&lt;b&gt;">'],
]);

table('URLs', [
  ['<a href="{{ "https://h/a b?c=d&e" }}">', '<a href="https://h/a%20b?c=d&amp;e">'],
  [
    '<a href="{{ "javascript:x" }}"><a href="{{ "JaVaScRiPt:x" }}"><a href="{{ "data:x" }}">',
    '<a href="#ZgotmplZ"><a href="#ZgotmplZ"><a href="#ZgotmplZ">',
  ],
  [
    '<a href="{{ "mailto:a@b" }}"><a href="{{ "/a:b" }}"><a href=\'{{ "x" }}\'>',
    '<a href="mailto:a@b"><a href="/a:b"><a href=\'x\'>',
  ],
  [
    '<a href="/x/{{ "a/b?c" }}"><a href="?q={{ "a/b?c&d" }}"><a href="#{{ "a b" }}">',
    '<a href="/x/a/b?c"><a href="?q=a%2fb%3fc%26d"><a href="#a%20b">',
  ],
  [
    '<a href="{{ safeUrl "javascript:x" }}"><a href="?{{ safeUrl "a=b&c" }}">',
    '<a href="javascript:x"><a href="?a=b&amp;c">',
  ],
  [
    '<a href="/s?f={{ "a b" | urlquery }}"><a href="{{ urlquery "javascript:x" }}">',
    '<a href="/s?f=a&#43;b"><a href="%23ZgotmplZ">',
  ],
  [
    '<i data-url="{{ "javascript:x" }}" xlink:href="{{ "javascript:x" }}" data-x="{{ "javascript:x" }}">',
    '<i data-url="#ZgotmplZ" xlink:href="#ZgotmplZ" data-x="javascript:x">',
  ],
  ['<img srcset="{{ "a.png 2x, javascript:x 3x" }}">', '<img srcset="a.png 2x,#ZgotmplZ">'],
]);

table('scripts and styles', [
  [
    '<script>a = {{ "</script>" }}; b = {{ 1 }}; c = {{ list 1 nil }}; d = {{ .GroupLabels }}</script>',
    '<script>a = "\\u003c/script\\u003e"; b =  1 ; c = [1,null]; d = "alertname=HighCPU"</script>',
  ],
  [
    '<script>a = "{{ "\\"\'\\n</script>" }}"; b = `{{ "`$" }}${ {{ "x" }} }`</script>',
    '<script>a = "\\u0022\\u0027\\n\\u003c\\/script\\u003e"; b = `\\u0060\\u0024${ "x" }`</script>',
  ],
  [
    '<script>a = /{{ "a.b" }}/; b = 1 / {{ 2 }} // {{ "c" }}\n/* {{ "d" }} */ e()</script>',
    '<script>a = /a\\.b/; b = 1 /  2  \n   e()</script>',
  ],
  ['<script type="text/template">{{ "<a>" }}</script>{{ "<" }}', '<script type="text/template">&lt;a&gt;</script>&lt;'],
  ['<i onclick="f({{ "a\\"b" }}, \'{{ "c\'d" }}\')">', '<i onclick="f(&#34;a\\&#34;b&#34;, \'c\\u0027d\')">'],
  [
    '<i style="color: {{ "red" }}; width: {{ 5 }}px; x: {{ "expression(1)" }}; y: {{ "a;b" }}">',
    '<i style="color: red; width: 5px; x: ZgotmplZ; y: ZgotmplZ">',
  ],
  [
    '<style>a { b: url("{{ "http://x/a b" }}"); c: url({{ "javascript:x" }}); d: "{{ "e\\"f" }}" }</style>',
    '<style>a { b: url("http://x/a%20b"); c: url(#ZgotmplZ); d: "e\\22 f" }</style>',
  ],
]);
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: the braces are the template's.

table('branches, loops and calls', [
  [
    '{{ range .Alerts }}<a href="{{ .GeneratorURL }}">{{ end }}',
    '<a href="http://p/graph?a=1&amp;b=2"><a href="#ZgotmplZ">',
  ],
  ['<a href="{{ if true }}/x{{ else }}/y{{ end }}{{ "?z" }}">', '<a href="/x?z">'],
  [
    '{{ define "t" }}{{ "a<b" }}{{ end }}{{ template "t" }}<i title="{{ template "t" }}"><script>{{ template "t" }}</script>',
    'a&lt;b<i title="a&lt;b"><script>"a\\u003cb"</script>',
  ],
  [
    '{{ define "r" }}<b>{{ len . }}</b>{{ if . }}{{ template "r" (slice . 1) }}{{ end }}{{ end }}{{ template "r" "ab" }}',
    '<b>2</b><b>1</b><b>0</b>',
  ],
  ['{{ range .Alerts }}<b>{{ if eq .Status "firing" }}{{ continue }}{{ end }}x</b>{{ end }}', '<b><b>x</b>'],
]);

table('places that cannot be told apart are refused', [
  [
    '{{ if true }}<a href="{{ else }}<b>{{ end }}',
    'html/template::1:6: {{if}} branches end in different contexts: {stateURL delimDoubleQuote urlPartNone jsCtxRegexp [] attrURL elementNone <nil>}, {stateText delimNone urlPartNone jsCtxRegexp [] attrNone elementNone <nil>}',
  ],
  [
    '<a href="{{ if true }}/x{{ else }}?x{{ end }}{{ "y" }}">',
    'html/template::1:48: {{"y"}} appears in an ambiguous context within a URL',
  ],
  [
    '<a href="',
    'html/template: ends in a non-text context: {stateURL delimDoubleQuote urlPartNone jsCtxRegexp [] attrURL elementNone <nil>}',
  ],
  ['{{ template "nope" }}', 'html/template::1:12: no such template "nope"'],
  ['<a b=c"d>', 'html/template: "\\"" in unquoted attr: "c\\"d"'],
  ['{{ html "<" | print }}', 'html/template::1:3: predefined escaper "html" disallowed in template'],
]);

/** A document with one value in every kind of place. */
const PLACES = [
  '<p>{{ v }}</p>',
  '<i title="{{ v }}">',
  "<i title='{{ v }}'>",
  '<i title={{ v }}>',
  '<a href="{{ v }}">',
  '<a href="?{{ v }}">',
  '<textarea>{{ v }}</textarea>',
  '<script>a = {{ v }}</script>',
  '<script>a = "{{ v }}"</script>',
  '<i onclick="f({{ v }})">',
  '<style>a { b: {{ v }} }</style>',
  '<i style="b: {{ v }}">',
];

test('no value leaves its place: the tags of a document are those of its template', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc
      .array(
        fc.constantFrom(
          '<',
          '>',
          '"',
          "'",
          '`',
          '</script>',
          '-->',
          ' onx=',
          '&',
          '\\',
          '\n',
          'javascript:',
          '/*',
          '}',
        ),
        { maxLength: 6 },
      )
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(hostile, fc.constantFrom(...PLACES), (value, place) => {
      const functions: FunctionTable = new Map([['v', fixed([], () => value)]]);
      const render = (text: string): string =>
        executeTemplate(parseTemplates([{ name: '', text }], functions, 'html'), '', null);
      const [before = '', after = ''] = place.split('{{ v }}');
      const output = render(place);
      assert.ok(output.startsWith(before) && output.endsWith(after));
      const inside = output.slice(before.length, output.length - after.length);
      assert.doesNotMatch(inside, /[<>]/);
      const quote = before.endsWith('"')
        ? /"/
        : before.endsWith("'")
          ? /'/
          : before.endsWith('=')
            ? /[\t\n\f\r "'`=]|^$/
            : /(?!)/;
      assert.doesNotMatch(inside, quote);
      if (before.includes('href="') && !before.includes('?')) assert.doesNotMatch(inside, /^javascript:/i);
    }),
    { numRuns: 500 },
  );
});
