import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder } from '../../lib/model/sample.ts';
import { calendarAt } from '../../lib/promql/calendar.ts';
import { evaluate, type QueryOptions } from '../../lib/promql/evaluate.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { formatGeneral } from '../../lib/promql/go-format.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import { selectionsOf } from '../../lib/promql/selections.ts';
import { QueryError, type QueryResult, type QueryTimes } from '../../lib/promql/value.ts';
import { createSeriesMemory, type SeriesMemory } from '../../lib/series/memory.ts';

const OPTIONS: QueryOptions = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  maxSamples: 1000,
  delayedNameRemoval: false,
};
const AT_10M: QueryTimes = { startMs: 600_000, endMs: 600_000, stepMs: 0 };

/** `count` series of each name, a sample every 15 s for ten minutes. */
function memoryWith(names: readonly string[], count: number): SeriesMemory {
  const memory = createSeriesMemory();
  const builder = createSampleBatchBuilder();
  for (const name of names) {
    for (let i = 0; i < count; i++) {
      const series = builder.series(labelsOf({ __name__: name, i: String(i) }));
      for (let timeMs = 0; timeMs <= 600_000; timeMs += 15_000) builder.add(series, timeMs, timeMs / 1000 + i);
    }
  }
  memory.append(builder.build());
  return memory;
}

function ask(memory: SeriesMemory, text: string, times = AT_10M, options: QueryOptions = OPTIONS): QueryResult {
  return evaluate(parseExpr(text, ALL_FEATURES), memory, times, { ...options, text });
}

const selectionCases: readonly (readonly [name: string, query: string, windows: readonly string[]])[] = [
  ['an instant selector reads its lookback', 'up', ['up 300..600']],
  ['a range selector reads its range', 'rate(x[2m])', ['x 480..600']],
  ['offset moves the window', 'x offset 1m', ['x 240..540']],
  ['@ pins it', 'x @ 100 offset 10s', ['x -210..90']],
  ['a subquery widens what is under it', 'max_over_time(rate(x[1m])[5m:] offset 1m)', ['x 180..540']],
  ['@ under a subquery is not moved', 'max_over_time((x @ 100)[5m:])', ['x -200..100']],
  ['every side of every operator', 'sum(a) / b > scalar(c)', ['a 300..600', 'b 300..600', 'c 300..600']],
  ['parameters of aggregations', 'topk(scalar(k), x)', ['k 300..600', 'x 300..600']],
  ['extended ranges see around their windows', 'rate(x[1m] smoothed)', ['x 240..900']],
  [
    'info metrics as of the first selector',
    'info(x offset 1m + y)',
    ['x 240..540', 'y 300..600', 'target_info 240..540'],
  ],
  [
    'info metrics by their conditions',
    'info(x, {__name__="build_info", a="b"})',
    ['x 300..600', 'build_info 300..600'],
  ],
  ['nothing for a length beyond all bounds', 'x offset (2 ^ 10m) + y', ['y 300..600']],
  ['selectors of several metrics have no name', '{__name__=~"a|b"}', ['- 300..600']],
];

for (const [name, query, expected] of selectionCases) {
  test(`what to load: ${name}`, () => {
    const selections = selectionsOf(parseExpr(query, ALL_FEATURES), AT_10M, OPTIONS);
    assert.deepEqual(
      selections.map(({ metricName, fromMs, toMs }) => `${metricName ?? '-'} ${fromMs / 1000}..${toMs / 1000}`),
      expected,
    );
  });
}

test('what to load for a range query reaches from before its start to its end', () => {
  const times = { startMs: 600_000, endMs: 900_000, stepMs: 60_000 };
  const [selection] = selectionsOf(parseExpr('rate(x[step() * 2])', ALL_FEATURES), times, OPTIONS);
  assert.equal(selection?.fromMs, 480_000);
  assert.equal(selection?.toMs, 900_000);
  assert.deepEqual(
    selection?.matchers.map(({ name, value }) => [name, value]),
    [['__name__', 'x']],
  );
});

const TOO_MANY = 'query processing would load too many samples into memory in query execution';

