import type { Call, Expr, Subquery, VectorSelector } from '../../../lib/promql/ast.ts';
import { printExpr } from '../../../lib/promql/print.ts';
import type { Answer, Point, WireHistogram } from './answer.ts';
import type { Arena } from './arena.ts';
import { plainAnswer } from './choices.ts';
import { differenceOf, numberOf } from './compare.ts';
import type { Dispute } from './dispute.ts';
import { childrenOf, nodesOf } from './tree.ts';

/**
 * Leave to differ for one operation, whose arguments are the same on both sides: because versions after 3.5 compute it so, or
 * because 3.5 is wrong. Each has its line in docs/differences.md.
 */
interface Licence {
  readonly name: string;
  covers(arena: Arena, dispute: Dispute): boolean;
}

export const LICENCES: readonly Licence[] = [
  { name: 'order of series', covers: isRounding },
  { name: 'order of series', covers: isChoiceAmongEquals },
  { name: 'NaN is no limit of nothing either', covers: isLimitOfNothing },
  { name: 'order of series', covers: isMagnifiedRounding },
  { name: 'partners are counted before filtering', covers: isCountedBeforeFiltering },
  { name: 'timestamp() at another time', covers: isTimestampShifted },
  { name: 'custom buckets are reconciled', covers: isReconciled },
  { name: 'rates of native histograms stop at zero', covers: isZeroCap },
  { name: 'mad_over_time of NaN', covers: isMedianOfNaN },
  { name: 'histograms under their counts are read whole', covers: isReadWhole },
  { name: 'histogram_fraction in a bucket without lower bound', covers: isFractionWithoutBound },
  { name: 'all lost buckets are looked at', covers: isAboutLostBuckets },
  { name: 'a difference is a gauge', covers: isRemarkOnDifference },
  { name: 'parameters are asked at each step', covers: isParameterOfPinned },
  { name: 'names to be removed', covers: isAboutMarkedNames },
  { name: 'series that follow one another are one', covers: isSuccession },
  { name: 'subqueries end with the last step', covers: isRemarkBeyondLastStep },
  { name: 'buckets that were never there', covers: isWithoutEmptyBuckets },
  { name: 'order of series', covers: isMixOfSchemas },
  { name: 'last digits in a label', covers: isLabelOfNumber },
  { name: 'sort_by_label puts series without the label first', covers: isOrderOfMissingLabel },
  { name: 'info() of names to be removed', covers: isInfoOfMarkedNames },
  { name: 'info() looks at the time of its argument', covers: isInfoAtOtherTime },
  { name: 'info() about no instance', covers: isInfoAboutNothing },
  { name: 'info() that adds nothing', covers: isInfoWithoutNews },
  { name: 'info() of series with gaps', covers: isInfoOfGaps },
];

const ADDING = new Set(['sum', 'avg', 'stddev', 'stdvar']);
const CHOOSING = new Set(['topk', 'bottomk', 'limitk']);

/** Sums of floats end in other digits when they are added in another order: no further apart than rounding errors. */
function isRounding(arena: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  if (expr?.kind !== 'aggregation' || !ADDING.has(expr.op)) return false;
  const { series } = arena.own({ ...fuzzCase, text: printExpr(expr.expr) });
  const values = [...series.values()].flat().map(({ value }) => (typeof value === 'string' ? numberOf(value) : 0));
  const largest = values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
  const slack = 1e-14 * largest;
  return sameShape(own, real, (ours, theirs) => {
    if (typeof ours.value !== 'string' || typeof theirs.value !== 'string') return false;
    const [a, b] = [numberOf(ours.value), numberOf(theirs.value)];
    if (ours.value === theirs.value) return true;
    // Each step of a variance rounds its mean.
    const deviation = expr.op === 'stdvar' ? Math.sqrt(Math.max(a, b)) : 1;
    return Math.abs(a - b) <= slack * (expr.op === 'stdvar' ? deviation + slack : 1);
  });
}

/** What is computed from such sums may show it more clearly: ours differ among themselves too. */
function isMagnifiedRounding(arena: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  if (expr === null || !nodesOf(expr).some((node) => node.kind === 'aggregation' && ADDING.has(node.op))) return false;
  const bits = { relative: 0, order: 'any' } as const;
  return (
    differenceOf(own, real, { relative: 1e-6, order: 'any' }) === null &&
    arena.reordered(fuzzCase).some((answer) => differenceOf(plainAnswer(answer, new Set()), own, bits) !== null)
  );
}

