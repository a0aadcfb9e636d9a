import { unreachable } from '../model/issue.ts';
import { compareLabels } from '../model/labels.ts';
import type { SeriesMemory } from '../series/memory.ts';
import { foldGroups, isFold } from './aggregate.ts';
import { createAnnotations } from './annotations.ts';
import type { Aggregation, Expr } from './ast.ts';
import { evaluateBinary, evaluateUnary } from './binary.ts';
import { createSampleBudget, type Evaluation, type Ranges, type Steps, type Value, type Vector } from './evaluation.ts';
import { selectExtendedRanges } from './functions/extended-range.ts';
import { selectSmoothed } from './functions/smoothed.ts';
import { callFunction } from './functions/table.ts';
import { inTurn } from './late-error.ts';
import { countValues, firstSeries, quantileOfGroups, shareOfSeries } from './rank.ts';
import { type Source, withDetectedResets } from './reset-detection.ts';
import { matrixOfRanges, matrixOfScalar, matrixOfVector, vectorElements } from './result.ts';
import { selectInstants, selectRanges } from './select.ts';
import { evaluateSubquery } from './subquery.ts';
import { topSeries } from './top.ts';
import type { EngineOptions, QueryResult, QueryTimes, QueryValue } from './value.ts';

// How an expression becomes a value. A service loads what `selectionsOf` names into a SeriesMemory, then calls `evaluate`.
// Every node is evaluated for all steps at once. Instant vectors flow as chunks (chunk.ts): the series of a wide grid or of
// several narrow ones (batches.ts) at all steps, from select.ts through functions/ and binary.ts to aggregate.ts, which keeps
// only its groups. Label sets are made for what comes out (series-list.ts); groups are found on dictionary columns and
// remembered (groups.ts).
// Neighbours: parser.ts gives the tree, series/ the samples, functions/table.ts one row per function.

/** Engine settings for one query. */
export type QueryOptions = EngineOptions & {
  /** Its text, if its annotations are to show lines and byte columns. */
  readonly text?: string;
  /** Whether its time is up; without it there is all the time of the world. */
  readonly isOver?: () => boolean;
};

/**
 * Evaluates a checked expression over what is in memory. Never waits, never reads a clock of its own.
 * Throws QueryError with Prometheus' text for what cannot be answered.
 */
export function evaluate(expr: Expr, source: SeriesMemory, times: QueryTimes, options: QueryOptions): QueryResult {
  const count = times.stepMs > 0 ? Math.floor((times.endMs - times.startMs) / times.stepMs) + 1 : 1;
  const root: Omit<EvaluationParts, 'steps' | 'isSubquery'> = {
    query: times,
    memory: source,
    stored: source,
    options,
    annotations: createAnnotations(options.text ?? null),
    budget: createSampleBudget(options.maxSamples, options.isOver ?? (() => false)),
  };
  const evaluation = createEvaluation({
    ...root,
    steps: { startMs: times.startMs, stepMs: times.stepMs, count },
    isSubquery: false,
  });
  const value = resultOf(evaluation, evaluation.value(expr), times);
  return {
    value,
    warnings: root.annotations.warnings(),
    infos: root.annotations.infos(),
    samplesRead: root.budget.read,
  };
}

function resultOf(evaluation: Evaluation, value: Value, times: QueryTimes): QueryValue {
  const isInstant = times.stepMs === 0;
  switch (value.kind) {
    case 'scalar':
      if (isInstant) return { kind: 'scalar', timeMs: times.startMs, value: value.values[0] ?? Number.NaN };
      return { kind: 'matrix', series: [matrixOfScalar(evaluation.steps, value.values)] };
    case 'string':
      return { kind: 'string', timeMs: times.startMs, value: value.value };
    case 'vector':
      if (isInstant) return { kind: 'vector', elements: vectorElements(evaluation, value) };
      return {
        kind: 'matrix',
        series: matrixOfVector(evaluation, value).sort((a, b) => compareLabels(a.labels, b.labels)),
      };
    case 'matrix':
      return {
        kind: 'matrix',
        series: matrixOfRanges(evaluation, value).sort((a, b) => compareLabels(a.labels, b.labels)),
      };
    default:
      return unreachable(value);
  }
}

type EvaluationParts = Pick<
  Evaluation,
  'steps' | 'isSubquery' | 'query' | 'memory' | 'options' | 'annotations' | 'budget'
