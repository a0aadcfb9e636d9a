import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatFloat } from '../../lib/templates/go-float.ts';
import { formatValue } from '../../lib/templates/go-format.ts';
import { quoteText, unquote } from '../../lib/templates/go-quote.ts';
import { sprint, sprintf, sprintln } from '../../lib/templates/printf.ts';
import {
  durationValue,
  floatValue,
  intValue,
  listValue,
  mapValue,
  stringMapValue,
  structValue,
  timeValue,
  type Value,
} from '../../lib/templates/value.ts';

const int = (value: number): Value => intValue(value);
const float = floatValue;
const pair = structValue('app.Pair', { Name: 'a', Size: int(2) });

const rows: readonly (readonly [format: string, operands: readonly Value[], expected: string])[] = [
  ['%s|%v|%10s|%-4s|%.2s|%q', ['s', 'v', 'right', 'ab', '日本語', 'q"\n'], 's|v|     right|ab  |日本|"q\\"\\n"'],
  ['%x|%X|% x|%#x|%.1x', ['hé', 'hi', 'hi', 'hi', 'hi'], '68c3a9|6869|68 69|0x6869|68'],
  ['%+q|%#q|%#v', ['é', 'a`b', 'x'], '"\\u00e9"|"a`b"|"x"'],
  [
    '%d|%5d|%-5d|%05d|%+d|% d|%x|%X|%o|%b|%c|%U|%q',
    [1, 2, 3, -4, 5, 6, 255, 255, 8, 5, 65, 9731, 65].map(int),
    "1|    2|3    |-0004|+5| 6|ff|FF|10|101|A|U+2603|'A'",
  ],
  [
    '%#x|%#o|%O|%#b|%.3d|%8.3d|%#U|%08b',
    [255, 8, 8, 5, 5, 5, 9731, 5].map(int),
    "0xff|010|0o10|0b101|005|     005|U+2603 '☃'|00000101",
  ],
  [
    '%v|%g|%e|%f|%.2f|%6.1f|%-7.2f|%+.1f|%08.3f',
    [1e6, 2.5, 1234.5678, 1.5, 1.005, 2.74159, 2.5, 2, -3.25159].map(float),
    '1e+06|2.5|1.234568e+03|1.500000|1.00|   2.7|2.50   |+2.0|-003.252',
  ],
  [
    '%v|%5v|%f|%+d|%v',
    [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.5, -0].map(float),
    'NaN| +Inf|-Inf|%!d(float64=+1.5)|-0',
  ],
  ['%t|%v|%6t', [true, false, true], 'true|false|  true'],
  ['%v|%d|%s|%T', [null, null, null, null], '<nil>|%!d(<nil>)|%!s(<nil>)|<nil>'],
  ['%d|%s|%f|%t', ['x', int(5), int(3), 'x'], '%!d(string=x)|%!s(int=5)|%!f(int=3)|%!t(string=x)'],
  ['%T %T %T %T %T', ['', int(1), float(1), true, listValue([])], 'string int float64 bool []interface {}'],
  ['%d %d', [int(1)], '1 %!d(MISSING)'],
  ['%d', [int(1), 'x', null], '1%!(EXTRA string=x, <nil>)'],
  ['%!|%', ['x'], '%!!(string=x)|%!(NOVERB)'],
  ['100%% %z', [int(1)], '100% %!z(int=1)'],
  ['%*d|%-*d|%.*f|%*d', [int(3), int(1), int(3), int(2), int(1), float(2.25), int(-3), int(4)], '  1|2  |2.2|4  '],
  ['%*d|%.*d', ['x', int(1), int(-1), int(2)], '%!(BADWIDTH)1|%!(BADPREC)2'],
  ['%[2]s %[1]s|%[3]d|%[x]d', ['a', 'b'], 'b a|%!d(BADINDEX)|%!d(BADINDEX)'],
  [
    '%v|%d|%s',
    [listValue([int(1), 'a', null]), listValue([int(1), int(2)]), listValue([int(1)])],
    '[1 a <nil>]|[1 2]|[%!s(int=1)]',
  ],
  [
    '%v|%q',
    [
      stringMapValue([
        ['b', '2'],
        ['a', '1'],
      ]),
      stringMapValue([['a', '1']]),
    ],
    'map[a:1 b:2]|map["a":"1"]',
  ],
  ['%v|%+v|%#v', [pair, pair, pair], '{a 2}|{Name:a Size:2}|app.Pair{Name:"a", Size:2}'],
  [
    '%#v|%#v',
    [listValue(['a', null]), stringMapValue([['a', '1']])],
    '[]interface {}{"a", interface {}(nil)}|map[string]string{"a":"1"}',
  ],
  ['%v|%s|%d', [durationValue(1_500_000_000n), durationValue(1n), durationValue(2n)], '1.5s|1ns|2'],
  [
    '%v|%-9v|%d',
    [intValue(2, 'time.Month'), intValue(0, 'time.Weekday'), intValue(2, 'time.Month')],
    'February|Sunday   |2',
  ],
  ['%s', [timeValue(0n)], '1970-01-01 00:00:00 +0000 UTC'],
];