/** Of equal values either may be among the first, and of any values in limitk: but as many, and the same ones. */
function isChoiceAmongEquals(_: Arena, { expr, own, real }: Dispute): boolean {
  if (expr?.kind !== 'aggregation' || !CHOOSING.has(expr.op) || own.error !== null || real.error !== null) return false;
  const values = ({ series }: Answer): string =>
    [...series.values()]
      .flat()
      .map(({ time, value }) => `${time} ${expr.op === 'limitk' ? '' : JSON.stringify(value)}`)
      .sort()
      .join();
  return values(own) === values(real);
}

/** 3.5 does not look at a limit when there is nothing to choose from. */
function isLimitOfNothing(_: Arena, { expr, own, real }: Dispute): boolean {
  if (expr?.kind !== 'aggregation' || real.error !== null || real.series.size > 0) return false;
  return own.error === 'Parameter value is NaN' || own.error === 'Ratio value is NaN' || own.error === 'NaN';
}

/** 3.5 does not mind several partners as long as no result comes of them. */
function isCountedBeforeFiltering(_: Arena, { expr, own, real }: Dispute): boolean {
  if (expr?.kind !== 'binary' || own.error?.startsWith('multiple matches for labels: ') !== true) return false;
  return real.error === null || real.error.startsWith('found duplicate series for the match group');
}

/** 3.5 forgets the offset where there is an @ as well. */
function isTimestampShifted(_: Arena, { expr }: Dispute): boolean {
  const [argument] = isCall(expr, ['timestamp']) ? expr.args : [];
  let selector = argument;
  while (selector?.kind === 'paren') selector = selector.expr;
  return selector?.kind === 'vectorSelector' && selector.at !== null && selector.offset !== null;
}

function isReconciled(_: Arena, { own }: Dispute): boolean {
  return own.infos.some((text) => text.startsWith('PromQL info: mismatched custom buckets were reconciled'));
}

function isCall(expr: Expr | null, funcs: readonly string[]): expr is Call {
  return expr?.kind === 'call' && funcs.includes(expr.func);
}

/** Ours are theirs made smaller, bucket by bucket by the same factor. */
function isZeroCap(_: Arena, { expr, own, real }: Dispute): boolean {
  if (!isCall(expr, ['rate', 'increase'])) return false;
  return sameShape(own, real, (ours, theirs) => {
    if (typeof ours.value === 'string' || typeof theirs.value === 'string') return ours.value === theirs.value;
    return isScaledDown(ours.value, theirs.value);
  });
}

function sameShape(own: Answer, real: Answer, same: (ours: Point, theirs: Point) => boolean): boolean {
  if (own.error !== null || real.error !== null || own.series.size !== real.series.size) return false;
  return [...real.series].every(([key, points]) => {
    const ours = own.series.get(key) ?? [];
    return (
      ours.length === points.length &&
      points.every((theirs, i) => {
        const point = ours[i];
        return point !== undefined && point.time === theirs.time && same(point, theirs);
      })
    );
  });
}

function isScaledDown(own: WireHistogram, real: WireHistogram): boolean {
  const factor = numberOf(own.count) / numberOf(real.count);
  if (!(factor > 0 && factor <= 1 + 1e-12)) return own.count === real.count;
  const scaled = (ours: string, theirs: string): boolean =>
    Math.abs(numberOf(ours) - numberOf(theirs) * factor) <= 1e-9 * Math.abs(numberOf(theirs));
  const { buckets = [] } = own;
  const { buckets: others = [] } = real;
  return (
    scaled(own.sum, real.sum) &&
    buckets.length === others.length &&
    others.every(([, lower, upper, count], i) => {
      const [, from, to, ours = ''] = buckets[i] ?? [];
      return from === lower && to === upper && scaled(ours, count);
    })
  );
}

/** Where these functions are arguments of anything, and not about a selector itself. */
function isReadWhole(_: Arena, { expr }: Dispute): boolean {
  const counts = (expr === null ? [] : childrenOf(expr)).filter((child) =>
    isCall(child, ['histogram_count', 'histogram_sum', 'histogram_avg']),
  );
  return counts.some((count) =>
    nodesOf(count)
      .slice(1)
      .some((node) => 'args' in node || 'op' in node),
  );
}

/** Of the buckets that a histogram has lost 3.5 looks at the first only; stored counters lose none but at once. */
function isAboutLostBuckets(_: Arena, { expr, real }: Dispute): boolean {
  if (!isCall(expr, ['rate', 'increase', 'irate', 'resets']) || expr.args[0]?.kind !== 'subquery') return false;
  return expr.func === 'resets' || [...real.series.values()].flat().some(({ value }) => typeof value !== 'string');
}

