import type { Expr, Subquery, VectorSelector } from '../../../lib/promql/ast.ts';
import { printExpr } from '../../../lib/promql/print.ts';
import { isCall } from './alike.ts';
import type { Answer } from './answer.ts';
import type { Arena } from './arena.ts';
import type { Dispute } from './dispute.ts';
import type { Licence } from './licence.ts';
import { nodesOf } from './tree.ts';

/** Of info(). */
export const INFO_LICENCES: readonly Licence[] = [
  { name: 'info() of names to be removed', covers: isInfoOfMarkedNames },
  { name: 'info() looks at the time of its argument', covers: isInfoAtOtherTime },
  { name: 'info() about no instance', covers: isInfoAboutNothing },
  { name: 'info() that adds nothing', covers: isInfoWithoutNews },
  { name: 'info() of series with gaps', covers: isInfoOfGaps },
  { name: 'info() of older doubles', covers: isInfoOfOlderDoubles },
];

function isInfoOfMarkedNames(_: Arena, { expr, fuzzCase }: Dispute): boolean {
  return isCall(expr, ['info']) && fuzzCase.delayedNameRemoval;
}

function isInfoAtOtherTime(_: Arena, { expr }: Dispute): boolean {
  return (
    isCall(expr, ['info']) &&
    nodesOf(expr).some((node) => node.kind === 'matrixSelector' || ('at' in node && isShifted(node)))
  );
}

/** Where a label is asked for that the series has already, 3.5 drops the series. */
function isInfoWithoutNews(arena: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  const [argument, selector] = isCall(expr, ['info']) ? expr.args : [];
  if (argument === undefined || selector === undefined || real.error !== null) return false;
  const { series } = arena.own({ ...fuzzCase, text: printExpr(argument) });
  if (own.error !== null) return own.error === COLLISION && isThere(selector, [...series.keys()]);
  const points = (answer: Answer, key: string): string => JSON.stringify(answer.series.get(key) ?? []);
  return (
    [...real.series.keys()].every((key) => own.series.has(key)) &&
    [...own.series.keys()].every((key) => series.has(key) || points(own, key) === points(real, key))
  );
}

// What was kept may be like another that has been given the label.
const COLLISION = 'vector cannot contain metrics with the same labelset';

function isThere(selector: Expr, keys: readonly string[]): boolean {
  const asked = selector.kind === 'vectorSelector' ? selector.matchers.map(({ name }) => name) : [];
  return asked.some((name) => name !== '__name__' && keys.some((key) => key.includes(`["${name}",`)));
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

/** 3.5 refuses doubles that it reads before the newest, for which there must be three series of one target. */
function isInfoOfOlderDoubles(arena: Arena, { expr, fuzzCase, own, real }: Dispute): boolean {
  const isRefused = real.error?.startsWith('found duplicate series for info metric') === true;
  if (!isCall(expr, ['info']) || !isRefused || own.error !== null) return false;
  const crowds = `count by (__name__, instance, job) (last_over_time(${INFO_SERIES}[15m])) > 2`;
  return arena.own({ ...fuzzCase, text: crowds }).series.size > 0;
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
