import type { FunctionName } from '../../../lib/promql/signatures.ts';
import { type BinaryTexts, createBinaryTexts } from './binary-texts.ts';
import type { Dataset, MetricKind } from './dataset.ts';
import type { Random } from './random.ts';
import { scalarText } from './scalar-texts.ts';
import { createSelectors, type Selectors } from './selectors.ts';

/** What is wanted of an instant vector. */
export interface Wanted {
  /** Levels that may still be nested. */
  readonly depth: number;
  /**
   * Whether every value must be the same to the last bit on both sides, because what is around it makes steps (a comparison,
   * a rounding) or takes differences. Otherwise functions that Go and V8 compute differently may stand here.
   */
  readonly exact: boolean;
  readonly kinds: readonly MetricKind[];
}

/** Texts of well-typed expressions over one dataset, each a new one. */
export interface Expressions {
  vector(wanted: Wanted): string;
  scalar(depth: number): string;
  /** An expression of this kind, a key of KINDS. */
  ofKind(kind: string): string;
}

/** What the makers of texts share. */
export interface Writer {
  readonly random: Random;
  readonly selectors: Selectors;
  vector(wanted: Wanted): string;
  scalar(depth: number): string;
  readonly binary: BinaryTexts;
}

const FLOATS: readonly MetricKind[] = ['counter', 'gauge', 'gauge', 'bucket', 'info'];
const ALL: readonly MetricKind[] = ['counter', 'counter', 'gauge', 'gauge', 'bucket', 'info', 'native'];
const RISING: readonly MetricKind[] = ['counter', 'counter', 'counter', 'bucket', 'native', 'gauge'];
const BUCKETS: readonly MetricKind[] = ['bucket', 'native'];

/** The functions of 3.5 that take one range vector. */
const RANGE_FUNCTIONS = {
  rising: ['rate', 'increase', 'irate', 'resets'],
  any: [
    'changes',
    'delta',
    'idelta',
    'avg_over_time',
    'sum_over_time',
    'min_over_time',
    'max_over_time',
    'count_over_time',
    'last_over_time',
    'present_over_time',
    'stddev_over_time',
    'stdvar_over_time',
    'mad_over_time',
    'absent_over_time',
    'ts_of_last_over_time',
    'ts_of_max_over_time',
    'ts_of_min_over_time',
  ],
} satisfies Record<string, readonly FunctionName[]>;

/** Keep the digits of their argument as they are. */
const CARRYING = new Set(['last_over_time', 'min_over_time', 'max_over_time', 'count_over_time', 'present_over_time']);
const STEPPED: readonly FunctionName[] = ['ceil', 'floor', 'sgn', 'abs', 'sqrt', 'deg', 'rad'];
const DATES: readonly FunctionName[] = [
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'hour',
  'minute',
  'month',
  'year',
];
const AGGREGATIONS = ['sum', 'sum', 'avg', 'count', 'min', 'max', 'group', 'stddev', 'stdvar'] as const;

/** Whose last digits differ between Go and V8. */
export const INEXACT_FUNCTIONS: ReadonlySet<string> = new Set<FunctionName>([
  'exp',
  'ln',
  'log2',
  'log10',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'asinh',
  'acosh',
  'atanh',
]);

type Maker = (writer: Writer, wanted: Wanted) => string;

/** Kinds of expressions with their weights. */
export const KINDS: ReadonlyMap<string, readonly [weight: number, make: Maker]> = new Map<
  string,
  readonly [number, Maker]
