import { METRIC_NAME } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import type { Call, Expr, VectorSelector } from './ast.ts';
import { durationMs } from './durations.ts';
import { infoSelectionOf, shiftsOfFirstSelector } from './info-selection.ts';
import { type InstantShift, shiftInstant } from './instant-shift.ts';
import { type EngineOptions, QueryError, type QueryTimes } from './value.ts';

/** What one selector reads: samples later than `fromMs`, up to and including `toMs`. */
export interface Selection {
  readonly matchers: readonly Matcher[];
  /** The only metric it can match, or null when it may match several. */
  readonly metricName: string | null;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Everything `evaluate` will read, selector by selector, so that it can be loaded before. What has a length that is none reads nothing. */
export function selectionsOf(expr: Expr, times: QueryTimes, options: EngineOptions): readonly Selection[] {
  const selections: Selection[] = [];
  visit(expr, { query: times, options, selections }, { fromMs: times.startMs, toMs: times.endMs });
  return selections;
}

interface Search {
  readonly query: QueryTimes;
  readonly options: EngineOptions;
  readonly selections: Selection[];
}

/** First and last instant at which a node is evaluated. */
interface Instants {
  readonly fromMs: number;
  readonly toMs: number;
}

function visit(expr: Expr, search: Search, instants: Instants): void {
  try {
    visitNode(expr, search, instants);
  } catch (error) {
    // `evaluate` says so where somebody asked.
    if (!(error instanceof QueryError)) throw error;
  }
}

function visitNode(expr: Expr, search: Search, instants: Instants): void {
  switch (expr.kind) {
    case 'vectorSelector':
      addSelection(expr, search, { instants, rangeMs: search.options.lookbackMs });
      return;
    case 'matrixSelector':
      addSelection(expr.selector, search, { instants, rangeMs: durationMs(expr.range, search.query) });
      return;
    case 'subquery': {
      const { fromMs, toMs } = shifted(expr, search, instants);
      visit(expr.expr, search, { fromMs: fromMs - durationMs(expr.range, search.query), toMs });
      return;
    }
    case 'call':
      visitCall(expr, search, instants);
      return;
    case 'aggregation':
      if (expr.param !== null) visit(expr.param, search, instants);
      visit(expr.expr, search, instants);
      return;
    case 'binary':
      visit(expr.lhs, search, instants);
      visit(expr.rhs, search, instants);
      return;
    case 'unary':
    case 'paren':
      visit(expr.expr, search, instants);
      return;
    default:
      return;
  }
}

function visitCall(call: Call, search: Search, instants: Instants): void {
  const [vector] = call.args;
  if (call.func !== 'info' || vector === undefined) {
    for (const arg of call.args) visit(arg, search, instants);
    return;
  }
  visit(vector, search, instants);
  const { nameMatchers, labelMatchers } = infoSelectionOf(call);
  let own = instants;
  for (const shift of shiftsOfFirstSelector(vector) ?? []) own = shifted(shift, search, own);
  const matchers = [...nameMatchers, ...labelMatchers];
  search.selections.push({
    matchers,
    metricName: metricNameOf(matchers),
    fromMs: own.fromMs - search.options.lookbackMs,
    toMs: own.toMs,
  });
}

function addSelection(
  selector: VectorSelector,
  search: Search,
  { instants, rangeMs }: { readonly instants: Instants; readonly rangeMs: number },
): void {
  const { fromMs, toMs } = shifted(selector, search, instants);
  // anchored and smoothed also look at the samples around the window.
  const aroundMs = selector.extension === null ? 0 : search.options.lookbackMs;
  search.selections.push({
    matchers: selector.matchers,
    metricName: metricNameOf(selector.matchers),
    fromMs: fromMs - rangeMs - aroundMs,
    toMs: toMs + (selector.extension === 'smoothed' ? aroundMs : 0),
  });
}

function shifted(shift: InstantShift, { query }: Search, { fromMs, toMs }: Instants): Instants {
  return { fromMs: shiftInstant(fromMs, shift, query), toMs: shiftInstant(toMs, shift, query) };
}

function metricNameOf(matchers: readonly Matcher[]): string | null {
  return matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.operator === '=')?.value ?? null;
}
