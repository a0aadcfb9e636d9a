import { METRIC_NAME } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import type { At, DurationExpr, Expr, VectorSelector } from './ast.ts';
import { durationMs } from './durations.ts';
import type { EngineOptions, QueryTimes } from './value.ts';

/** What one selector reads: samples later than `fromMs`, up to and including `toMs`. */
export interface Selection {
  readonly matchers: readonly Matcher[];
  /** The only metric it can match, or null when it may match several. */
  readonly metricName: string | null;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Everything `evaluate` will read, selector by selector, so that it can be loaded before. */
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
      for (const arg of expr.args) visit(arg, search, instants);
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

function shifted(
  node: { readonly at: At | null; readonly offset: DurationExpr | null },
  { query }: Search,
  instants: Instants,
): Instants {
  const offsetMs = node.offset === null ? 0 : durationMs(node.offset, query);
  const pinnedMs = node.at === null ? null : pinned(node.at, query);
  return { fromMs: (pinnedMs ?? instants.fromMs) - offsetMs, toMs: (pinnedMs ?? instants.toMs) - offsetMs };
}

function pinned(at: At, query: QueryTimes): number {
  if (at.kind === 'time') return at.timeMs;
  return at.kind === 'start' ? query.startMs : query.endMs;
}

function metricNameOf(matchers: readonly Matcher[]): string | null {
  return matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.operator === '=')?.value ?? null;
}
