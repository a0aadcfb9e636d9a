import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_INGEST_LIMITS } from '../../lib/ingest/limits.ts';
import type { Received } from '../../lib/ingest/received.ts';
import { createRemoteWriteReader } from '../../lib/ingest/remote-write.ts';
import { createRemoteWriteV2Reader } from '../../lib/ingest/remote-write-v2.ts';
import { InvalidInput } from '../../lib/model/issue.ts';
import { type SentSeries, STALE, writeRequest, writeRequestV2 } from './encoder.ts';
import { printRows } from './rows.ts';

const NOW_MS = 1_767_225_600_000;

const versions = [
  {
    version: '1.0',
    read: (series: readonly SentSeries[]): Received =>
      createRemoteWriteReader(DEFAULT_INGEST_LIMITS).read(writeRequest(series)),
  },
  {
    version: '2.0',
    read: (series: readonly SentSeries[]): Received =>
      createRemoteWriteV2Reader(DEFAULT_INGEST_LIMITS).read(writeRequestV2(series)),
  },
];

const up: SentSeries = {
  labels: [
    ['__name__', 'up'],
    ['job', 'a'],
  ],
  samples: [[1, NOW_MS]],
};

const cases: readonly { name: string; series: readonly SentSeries[]; rows: readonly string[] }[] = [
  { name: 'one sample', series: [up], rows: [`{"__name__":"up","job":"a"} ${NOW_MS} 1`] },
  {
    name: 'values that JSON cannot hold, and the stale marker beside a plain NaN',
    series: [
      {
        labels: [['__name__', 'm']],
        samples: [
          [Number.NaN, NOW_MS],
          [STALE, NOW_MS + 1],
          [Number.POSITIVE_INFINITY, NOW_MS + 2],
          [Number.NEGATIVE_INFINITY, NOW_MS + 3],
          [-0, NOW_MS + 4],
          [5e-324, NOW_MS + 5],
        ],
      },
    ],
    rows: ['NaN', 'stale', 'Infinity', '-Infinity', '-0', '5e-324'].map(
      (v, i) => `{"__name__":"m"} ${NOW_MS + i} ${v}`,
    ),
  },
  {
    name: 'times before 1970, at 0 and beyond 32 bits',
    series: [
      {
        labels: [['__name__', 'm']],
        samples: [
          [1, -1],
          [2, 0],
          [3, 2 ** 40 + 1],
          [4, -(2 ** 40)],
        ],
      },
    ],
    rows: [
      `{"__name__":"m"} -1 1`,
      `{"__name__":"m"} 0 2`,
      `{"__name__":"m"} ${2 ** 40 + 1} 3`,
      `{"__name__":"m"} ${-(2 ** 40)} 4`,
    ],
  },
  {
    name: 'labels in any order, and empty values that are absent labels',
    series: [
      {
        labels: [
          ['z', '1'],
          ['gone', ''],
          ['__name__', 'm'],
          ['a', '2'],
        ],
        samples: [[1, NOW_MS]],
      },
    ],
    rows: [`{"__name__":"m","a":"2","z":"1"} ${NOW_MS} 1`],
  },
  {
    name: 'names with dots and spaces, values with new lines and emoji, a byte order mark kept',
    series: [
      {
        labels: [
          ['__name__', 'http.request duration'],
          ['k', 'a\nb 🚨'],
          ['\ufeffbom', '\ufeff'],
        ],
        samples: [[1, NOW_MS]],
      },
    ],
    rows: [`{"__name__":"http.request duration","k":"a\\nb 🚨","\ufeffbom":"\ufeff"} ${NOW_MS} 1`],
  },
  {
    name: 'one label set written twice is one series',
    series: [
      up,
      {
        labels: [
          ['job', 'a'],
          ['__name__', 'up'],
        ],
        samples: [[2, NOW_MS + 15_000]],
      },
    ],
    rows: [`{"__name__":"up","job":"a"} ${NOW_MS} 1`, `{"__name__":"up","job":"a"} ${NOW_MS + 15_000} 2`],
  },
  {
    name: 'a long label value',
    series: [
      {
        labels: [
          ['__name__', 'm'],
          ['v', 'x'.repeat(4_096)],
        ],
        samples: [[1, NOW_MS]],
      },
    ],
    rows: [`{"__name__":"m","v":"${'x'.repeat(4_096)}"} ${NOW_MS} 1`],
  },
];

for (const { version, read } of versions) {
  for (const { name, series, rows } of cases) {
    test(`remote write ${version}: ${name}`, () => {
      const received = read(series);
      assert.deepEqual(printRows(received.batch), rows);
      assert.equal(received.rejections.causes, 0);
      assert.equal(new Set(received.batch.series.map((labels) => labels.key)).size, received.batch.series.length);
    });
  }

  test(`remote write ${version}: exemplars of good series are counted and dropped`, () => {
    const exemplars = [[['trace_id', 'abc']], []] as const;
    const received = read([
      { ...up, exemplars },
      { labels: [['job', 'a']], samples: [[1, NOW_MS]], exemplars },
    ]);
    assert.equal(received.exemplars, 2);
    assert.equal(received.batch.values.length, 1);
  });
}