/** 3.5 does not know that a difference of histograms is a gauge. */
function isRemarkOnDifference(_: Arena, { expr, own, real }: Dispute): boolean {
  if (!isCall(expr, ['rate', 'increase', 'irate', 'delta', 'idelta']) || !sameShape(own, real, isEqual)) return false;
  const others = ({ warnings }: Answer): string =>
    warnings
      .filter((text) => !/this native histogram metric is not a (counter|gauge)/.test(text))
      .sort()
      .join();
  return others(own) === others(real) && nodesOf(expr).some((node) => node.kind === 'binary' && node.op === '-');
}

/** Where all series are pinned by @, 3.5 asks for the parameter once. */
function isParameterOfPinned(_: Arena, { expr, fuzzCase }: Dispute): boolean {
  if (expr?.kind !== 'aggregation' || expr.param === null || fuzzCase.times.stepMs === 0) return false;
  const selectors = nodesOf(expr.expr).filter((node) => node.kind === 'vectorSelector');
  return selectors.length > 0 && selectors.every(({ at }) => at !== null);
}

/** With delayed name removal last_over_time() of a subquery brings names back in 3.5. */
function isAboutMarkedNames(_: Arena, { expr, fuzzCase }: Dispute): boolean {
  return fuzzCase.delayedNameRemoval && isCall(expr, ['last_over_time']) && expr.args[0]?.kind === 'subquery';
}

/** Series with the same labels that never meet at a step: 3.5 refuses them. */
function isSuccession(_: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  if (own.error !== null || real.error !== 'vector cannot contain metrics with the same labelset') return false;
  const isRelabelled = isCall(expr, ['label_replace', 'label_join']) || expr?.kind === 'unary';
  return fuzzCase.times.stepMs > 0 && (isRelabelled || fuzzCase.delayedNameRemoval);
}

/** 3.5 goes on to the end of the range query, and remarks on what nobody asked for. */
function isRemarkBeyondLastStep(_: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  const { endMs, startMs, stepMs } = fuzzCase.times;
  if (expr === null || stepMs === 0 || (endMs - startMs) % stepMs === 0) return false;
  const unnumbered = (texts: readonly string[]): string[] => texts.map((text) => text.replace(/got \S+/, 'got'));
  const known = new Set(unnumbered([...real.warnings, ...real.infos]));
  return (
    nodesOf(expr).some((node) => node.kind === 'subquery') &&
    sameShape(own, real, isEqual) &&
    unnumbered([...own.warnings, ...own.infos]).every((text) => known.has(text))
  );
}

/** 3.5 says NaN. */
function isFractionWithoutBound(_: Arena, { expr, own, real }: Dispute): boolean {
  return (
    isCall(expr, ['histogram_fraction']) &&
    sameShape(own, real, (ours, theirs) => theirs.value === 'NaN' || ours.value === theirs.value)
  );
}

/** Of empty buckets a multiplication with NaN or Inf makes NaN. */
function isWithoutEmptyBuckets(_: Arena, { expr, own, real }: Dispute): boolean {
  if (expr?.kind !== 'binary') return false;
  const filled = ({ value }: Point): string =>
    typeof value === 'string'
      ? value
      : JSON.stringify({ ...value, buckets: (value.buckets ?? []).filter(([, , , count]) => count !== 'NaN') });
  return sameShape(own, real, (ours, theirs) => filled(ours) === filled(theirs));
}

/** Of a mix of schemas 3.5 warns only when it comes upon histograms before floats. */
function isMixOfSchemas(_: Arena, { expr, own, real }: Dispute): boolean {
  if (expr?.kind !== 'aggregation' || (expr.op !== 'sum' && expr.op !== 'avg')) return false;
  const isMix = (text: string): boolean =>
    text.includes('vector contains a mix of histograms with exponential and custom');
  return own.warnings.some(isMix) && !real.warnings.some(isMix) && sameShape(own, real, (a, b) => isEqual(a, b));
}

function isEqual(ours: Point, theirs: Point): boolean {
  return JSON.stringify(ours.value) === JSON.stringify(theirs.value);
}

const NUMBERS = /-?\d+(\.\d+)?(e[+-]\d+)?/g;