>([
  ['selector', [2, ({ selectors }, { kinds }) => selectors.instant(kinds)]],
  ['range', [6, rangeCall]],
  ['function', [2.5, elementCall]],
  ['inexact', [1, inexactCall]],
  ['date', [0.5, dateCall]],
  ['aggregation', [4, aggregation]],
  ['ranking', [1.5, ranking]],
  ['arithmetic', [3, (writer, wanted) => writer.binary.arithmetic(wanted)]],
  ['comparison', [2, (writer, wanted) => writer.binary.comparison(wanted)]],
  ['set', [1.5, (writer, wanted) => writer.binary.set(wanted)]],
  ['label', [1.2, labelCall]],
  ['absent', [0.5, ({ vector }, wanted) => `absent(${vector(wanted)})`]],
  ['vector', [0.4, ({ scalar }, { depth }) => `vector(${scalar(depth)})`]],
  ['timestamp', [0.7, ({ vector }, wanted) => `timestamp(${vector({ ...wanted, exact: false })})`]],
  ['histogram', [2.5, histogramCall]],
  ['sort', [0.4, sortCall]],
  ['unary', [0.7, ({ random, vector }, wanted) => `${random.pick(['-', '-', '+', '- -'])}${vector(wanted)}`]],
  ['paren', [0.5, ({ vector }, wanted) => `(${vector(wanted)})`]],
  ['info', [0.7, infoCall]],
]);

/** Levels of nesting of an expression. */
const DEPTH = 3;

/** Expressions over a dataset. */
export function createExpressions(random: Random, dataset: Dataset): Expressions {
  const selectors = createSelectors(random, dataset);
  const makers = [...KINDS.values()];
  const vector = (wanted: Wanted): string => {
    const inner = { ...wanted, depth: wanted.depth - 1 };
    return inner.depth < 0 ? selectors.instant(wanted.kinds) : random.weigh(makers)(writer, inner);
  };
  const scalar = (depth: number): string =>
    scalarText(random, depth, (inner) => vector({ depth: inner, exact: true, kinds: FLOATS }));
  const binary = createBinaryTexts({ random, selectors, vector, scalar });
  const writer: Writer = { random, selectors, vector, scalar, binary };
  return {
    vector,
    scalar,
    ofKind(kind) {
      const [, make] = KINDS.get(kind) ?? [];
      if (make === undefined) throw new Error(`no kind ${kind}; there are: scalar ${[...KINDS.keys()].join(' ')}`);
      return make(writer, {
        depth: random.pick([0, 1, 1, 2, 2, DEPTH]),
        exact: false,
        kinds: random.chance(0.5) ? FLOATS : ALL,
      });
    },
  };
}

/** A range vector: of a selector mostly, of a subquery otherwise. */
function range(writer: Writer, wanted: Wanted): string {
  const { random, selectors, vector } = writer;
  if (wanted.depth <= 0 || random.chance(0.75)) return selectors.range(wanted.kinds);
  // Each level of subqueries multiplies the work.
  const inner = vector({ ...wanted, depth: Math.min(wanted.depth - 1, 1) });
  return random.chance(0.8)
    ? `(${inner})${selectors.subquery()}`
    : `${selectors.instant(wanted.kinds)}${selectors.subquery()}`;
}

function rangeCall(writer: Writer, wanted: Wanted): string {
  const { random, scalar } = writer;
  const exact = { ...wanted, exact: true };
  return random.weigh<() => string>([
    [
      4,
      () =>
        `${random.pick(RANGE_FUNCTIONS.rising)}(${range(writer, { ...exact, kinds: narrowed(writer, wanted, RISING) })})`,
    ],
    [6, () => ofRange(writer, wanted)],
    [0.8, () => `quantile_over_time(${quantile(writer)}, ${range(writer, exact)})`],
    [0.4, () => (wanted.exact ? ofRange(writer, wanted) : `deriv(${range(writer, exact)})`)],
    [
      0.6,
      () =>
        wanted.exact
          ? ofRange(writer, wanted)
          : `predict_linear(${range(writer, exact)}, ${random.pick(['60', '3600', '-30', '5m', scalar(0)])})`,
    ],
    [0.4, () => `double_exponential_smoothing(${range(writer, exact)}, ${factor(random)}, ${factor(random)})`],
  ])();
}

function ofRange(writer: Writer, wanted: Wanted): string {
  const func = writer.random.pick(RANGE_FUNCTIONS.any);
  return `${func}(${range(writer, { ...wanted, exact: wanted.exact || !CARRYING.has(func) })})`;
}