const refusals: readonly { name: string; series: SentSeries; text: string }[] = [
  {
    name: 'a series without a metric name',
    series: { labels: [['job', 'a']], samples: [[1, NOW_MS]] },
    text: 'invalid metric name or labels, got {job="a"}',
  },
  {
    name: 'a series without labels',
    series: { labels: [], samples: [[1, NOW_MS]] },
    text: 'invalid metric name or labels, got {}',
  },
  {
    name: 'a label without a name',
    series: {
      labels: [
        ['__name__', 'm'],
        ['', 'x'],
      ],
      samples: [[1, NOW_MS]],
    },
    text: 'invalid metric name or labels, got {__name__="m", ""="x"}',
  },
  {
    name: 'a label written twice',
    series: {
      labels: [
        ['__name__', 'm'],
        ['a', '1'],
        ['a', '2'],
      ],
      samples: [[1, NOW_MS]],
    },
    text: 'invalid labels for series, labels {__name__="m", a="1", a="2"}, duplicated label a',
  },
  {
    name: 'a label value beyond the limit',
    series: {
      labels: [
        ['__name__', 'm'],
        ['a', 'é'.repeat(2_049)],
      ],
      samples: [[1, NOW_MS]],
    },
    text: 'value of label a has 4098 bytes, limit 4096',
  },
  {
    name: 'a label name beyond the limit',
    series: {
      labels: [
        ['__name__', 'm'],
        ['n'.repeat(257), '1'],
      ],
      samples: [[1, NOW_MS]],
    },
    text: 'label name of 257 bytes, limit 256',
  },
  {
    name: 'more labels than the limit',
    series: {
      labels: [['__name__', 'm'], ...Array.from({ length: 64 }, (_, i) => [`l${i}`, '1'] as const)],
      samples: [[1, NOW_MS]],
    },
    text: 'series has 65 labels, limit 64',
  },
  {
    name: 'labels that together are too long',
    series: {
      labels: [['__name__', 'm'], ...Array.from({ length: 5 }, (_, i) => [`l${i}`, 'x'.repeat(4_000)] as const)],
      samples: [[1, NOW_MS]],
    },
    text: 'labels of 20019 bytes together, limit 16384',
  },
];

for (const { version, read } of versions) {
  for (const { name, series, text } of refusals) {
    test(`remote write ${version} refuses ${name} and keeps the rest`, () => {
      const received = read([series, up]);
      assert.deepEqual(printRows(received.batch), [`{"__name__":"up","job":"a"} ${NOW_MS} 1`]);
      assert.equal(received.rejections.causes, 1);
      const [said = ''] = received.rejections.texts;
      assert.equal(said.slice(0, text.length), text);
    });
  }
}

test('remote write 1.0 reads labels that stand behind the samples', () => {
  // timeseries { labels { __name__: "m" } samples { value: 0, timestamp: 1 } labels { a: "b" } }
  const label = (text: string): number[] => [...new TextEncoder().encode(text)];
  const first = [10, 13, 10, 8, ...label('__name__'), 18, 1, ...label('m')];
  const late = [10, 6, 10, 1, ...label('a'), 18, 1, ...label('b')];
  const series = [...first, 18, 2, 16, 1, ...late];
  const received = createRemoteWriteReader(DEFAULT_INGEST_LIMITS).read(Uint8Array.from([10, series.length, ...series]));
  assert.deepEqual(printRows(received.batch), ['{"__name__":"m","a":"b"} 1 0']);
});

test('remote write 1.0 knows label sets again, whatever follows them', () => {
  const reader = createRemoteWriteReader(DEFAULT_INGEST_LIMITS);
  const names = Array.from({ length: 50 }, (_, i) => `m${i % 7}_${i}`);
  const orders = [names, [...names].reverse(), names.slice(20), [...names, 'fresh'], names];
  for (const order of orders) {
    const sent = order.map(
      (name, i): SentSeries => ({
        labels: [
          ['__name__', name],
          ['i', String(name.length)],
        ],
        samples: [[i, NOW_MS]],
      }),
    );
    const rows = printRows(reader.read(writeRequest(sent)).batch);
    assert.deepEqual(
      rows,
      order.map((name, i) => `{"__name__":"${name}","i":"${name.length}"} ${NOW_MS} ${i}`),
    );
  }
});