/** count_values makes labels of numbers, which differ where their last digits do. */
function isLabelOfNumber(_: Arena, { expr, own, real }: Dispute): boolean {
  if (expr?.kind !== 'aggregation' || expr.op !== 'count_values' || own.series.size !== real.series.size) return false;
  const numbers = ({ series }: Answer): number[][] =>
    [...series.keys()].map((key) => (key.match(NUMBERS) ?? []).map(Number)).sort(compareLists);
  const theirs = numbers(real);
  return numbers(own).every((list, i) =>
    list.every((number, k) => Math.abs(number - (theirs[i]?.[k] ?? Number.NaN)) <= 1e-9 * Math.abs(number)),
  );
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((number, i) => Math.abs(number - (b[i] ?? 0)) > 1e-9 * Math.abs(number));
  return at === -1 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? 0);
}

function isOrderOfMissingLabel(_: Arena, { expr, own, real }: Dispute): boolean {
  if (!isCall(expr, ['sort_by_label', 'sort_by_label_desc']) || !sameShape(own, real, isEqual)) return false;
  const names = expr.args.slice(1).map((arg) => (arg.kind === 'string' ? `["${arg.value}",` : ''));
  return [...own.series.keys()].some((key) => names.some((name) => !key.includes(name)));
}

/** Where ours is NaN. */
function isMedianOfNaN(_: Arena, { expr, own, real }: Dispute): boolean {
  return (
    isCall(expr, ['mad_over_time']) &&
    sameShape(own, real, (ours, theirs) => ours.value === 'NaN' || ours.value === theirs.value)
  );
}

function isInfoOfMarkedNames(_: Arena, { expr, fuzzCase }: Dispute): boolean {
  return isCall(expr, ['info']) && fuzzCase.delayedNameRemoval;
}

function isInfoAtOtherTime(_: Arena, { expr }: Dispute): boolean {
  return isCall(expr, ['info']) && nodesOf(expr).some((node) => 'at' in node && isShifted(node));
}

/** Where a label is asked for that the series has already, 3.5 drops the series. */
function isInfoWithoutNews(arena: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  const [argument, selector] = isCall(expr, ['info']) ? expr.args : [];
  if (argument === undefined || selector === undefined || own.error !== null || real.error !== null) return false;
  const { series } = arena.own({ ...fuzzCase, text: printExpr(argument) });
  const points = (answer: Answer, key: string): string => JSON.stringify(answer.series.get(key) ?? []);
  return (
    [...real.series.keys()].every((key) => own.series.has(key)) &&
    [...own.series.keys()].every((key) => series.has(key) || points(own, key) === points(real, key))
  );
}

const INFO_SERIES = '{__name__=~".+_info"}';

/** In range queries 3.5 takes the info series of a neighbour where some series have no sample at a step. */
function isInfoOfGaps(arena: Arena, { expr, fuzzCase }: Dispute): boolean {
  const [argument] = isCall(expr, ['info']) ? expr.args : [];
  if (argument === undefined || fuzzCase.times.stepMs === 0) return false;
  const { endMs, startMs, stepMs } = fuzzCase.times;
  const steps = Math.floor((endMs - startMs) / stepMs) + 1;
  return [printExpr(argument), INFO_SERIES].some((text) =>
    [...arena.own({ ...fuzzCase, text }).series.values()].some((points) => points.length < steps),
  );
}

/** Whether what 3.5 says to the expression differs from time to time, because it goes through info series in any order. */
export function isUnsteady(arena: Arena, dispute: Dispute): boolean {
  if (dispute.expr === null) return false;
  const nodes = nodesOf(dispute.expr);
  const { times } = dispute.fuzzCase;
  const around = { startMs: times.startMs - 600_000, endMs: times.endMs, stepMs: 15_000 };
  const spread = nodes.some(({ kind }) => kind === 'subquery')
    ? { ...dispute.fuzzCase, times: around }
    : dispute.fuzzCase;
  return nodes.some((expr) =>
    isInfoOfGaps(arena, { ...dispute, expr, fuzzCase: { ...spread, text: printExpr(expr) } }),
  );
}

function isShifted({ at, offset }: VectorSelector | Subquery): boolean {
  return at !== null || offset !== null;
}

const INSTANCE = /\["(instance|job)",/;
const INFO_METRIC = /\["__name__","[a-z]+_info"\]/;

/** Nothing in the argument, but for info metrics themselves, says of which instance it is. */
function isInfoAboutNothing(arena: Arena, { expr, fuzzCase }: Dispute): boolean {
  const [argument, selector] = isCall(expr, ['info']) ? expr.args : [];
  if (argument === undefined || selector === undefined) return false;
  const { series } = arena.own({ ...fuzzCase, text: printExpr(argument) });
  return [...series.keys()].every((key) => INFO_METRIC.test(key) || !INSTANCE.test(key));
}