/** Kinds that suit, most of the time. */
function narrowed({ random }: Writer, { kinds }: Wanted, suited: readonly MetricKind[]): readonly MetricKind[] {
  const both = suited.filter((kind) => kinds.includes(kind));
  return both.length > 0 && random.chance(0.85) ? both : kinds;
}

function factor(random: Random): string {
  return random.weigh([
    [8, random.pick(['0.5', '0.1', '0.99', '0.3'])],
    [1, random.pick(['0', '1', '2', 'NaN', '-0.5'])],
  ]);
}

function quantile({ random, scalar }: Writer): string {
  return random.weigh([
    [8, random.pick(['0.5', '0.9', '0.99', '0', '1', '0.25'])],
    [1, random.pick(['1.5', '-1', 'NaN', 'Inf', '1e-3'])],
    // Of parentheses 3.5 says now this place, now that.
    [0.7, `1 * (${scalar(1)})`],
  ]);
}

function elementCall({ random, vector, scalar }: Writer, wanted: Wanted): string {
  const argument = vector({ ...wanted, exact: true });
  return random.weigh<() => string>([
    [4, () => `${random.pick(STEPPED)}(${argument})`],
    [1, () => `round(${argument}${random.pick(['', '', ', 5', ', 0.1', ', 0', ', -2'])})`],
    [1, () => `clamp(${argument}, ${scalar(0)}, ${scalar(0)})`],
    [1, () => `clamp(${argument}, ${random.pick(['-1', '0', '1'])}, ${random.pick(['1', '50', 'Inf'])})`],
    [1, () => `${random.pick(['clamp_min', 'clamp_max'])}(${argument}, ${scalar(0)})`],
  ])();
}

function inexactCall({ random, vector }: Writer, wanted: Wanted): string {
  if (wanted.exact) return vector(wanted);
  return `${random.pick([...INEXACT_FUNCTIONS])}(${vector({ ...wanted, exact: true })})`;
}

function dateCall({ random, vector }: Writer, wanted: Wanted): string {
  const func = random.pick(DATES);
  const argument = vector({ ...wanted, exact: true });
  return random.weigh([
    [1, `${func}()`],
    [2, `${func}(${argument})`],
    [2, `${func}(timestamp(${argument}))`],
    [1, `${func}((${argument}) * 1e7)`],
  ]);
}

function aggregation(writer: Writer, wanted: Wanted): string {
  const { random, selectors, scalar, vector } = writer;
  // Last digits of a variance hang on the order of series.
  const op = random.pick(wanted.exact ? AGGREGATIONS.filter((name) => !name.startsWith('std')) : AGGREGATIONS);
  const carries = op === 'min' || op === 'max' || op === 'count' || op === 'group';
  const argument = vector({ ...wanted, exact: wanted.exact || !carries });
  const by = selectors.grouping();
  return random.weigh<() => string>([
    [8, () => (random.chance(0.7) ? `${op}${by === '' ? '' : `${by} `}(${argument})` : `${op}(${argument})${by}`)],
    [1, () => `quantile${by} (${random.chance(0.8) ? quantile(writer) : scalar(0)}, ${argument})`],
    [
      0.6,
      () =>
        `count_values${by} ("${random.pick(['value', 'job', 'le', 'code'])}", ${vector({ ...wanted, exact: true })})`,
    ],
  ])();
}

function ranking({ random, selectors, scalar, vector }: Writer, wanted: Wanted): string {
  const argument = vector({ ...wanted, exact: true });
  const by = selectors.grouping();
  const k = random.weigh([
    [9, random.pick(['1', '2', '3', '5', '2.9', '0', '-1', '100'])],
    [1, scalar(1)],
  ]);
  const ratio = random.pick(['0.5', '0.3', '-0.4', '0', '1', '-1', '2', '-3', 'NaN']);
  return random.weigh<() => string>([
    [3, () => `${random.pick(['topk', 'bottomk'])}${by} (${k}, ${argument})`],
    [2, () => `${random.pick(['sum', 'count', 'max'])}(${random.pick(['topk', 'bottomk'])}${by} (${k}, ${argument}))`],
    [1, () => `count(limitk${by} (${k}, ${argument}))`],
    [0.4, () => `limitk${by} (${random.pick(['0', '1000', '-2', 'NaN', 'Inf'])}, ${argument})`],
    [0.6, () => `limit_ratio${by} (${ratio}, ${argument})`],
  ])();
}