const limitCases: readonly (readonly [query: string, times: QueryTimes])[] = [
  ['x', { startMs: 0, endMs: 600_000, stepMs: 1000 }],
  ['sum(x)', { startMs: 0, endMs: 600_000, stepMs: 1000 }],
  ['sum(rate(x[1m]))', { startMs: 0, endMs: 600_000, stepMs: 1000 }],
  ['info(vector(1), {__name__="x"})', { startMs: 0, endMs: 600_000, stepMs: 1000 }],
  ['x[10m]', AT_10M],
  ['count_over_time(x[10m:1s])', AT_10M],
  ['max_over_time(vector(1)[9y:1ms])', AT_10M],
];

for (const [query, times] of limitCases) {
  test(`a query that would hold too many samples stops: ${query}`, () => {
    const memory = memoryWith(['x'], 50);
    assert.throws(() => ask(memory, query, times), new QueryError(TOO_MANY));
  });
}

test('steps without samples take room where a vector is collected', () => {
  const memory = memoryWith(['x'], 5);
  const times: QueryTimes = { startMs: 0, endMs: 600_000, stepMs: 1000 };
  const brief = { ...OPTIONS, lookbackMs: 1 };
  assert.equal(ask(memory, 'sum(x)', times, brief).value.kind, 'matrix');
  assert.throws(() => ask(memory, 'x and x', times, brief), new QueryError(TOO_MANY));
});

test('a bound of a bucket may have any length', () => {
  for (const bound of [`${'1'.repeat(500_000)}x`, `0x${'1'.repeat(500_000)}x`]) {
    const query = `histogram_quantile(0.5, label_replace(vector(1), "le", "${bound}", "", ""))`;
    const { value, warnings } = ask(createSeriesMemory(), query);
    assert.deepEqual(value, { kind: 'vector', elements: [] });
    assert.match(warnings[0] ?? '', /^PromQL warning: bucket label "le" is missing or has a malformed value of/);
  }
});

test('the limit concerns what is held at once, not what is read', () => {
  const result = ask(memoryWith(['x'], 50), 'sum(avg_over_time(x[10m]))');
  assert.equal(result.samplesRead, 50 * 40);
});

const bombs: readonly (readonly [name: string, query: string])[] = [
  ['more steps than a subquery may have', 'count_over_time(vector(1)[1000001s:1s])'],
  ['a scalar at each of many steps', `count_over_time(vector(${'1+('.repeat(60)}1${')'.repeat(60)})[999999s:1s])`],
  ['a vector at each of many steps', `count_over_time((${'vector(1)+('.repeat(60)}1${')'.repeat(60)})[999999s:1s])`],
  ['a new value at each of many steps', 'count_over_time(count_values("v", vector(time()))[99999s:1s])'],
  [
    'a new quantile at each of many steps',
    'count_over_time(histogram_quantiles(label_replace(vector(1), "le", "+Inf", "", ""), "q", time())[99999s:1s])',
  ],
];

for (const [name, query] of bombs) {
  test(`a query that would take memory without end stops: ${name}`, () => {
    const options = { ...OPTIONS, maxSamples: 50_000_000 };
    assert.throws(
      () => ask(createSeriesMemory(), query, AT_10M, options),
      (error: unknown) => error instanceof QueryError && error.message === TOO_MANY && error.reason === 'execution',
    );
  });
}

test('a query whose time is up stops in the midst of its windows', () => {
  let asked = 0;
  const isOver = (): boolean => ++asked > 3;
  const heavy = 'stdvar_over_time(stdvar_over_time(vector(1)[1d:1s])[1d:1s])';
  assert.throws(
    () => ask(createSeriesMemory(), heavy, AT_10M, { ...OPTIONS, maxSamples: 50_000_000, isOver }),
    (error: unknown) => error instanceof QueryError && error.reason === 'timeout',
  );
  assert.equal(asked, 4);
});

test('samples are counted once per step', () => {
  const times = { startMs: 0, endMs: 60_000, stepMs: 15_000 };
  assert.equal(ask(memoryWith(['x'], 2), 'x', times).samplesRead, 10);
});

