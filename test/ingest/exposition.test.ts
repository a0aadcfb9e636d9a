import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExpositionFormat, parseExposition } from '../../lib/ingest/exposition.ts';
import { DEFAULT_INGEST_LIMITS } from '../../lib/ingest/limits.ts';
import { InvalidInput } from '../../lib/model/issue.ts';
import { printRows } from './rows.ts';

const NOW_MS = 1_767_225_600_000;

function parse(text: string, format: ExpositionFormat = 'text') {
  return parseExposition({ body: new TextEncoder().encode(text), format, receivedAtMs: NOW_MS }, DEFAULT_INGEST_LIMITS);
}

const good: readonly { name: string; text: string; rows: readonly string[]; format?: ExpositionFormat }[] = [
  { name: 'a name and a value', text: 'up 1\n', rows: [`{"__name__":"up"} ${NOW_MS} 1`] },
  { name: 'no new line at the end', text: 'up 1', rows: [`{"__name__":"up"} ${NOW_MS} 1`] },
  {
    name: 'lines that end with carriage returns',
    text: 'a 1\r\nb 2\r\n',
    rows: [`{"__name__":"a"} ${NOW_MS} 1`, `{"__name__":"b"} ${NOW_MS} 2`],
  },
  { name: 'a time in milliseconds', text: 'up 1 1767225590000', rows: ['{"__name__":"up"} 1767225590000 1'] },
  { name: 'a negative time', text: 'up 1 -5', rows: ['{"__name__":"up"} -5 1'] },
  {
    name: 'labels, blanks wherever they may stand, a comma at the end',
    text: ' \t rpc_total { code = "200" ,\tmethod="get", } \t 1.5e3 ',
    rows: [`{"__name__":"rpc_total","code":"200","method":"get"} ${NOW_MS} 1500`],
  },
  { name: 'empty braces', text: 'up{} 1', rows: [`{"__name__":"up"} ${NOW_MS} 1`] },
  {
    name: 'escapes',
    text: 'm{path="C:\\\\dir\\n\\"x\\"",other="\\d, # } "} 1',
    rows: [`{"__name__":"m","other":"\\\\d, # } ","path":"C:\\\\dir\\n\\"x\\""} ${NOW_MS} 1`],
  },
  {
    name: 'a quoted name and quoted labels',
    text: '{"http.requests", "le gros"="é", plain="x"} 3',
    rows: [`{"__name__":"http.requests","le gros":"é","plain":"x"} ${NOW_MS} 3`],
  },
  {
    name: 'every way to write a value',
    text: 'a NaN\nb +Inf\nc -Inf\nd inf\ne .5\nf -1.\ng 1e-3\nh +2\n',
    rows: ['NaN', 'Infinity', '-Infinity', 'Infinity', '0.5', '-1', '0.001', '2'].map(
      (v, i) => `{"__name__":"${'abcdefgh'[i]}"} ${NOW_MS} ${v}`,
    ),
  },
  {
    name: 'comments and empty lines',
    text: '\n# a comment\n#\n  \n# HELP\nup 1\n',
    rows: [`{"__name__":"up"} ${NOW_MS} 1`],
  },
  {
    name: 'OpenMetrics: seconds, exemplars skipped',
    text: '# TYPE rpc counter\nrpc_total{a="b"} 17 1767225590.123 # {trace_id="x"} 0.67 1767225590\nrpc_created 5\n# EOF\n',
    rows: ['{"__name__":"rpc_total","a":"b"} 1767225590123 17', `{"__name__":"rpc_created"} ${NOW_MS} 5`],
    format: 'openmetrics',
  },
  {
    name: 'OpenMetrics: an exemplar without a time before it',
    text: 'rpc_total 17 # {} 1\n# EOF',
    rows: [`{"__name__":"rpc_total"} ${NOW_MS} 17`],
    format: 'openmetrics',
  },
];

for (const { name, text, rows, format } of good) {
  test(`exposition: ${name}`, () => {
    const received = parse(text, format);
    assert.deepEqual(received.rejections.texts, []);
    assert.deepEqual(printRows(received.batch), rows);
  });
}