> & {
  /** `memory` with its reset hints as they are. */
  readonly stored: Source;
};

function createEvaluation(parts: EvaluationParts): Evaluation {
  const evaluation: Evaluation = {
    ...parts,
    value: inTurn(
      (expr) => evaluateNode(evaluation, expr),
      (expr) => readAll(evaluation.value(expr)),
    ),
    vector: (expr) => expect(evaluation, expr, isVector),
    ranges: (expr) => expect(evaluation, expr, isRanges),
    scalar(expr) {
      const value = evaluation.value(expr);
      if (value.kind !== 'scalar') throw new Error(`expected a scalar, got ${value.kind}`);
      return value.values;
    },
    text(expr) {
      const value = evaluation.value(expr);
      if (value.kind !== 'string') throw new Error(`expected a string, got ${value.kind}`);
      return value.value;
    },
    at: (steps: Steps) => createEvaluation({ ...parts, steps, isSubquery: true, memory: parts.stored }),
    withHints(hints) {
      const isStored = parts.memory === parts.stored;
      if (isStored === (hints === 'stored')) return evaluation;
      const memory = isStored ? withDetectedResets(parts.stored) : parts.stored;
      return createEvaluation({ ...parts, memory });
    },
  };
  return evaluation;
}

function readAll(value: Value): void {
  if (value.kind === 'vector' || value.kind === 'matrix') value.each(() => {});
}

function isVector(value: Value): value is Vector {
  return value.kind === 'vector';
}

function isRanges(value: Value): value is Ranges {
  return value.kind === 'matrix';
}

function expect<T extends Value>(evaluation: Evaluation, expr: Expr, is: (value: Value) => value is T): T {
  const value = evaluation.value(expr);
  if (!is(value)) throw new Error(`an argument has the wrong type: ${value.kind}`);
  return value;
}

function evaluateNode(evaluation: Evaluation, expr: Expr): Value {
  // A query has few steps, a subquery many: each of its nodes takes room at all of them, whatever it finds.
  if (evaluation.isSubquery) evaluation.budget.hold(evaluation.steps.count);
  switch (expr.kind) {
    case 'number':
      return { kind: 'scalar', values: new Float64Array(evaluation.steps.count).fill(expr.value) };
    case 'string':
      return { kind: 'string', value: expr.value };
    case 'vectorSelector':
      if (expr.extension === 'smoothed') return selectSmoothed(evaluation, expr);
      return selectInstants(evaluation, expr, 'value');
    case 'matrixSelector':
      if (expr.selector.extension !== null) return selectExtendedRanges(evaluation, expr);
      return selectRanges(evaluation, expr);
    case 'subquery':
      return evaluateSubquery(evaluation, expr);
    case 'call':
      return callFunction(withHintsFor(expr.func, evaluation), expr);
    case 'aggregation':
      return aggregate(evaluation, expr);
    case 'binary':
      return evaluateBinary(evaluation.withHints('stored'), expr);
    case 'unary':
      return evaluateUnary(evaluation, expr);
    case 'paren':
      return evaluateNode(evaluation, expr.expr);
    default:
      return unreachable(expr);
  }
}

/** Functions of counts and sums look at histograms in their own way, which those that need whole histograms end. */
const HINTS_BELOW: ReadonlyMap<string, 'stored' | 'detected'> = new Map([
  ['histogram_count', 'detected'],
  ['histogram_sum', 'detected'],
  ['histogram_avg', 'detected'],
  ['histogram_quantile', 'stored'],
  ['histogram_quantiles', 'stored'],
  ['histogram_fraction', 'stored'],
]);

function withHintsFor(func: string, evaluation: Evaluation): Evaluation {
  const hints = HINTS_BELOW.get(func);
  return hints === undefined ? evaluation : evaluation.withHints(hints);
}

function aggregate(evaluation: Evaluation, node: Aggregation): Vector {
  if (isFold(node.op)) return foldGroups(evaluation, node, node.op);
  switch (node.op) {
    case 'topk':
    case 'bottomk':
      return topSeries(evaluation, node);
    case 'quantile':
      return quantileOfGroups(evaluation, node);
    case 'count_values':
      return countValues(evaluation, node);
    case 'limitk':
      return firstSeries(evaluation, node);
    case 'limit_ratio':
      return shareOfSeries(evaluation, node);
    default:
      return unreachable(node.op);
  }
}