test('remarks show line and byte column', () => {
  const { infos } = ask(
    memoryWith(['x'], 1),
    'vector(0) or\n  label_replace(vector(1), "ä", "é", "", "") + ignoring("ä") rate(x[1m])',
  );
  assert.deepEqual(infos, [
    'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "x" (2:70)',
  ]);
});

test('of many remarks the first ten are shown', () => {
  const names = Array.from({ length: 13 }, (_, i) => `gauge${i}`);
  const { infos } = ask(memoryWith(names, 1), 'count(rate({i="0"}[1m]))', AT_10M, {
    ...OPTIONS,
    delayedNameRemoval: true,
  });
  assert.equal(infos.length, 11);
  assert.equal(infos.at(-1), '3 more info annotations omitted');
});

test('without delayed removal, names that go away collide at once', () => {
  const memory = memoryWith(['a_total', 'b_total'], 2);
  const collision = new QueryError('vector cannot contain metrics with the same labelset');
  assert.throws(() => ask(memory, 'sum(rate({i=~".+"}[1m]))'), collision);
  assert.throws(() => ask(memory, 'abs(label_replace({i=~".+"}, "x", "y", "", ""))'), collision);
  const delayed = ask(memory, 'count(rate({i=~".+"}[1m]))', AT_10M, { ...OPTIONS, delayedNameRemoval: true });
  assert.equal(delayed.value.kind === 'vector' ? delayed.value.elements[0]?.value : null, 4);
});

test('counters are told by their type where types are labels', () => {
  const memory = createSeriesMemory();
  const builder = createSampleBatchBuilder();
  for (const [name, type] of [
    ['a', 'counter'],
    ['b_total', 'gauge'],
    ['c_total', ''],
    ['d', 'histogram'],
  ] as const) {
    const series = builder.series(labelsOf({ __name__: name, __type__: type, id: name }));
    for (let i = 1; i <= 3; i++) builder.add(series, 500_000 + i * 10_000, i);
  }
  memory.append(builder.build());
  const options: QueryOptions = { ...OPTIONS, typeAndUnitLabels: true };
  const not = 'PromQL info: metric might not be a counter, __type__ label is not set to "counter" or "histogram", got';
  assert.deepEqual(ask(memory, 'rate({__name__=~".+"}[5m])', AT_10M, { ...options, delayedNameRemoval: true }).infos, [
    `${not} "gauge": "b_total" (1:6)`,
    `${not} "": "c_total" (1:6)`,
  ]);
});

test('a range of no length is refused with its place', () => {
  const memory = memoryWith(['x'], 1);
  assert.throws(() => ask(memory, 'rate(x[step()])'), new QueryError('7:13: duration must be greater than 0', 'times'));
});

const formats: readonly (readonly [value: number, precision: number | null, text: string])[] = [
  [1.5, null, '1.5'],
  [-0, null, '-0'],
  [123456, null, '123456'],
  [1e6, null, '1e+06'],
  [123456789, null, '1.23456789e+08'],
  [0.0001, null, '0.0001'],
  [0.00001, null, '1e-05'],
  [Number.NaN, null, 'NaN'],
  [Number.NEGATIVE_INFINITY, null, '-Inf'],
  [2, 2, '2'],
  [1234, 2, '1.2e+03'],
  [0.1 + 0.2, 2, '0.3'],
];

for (const [value, precision, text] of formats) {
  test(`%g of ${value} with ${precision ?? 'all'} digits is ${text}`, () => {
    assert.equal(formatGeneral(value, precision), text);
  });
}

test('dates go far back and fail as Go fails', () => {
  assert.deepEqual(calendarAt(-1), {
    year: 1969,
    month: 12,
    day: 31,
    dayOfYear: 365,
    weekday: 3,
    daysInMonth: 31,
    hour: 23,
    minute: 59,
  });
  assert.equal(calendarAt(951782400).dayOfYear, 60);
  assert.equal(calendarAt(Number.NaN).year, 292277026596);
  assert.equal(calendarAt(-62135596800).year, 1);
});