const bad: readonly { line: string; says: string }[] = [
  { line: '1up 1', says: 'column 1: metric name expected, got "1up 1"' },
  { line: 'up', says: 'column 3: value expected, got end of line' },
  { line: 'up one', says: 'column 4: bad value "one"' },
  { line: 'up 0x10', says: 'column 4: bad value "0x10"' },
  { line: 'up 1_000', says: 'column 4: bad value "1_000"' },
  { line: 'up 1 soon', says: 'column 6: bad timestamp "soon", milliseconds since 1970 expected' },
  { line: 'up 1 2 3', says: 'column 8: end of line expected, got "3"' },
  { line: 'up{a="b" 1', says: 'column 10: "," or "}" expected, got "1"' },
  { line: 'up{a=b} 1', says: 'column 6: label value in double quotes expected, got "b} 1"' },
  { line: 'up{a="b} 1', says: 'column 6: label value in double quotes expected, got "\\"b} 1"' },
  { line: 'up{a} 1', says: 'column 4: "=" expected after label name "a"' },
  { line: 'up{"two.names"} 1', says: 'column 4: "=" expected after label name "two.names"' },
  { line: 'up{-} 1', says: 'column 4: label name or "}" expected, got "-} 1"' },
  {
    line: 'up{a="1",a="2"} 1',
    says: 'column 1: invalid labels for series, labels {__name__="up", a="1", a="2"}, duplicated label a',
  },
  { line: '{a="1"} 1', says: 'column 1: invalid metric name or labels, got {a="1"}' },
  { line: '# TYPE up guage', says: 'column 1: unknown metric type "guage"' },
];

for (const { line, says } of bad) {
  test(`exposition refuses "${line}" and keeps its neighbours`, () => {
    const received = parse(`before 1\n${line}\nafter 2\n`);
    assert.deepEqual(received.rejections.texts, [`line 2, ${says}`]);
    assert.deepEqual(printRows(received.batch), [
      `{"__name__":"before"} ${NOW_MS} 1`,
      `{"__name__":"after"} ${NOW_MS} 2`,
    ]);
  });
}

test('OpenMetrics that was cut short says so, and what came is kept', () => {
  const received = parse('up 1\n', 'openmetrics');
  assert.deepEqual(received.rejections.texts, ['text does not end with # EOF']);
  assert.equal(received.batch.values.length, 1);
});

test('OpenMetrics with text after its end is refused from there on', () => {
  const received = parse('up 1\n# EOF\ndown 1\ndown 2\n', 'openmetrics');
  assert.deepEqual(received.rejections.texts, ['line 3: text after # EOF']);
  assert.equal(received.batch.values.length, 1);
});

test('type, help and unit are kept by metric name', () => {
  const text = [
    '# HELP rpc_seconds Duration of a \\"call\\"\\nin seconds.',
    '# TYPE rpc_seconds summary',
    '# UNIT rpc_seconds seconds',
    '# TYPE "dotted.name" untyped',
    '# HELP  bare',
  ];
  assert.deepEqual(
    [...parse(text.join('\n')).metadata],
    [
      ['rpc_seconds', { type: 'summary', help: 'Duration of a "call"\nin seconds.', unit: 'seconds' }],
      ['dotted.name', { type: 'unknown', help: '', unit: '' }],
      ['bare', { type: 'unknown', help: '', unit: '' }],
    ],
  );
});

test('only the first of many mistakes are told, all are counted', () => {
  const { rejections } = parse('bad\n'.repeat(500));
  assert.deepEqual(
    [rejections.causes, rejections.texts.length, rejections.texts[19]],
    [500, 20, 'line 20, column 4: value expected, got end of line'],
  );
});

const floods: readonly (readonly [name: string, text: string, says: string])[] = [
  ['bad lines', 'bad\n'.repeat(20_001), 'request holds more than 20000 series'],
  ['empty lines', '\n'.repeat(800_001), 'request holds more than 800000 lines'],
  ['comments', '#\n'.repeat(800_001), 'request holds more than 800000 lines'],
];

for (const [name, text, says] of floods) {
  test(`a text of nothing but ${name} is given up at a limit`, () => {
    assert.throws(
      () => parse(text),
      (error) => error instanceof InvalidInput && error.message === says,
    );
  });
}

test('a line of megabytes is refused without being read', () => {
  const { rejections } = parse(`up{a="${'\\\\'.repeat(1_000_000)}`);
  assert.deepEqual(rejections.texts, ['line 1, column 1: line has 2000006 characters, limit 131072']);
});

test('values as long as a line are refused in one pass, and what stands beside them is kept', () => {
  const value = `${'1'.repeat(100_000)}x`;
  const { batch, rejections } = parse(`${`bad ${value}\n`.repeat(20)}up 1\n`);
  assert.equal(rejections.causes, 20);
  assert.deepEqual(printRows(batch), [`{"__name__":"up"} ${NOW_MS} 1`]);
});

test('a body that is no UTF-8 is refused as a whole', () => {
  const input = { body: Uint8Array.of(0x75, 0xff, 0x20, 0x31), format: 'text', receivedAtMs: NOW_MS } as const;
  assert.throws(() => parseExposition(input, DEFAULT_INGEST_LIMITS), InvalidInput);
});

test('one series may fill a request with its samples', () => {
  const lines = Array.from({ length: 30_000 }, (_, i) => `up 1 ${NOW_MS + i}\n`);
  assert.equal(parse(lines.join('')).batch.values.length, 30_000);
});