test('printf formats and complains as Go does', async (t) => {
  for (const [format, operands, expected] of rows) {
    await t.test(format, () => assert.equal(sprintf(format, operands), expected));
  }
});

test('print puts spaces between operands that are no strings, println between all', () => {
  assert.equal(sprint([int(1), int(2), 'a', 'b', int(3), true, null]), '1 2ab3 true <nil>');
  assert.equal(sprintln(['a', int(1), null]), 'a 1 <nil>\n');
  assert.equal(sprintln([]), '\n');
});

test('nested values print in Go’s form', () => {
  const nested = mapValue(
    new Map<string, Value>([
      ['b', listValue([int(1), int(2)])],
      ['a', mapValue(new Map())],
    ]),
  );
  assert.equal(formatValue(nested), 'map[a:map[] b:[1 2]]');
  assert.equal(formatValue(structValue('*app.P', { A: int(1) })), '&{1}');
});

const floats: readonly (readonly [value: number, verb: 'e' | 'f' | 'g', precision: number | null, expected: string])[] =
  [
    [123456, 'g', null, '123456'],
    [1234567, 'g', null, '1.234567e+06'],
    [0.0001234, 'g', null, '0.0001234'],
    [1.234e-5, 'g', null, '1.234e-05'],
    [1e21, 'g', null, '1e+21'],
    [5e-324, 'g', null, '5e-324'],
    [0, 'g', 4, '0'],
    [-0, 'g', null, '-0'],
    [999.99, 'g', 4, '1000'],
    [12345, 'g', 4, '1.234e+04'],
    [1000, 'g', 4, '1000'],
    [0.5, 'f', 0, '0'],
    [1.5, 'f', 0, '2'],
    [2.5, 'f', 0, '2'],
    [0.125, 'f', 2, '0.12'],
    [9.96, 'f', 1, '10.0'],
    [0.06, 'f', 1, '0.1'],
    [1e23, 'f', 1, '99999999999999991611392.0'],
    [0.1, 'f', 20, '0.10000000000000000555'],
    [99999.5, 'e', 2, '1.00e+05'],
    [0, 'e', 2, '0.00e+00'],
  ];

test('floats round half to even on their exact value', async (t) => {
  for (const [value, verb, precision, expected] of floats) {
    await t.test(`%.${precision}${verb} of ${value}`, () =>
      assert.equal(formatFloat(value, verb, precision), expected),
    );
  }
});

test('the shortest form of every float reads back the same, and so do 17 digits', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assert.ok(Object.is(Number(formatFloat(value, 'g', null)), value));
      assert.ok(Object.is(Number(formatFloat(value, 'e', 16)), value));
      assert.ok(Object.is(Number(formatFloat(value, 'f', null)), value));
    }),
  );
});

test('quoting and unquoting are inverse', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(unquote(quoteText(text)), text);
      assert.equal(unquote(quoteText(text, true)), text);
    }),
  );
});

test('any format prints something', () => {
  const part = fc.oneof(
    fc.string({ maxLength: 4 }),
    fc.stringMatching(/^%[#0+\- ]{0,2}(\[\d?\])?(\*|\d{0,2})(\.\d?)?[a-zA-Z%]?$/),
  );
  fc.assert(
    fc.property(
      fc.array(part),
      fc.array(fc.oneof(fc.string(), fc.double().map(float), fc.integer().map(int))),
      (parts, operands) => {
        assert.equal(typeof sprintf(parts.join(''), operands), 'string');
      },
    ),
  );
});