test('bytes that are no UTF-8 refuse their series alone', () => {
  const good = writeRequest([up]);
  const broken = writeRequest([
    {
      labels: [
        ['__name__', 'm'],
        ['a', 'zz'],
      ],
      samples: [[1, NOW_MS]],
    },
  ]);
  broken[broken.indexOf(0x7a)] = 0xff;
  const received = createRemoteWriteReader(DEFAULT_INGEST_LIMITS).read(Uint8Array.from([...broken, ...good]));
  assert.deepEqual(printRows(received.batch), [`{"__name__":"up","job":"a"} ${NOW_MS} 1`]);
  assert.deepEqual([...received.rejections.byReason], [['label-invalid', 1]]);
});

test('type and unit become labels where that is asked for, in the place of what the sender has for them', () => {
  const read = (series: SentSeries): string[] =>
    createRemoteWriteV2Reader(DEFAULT_INGEST_LIMITS, { typeAndUnitLabels: true })
      .read(writeRequestV2([series]))
      .batch.series.map(({ key }) => key);
  const [counter, unknown] = [1, 0];
  assert.deepEqual(read({ ...up, metadata: { type: counter, help: 'h', unit: 'seconds' } }), [
    '[["__name__","up"],["__type__","counter"],["__unit__","seconds"],["job","a"]]',
  ]);
  const typed: SentSeries = { ...up, labels: [...up.labels, ['__type__', 'gauge']] };
  assert.deepEqual(read({ ...typed, metadata: { type: counter, help: '', unit: '' } }), [
    '[["__name__","up"],["__type__","counter"],["job","a"]]',
  ]);
  assert.deepEqual(read({ ...typed, metadata: { type: unknown, help: '', unit: '' } }), [
    '[["__name__","up"],["__type__","gauge"],["job","a"]]',
  ]);
  assert.deepEqual(read(up), ['[["__name__","up"],["job","a"]]']);
});

test('metadata is kept by metric name in both versions', () => {
  const type = 4;
  const said = { help: 'Duration of "requests"\nin s', unit: 'seconds' };
  const one = createRemoteWriteReader(DEFAULT_INGEST_LIMITS).read(
    writeRequest(
      [up],
      [
        { type: 1, name: 'c_total', help: '', unit: '' },
        { type, name: 'up', ...said },
      ],
    ),
  );
  assert.deepEqual(
    [...one.metadata],
    [
      ['c_total', { type: 'counter', help: '', unit: '' }],
      ['up', { type: 'gaugehistogram', ...said }],
    ],
  );
  const two = createRemoteWriteV2Reader(DEFAULT_INGEST_LIMITS).read(
    writeRequestV2([{ ...up, metadata: { type, ...said } }]),
  );
  assert.deepEqual([...two.metadata], [['up', { type: 'gaugehistogram', ...said }]]);
});

test('version 2 refuses references beyond the table, odd references and series without rows, and keeps the rest', () => {
  const reader = createRemoteWriteV2Reader(DEFAULT_INGEST_LIMITS);
  const good = writeRequestV2([up, { labels: [['__name__', 'empty']] }]);
  const received = reader.read(good);
  assert.equal(
    received.rejections.texts[0],
    'TimeSeries must contain at least one sample or histogram for series {__name__="empty"}',
  );
  // timeseries { labels_refs: [99, 1] samples { timestamp: 1 } }, then one with labels_refs: [1]
  const refs = reader.read(
    Uint8Array.from([...good, 42, 8, 10, 2, 99, 1, 18, 2, 16, 1, 42, 7, 10, 1, 1, 18, 2, 16, 1]),
  );
  assert.deepEqual(refs.rejections.texts.slice(1), [
    'parsing labels for series: labelRef 99 outside of symbols table (size 6)',
    'parsing labels for series: invalid labelRefs length 1',
  ]);
  assert.equal(refs.batch.values.length, 1);
});

test('a table of symbols that does not begin with the empty text is unreadable', () => {
  const message = Uint8Array.of(34, 1, 97);
  assert.throws(() => createRemoteWriteV2Reader(DEFAULT_INGEST_LIMITS).read(message), InvalidInput);
});

test('a request beyond the limits of series or samples is too large as a whole', () => {
  const many = Array.from(
    { length: 6 },
    (_, i): SentSeries => ({
      labels: [['__name__', `m${i}`]],
      samples: [
        [1, 1],
        [2, 2],
      ],
    }),
  );
  const expectTooLarge = (limits: Partial<typeof DEFAULT_INGEST_LIMITS>, text: RegExp) => {
    const all = { ...DEFAULT_INGEST_LIMITS, ...limits };
    assert.throws(() => createRemoteWriteReader(all).read(writeRequest(many)), text);
    assert.throws(() => createRemoteWriteV2Reader(all).read(writeRequestV2(many)), text);
  };
  expectTooLarge({ maxSeries: 5 }, /more than 5 series/);
  expectTooLarge({ maxSamples: 11 }, /more than 11 samples/);
});