function labelCall({ random, selectors, vector }: Writer, wanted: Wanted): string {
  const argument = vector(wanted);
  const target = random.pick(['job', 'zone', 'fresh', '__name__', 'code', 'instance', 'a.b', '']);
  const source = random.pick(['job', 'instance', 'zone', '__name__', 'code', 'missing', '']);
  const replacement = random.pick(['$1', 'x', '', `\${1}-y`, '$0', '$name', '$$1', '$1a']);
  const regex = random.pick(['(.*)', '(.+):(.*)', 'api', '(?P<name>a.*)', '', '.*', '4(..)', '(', '[a-m]+']);
  const sources = selectors.labels().filter((label) => !label.startsWith('"'));
  return random.chance(0.6)
    ? `label_replace(${argument}, "${target}", "${replacement}", "${source}", "${regex}")`
    : `label_join(${argument}, ${[target, random.pick(['-', '', '/']), ...sources].map((text) => `"${text}"`).join(', ')})`;
}

function histogramCall(writer: Writer, wanted: Wanted): string {
  const { random, scalar } = writer;
  const argument = histograms(writer, { ...wanted, exact: true, kinds: BUCKETS });
  const bound = (): string =>
    random.weigh([
      [6, random.pick(['0', '0.1', '1', '2', '-1', '3.7', 'Inf', '-Inf'])],
      [1, scalar(0)],
    ]);
  return random.weigh<() => string>([
    [4, () => (wanted.exact ? argument : `histogram_quantile(${quantile(writer)}, ${argument})`)],
    [2, () => (wanted.exact ? argument : `histogram_fraction(${bound()}, ${bound()}, ${argument})`)],
    [3, () => `histogram_${random.pick(['count', 'sum', 'avg'])}(${argument})`],
    [1, () => (wanted.exact ? argument : `histogram_${random.pick(['stddev', 'stdvar'])}(${argument})`)],
  ])();
}

function histograms(writer: Writer, wanted: Wanted): string {
  const { random, selectors, vector } = writer;
  const rate = (): string =>
    `${random.pick(['rate', 'increase', 'delta', 'sum_over_time', 'last_over_time'])}(${range(writer, { ...wanted, depth: 0 })})`;
  return random.weigh<() => string>([
    [3, () => selectors.instant(wanted.kinds)],
    [3, rate],
    [2, () => `${random.pick(['sum', 'avg'])} by (${random.pick(['le', 'le, job', 'job', ''])}) (${rate()})`],
    [1, () => vector(wanted)],
  ])();
}

function sortCall({ random, selectors, vector }: Writer, wanted: Wanted): string {
  const argument = vector({ ...wanted, exact: true });
  if (random.chance(0.6)) return `${random.pick(['sort', 'sort_desc'])}(${argument})`;
  const labels = [...new Set(['job', ...selectors.labels().filter((label) => !label.startsWith('"'))])];
  return `${random.pick(['sort_by_label', 'sort_by_label_desc'])}(${[argument, ...labels.map((label) => `"${label}"`)].join(', ')})`;
}

function infoCall({ random, vector }: Writer, wanted: Wanted): string {
  const argument = vector(wanted);
  const selector = random.pick([
    '',
    '',
    ', {version=~".+"}',
    ', {version="1"}',
    ', {__name__="build_info"}',
    ', {build=~".*"}',
    ', {__name__=~".+_info"}',
    ', {missing=~".+"}',
  ]);
  return `info(${argument}${selector})`;
}
