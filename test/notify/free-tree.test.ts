/** Free YAML trees (`payload` of a webhook, `details` of PagerDuty): what a rendered leaf becomes. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { TemplateError } from '../../lib/templates/template-error.ts';
import { bodyOf, plan, requestOf } from './planning.ts';

const payloadOf = (yaml: string) => bodyOf(plan(`webhook_configs:\n  - url: http://ops.test/\n    payload: ${yaml}`));

suite('a leaf is what YAML 1.1 makes of it', () => {
  const rows: readonly (readonly [leaf: string, expected: unknown])[] = [
    ['text', 'text'],
    ["''", null],
    ['5', 5],
    ["'5'", 5],
    ['-5.50', -5.5],
    ['1e3', 1000],
    ['1_000', 1000],
    ['0x1F', 31],
    ['017', 15],
    ['yes', true],
    ["'off'", false],
    ['~', null],
    ['2026-01-05', '2026-01-05'],
    ['2026-01-05T09:00:00Z', '2026-01-05T09:00:00Z'],
    ['12:30', '12:30'],
    ["'10:30:00'", '10:30:00'],
    ["'9007199254740993'", '9007199254740993'],
    ["'{{ .Status }}'", 'firing'],
    ["'{{ len .Alerts }}'", 1],
    ["'[a, {b: 2}]'", ['a', { b: 2 }]],
    ["'a: b'", { a: 'b' }],
    ["'value1:'", { value1: null }],
    ["'- not: [closed'", '- not: [closed'],
    ["'*nobody'", '*nobody'],
    ['\'"quoted"\'', '"quoted"'],
    ["'{{ toJson .GroupLabels }}'", { alertname: 'Down' }],
    ["'{{ range .Alerts }}{{ .Labels.severity }}{{ end }}'", 'critical'],
  ];
  for (const [leaf, expected] of rows) {
    test(`${leaf} is ${JSON.stringify(expected)}`, () =>
      assert.deepEqual(payloadOf(`{leaf: ${leaf}}`), { leaf: expected }));
  }
});

test('keys are rendered and sorted, in what a template made as well', () => {
  const { body } = requestOf(
    plan(`webhook_configs: [{url: 'http://ops.test/', payload: {z: 1, '{{ .Status }}': '{b: 1, a: 2}', 'n': x}}]`),
  );
  assert.equal(body, '{"firing":{"a":2,"b":1},"n":"x","z":1}\n');
});

test('a key that is no text in YAML 1.1 is dropped, as Alertmanager drops it', () =>
  assert.deepEqual(payloadOf('{n: 1, 2: b, kept: c}'), { kept: 'c' }));

test('a leaf that cannot be rendered refuses the whole payload: machines read it', () =>
  assert.throws(() => payloadOf("{leaf: '{{ .Nope }}'}"), TemplateError));

test('nested aliases in a rendered text do not fill the memory', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
    .concat(
      Array.from('bcdefghi', (name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[at]}`).join(', ')}]`),
    )
    .join('\\n');
  assert.equal(typeof payloadOf(`{leaf: "{{ .Status }}: 1\\n${bomb}"}`).leaf, 'string');
});
