import type { ValueType } from './ast.ts';

/** What a function takes and gives. */
export interface Signature {
  readonly args: readonly ValueType[];
  /**
   * 0: exactly `args`. n > 0: the last one may be left out or repeated, up to n in all. -1: likewise, without an upper limit.
   * Prometheus' numbers, as /api/v1/parse_query shows them.
   */
  readonly variadic: number;
  readonly returns: ValueType;
  /** Needs the feature promql-experimental-functions. */
  readonly experimental: boolean;
}

type Options = Partial<Pick<Signature, 'variadic' | 'experimental'>>;

function define(returns: ValueType, args: readonly ValueType[], options: Options): Signature {
  return { args, variadic: 0, returns, experimental: false, ...options };
}

const vector = (args: readonly ValueType[], options: Options = {}): Signature => define('vector', args, options);
const scalar = (args: readonly ValueType[], options: Options = {}): Signature => define('scalar', args, options);

const ofVector = vector(['vector']);
const ofRange = vector(['matrix']);
const ofTime = vector(['vector'], { variadic: 1 });
const EXPERIMENTAL: Options = { experimental: true };

/** Every function of the language by name. Which names keep, and what each computes, is the business of lib/promql/functions. */
export const SIGNATURES = {
  abs: ofVector,
  absent: ofVector,
  absent_over_time: ofRange,
  acos: ofVector,
  acosh: ofVector,
  asin: ofVector,
  asinh: ofVector,
  atan: ofVector,
  atanh: ofVector,
  avg_over_time: ofRange,
  ceil: ofVector,
  changes: ofRange,
  clamp: vector(['vector', 'scalar', 'scalar']),
  clamp_max: vector(['vector', 'scalar']),
  clamp_min: vector(['vector', 'scalar']),
  cos: ofVector,
  cosh: ofVector,
  count_over_time: ofRange,
  day_of_month: ofTime,
  day_of_week: ofTime,
  day_of_year: ofTime,
  days_in_month: ofTime,
  deg: ofVector,
  delta: ofRange,
  deriv: ofRange,
  double_exponential_smoothing: vector(['matrix', 'scalar', 'scalar'], EXPERIMENTAL),
  end: scalar([], EXPERIMENTAL),
  exp: ofVector,
  first_over_time: ofRange,
  floor: ofVector,
  histogram_avg: ofVector,
  histogram_count: ofVector,
  histogram_fraction: vector(['scalar', 'scalar', 'vector']),
  histogram_quantile: vector(['scalar', 'vector']),
  histogram_quantiles: vector(['vector', 'string', 'scalar', 'scalar'], { variadic: 9, experimental: true }),
  histogram_stddev: ofVector,
  histogram_stdvar: ofVector,
  histogram_sum: ofVector,
  hour: ofTime,
  idelta: ofRange,
  increase: ofRange,
  info: vector(['vector', 'vector'], { variadic: 1, experimental: true }),
  irate: ofRange,
  label_join: vector(['vector', 'string', 'string', 'string'], { variadic: -1 }),
  label_replace: vector(['vector', 'string', 'string', 'string', 'string']),
  last_over_time: ofRange,
  ln: ofVector,
  log10: ofVector,
  log2: ofVector,
  mad_over_time: vector(['matrix'], EXPERIMENTAL),
  max_of: scalar(['scalar', 'scalar'], EXPERIMENTAL),
  max_over_time: ofRange,
  min_of: scalar(['scalar', 'scalar'], EXPERIMENTAL),
  min_over_time: ofRange,
  minute: ofTime,
  month: ofTime,
  pi: scalar([]),
  predict_linear: vector(['matrix', 'scalar']),
  present_over_time: ofRange,
  quantile_over_time: vector(['scalar', 'matrix']),
  rad: ofVector,
  range: scalar([], EXPERIMENTAL),
  rate: ofRange,
  resets: ofRange,
  round: vector(['vector', 'scalar'], { variadic: 1 }),
  scalar: scalar(['vector']),
  sgn: ofVector,
  sin: ofVector,
  sinh: ofVector,
  sort: ofVector,
  sort_by_label: vector(['vector', 'string'], { variadic: -1, experimental: true }),
  sort_by_label_desc: vector(['vector', 'string'], { variadic: -1, experimental: true }),
  sort_desc: ofVector,
  sqrt: ofVector,
  start: scalar([], EXPERIMENTAL),
  start_timestamp: vector(['vector'], EXPERIMENTAL),
  stddev_over_time: ofRange,
  stdvar_over_time: ofRange,
  step: scalar([], EXPERIMENTAL),
  sum_over_time: ofRange,
  tan: ofVector,
  tanh: ofVector,
  time: scalar([]),
  timestamp: ofVector,
  ts_of_first_over_time: vector(['matrix'], EXPERIMENTAL),
  ts_of_last_over_time: vector(['matrix'], EXPERIMENTAL),
  ts_of_max_over_time: vector(['matrix'], EXPERIMENTAL),
  ts_of_min_over_time: vector(['matrix'], EXPERIMENTAL),
  vector: vector(['scalar']),
  year: ofTime,
} satisfies Record<string, Signature>;

/** A key of SIGNATURES; the table of implementations has exactly these. */
export type FunctionName = keyof typeof SIGNATURES;

const byName: ReadonlyMap<string, Signature> = new Map(Object.entries(SIGNATURES));

/** The signature of a function, or null when there is no such function. Names are case-sensitive. */
export function findSignature(name: string): Signature | null {
  return byName.get(name) ?? null;
}

/** Aggregations that need the feature promql-experimental-functions. */
export const EXPERIMENTAL_AGGREGATIONS: ReadonlySet<string> = new Set(['limitk', 'limit_ratio']);
