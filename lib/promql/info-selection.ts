import { METRIC_NAME } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import type { Call, Expr } from './ast.ts';
import type { InstantShift } from './instant-shift.ts';

/** Which series info() takes labels from. */
export interface InfoSelection {
  /** Whose name satisfies all of these. */
  readonly nameMatchers: readonly Matcher[];
  /** And whose other labels satisfy all of these. If there are any, only the labels they name are taken. */
  readonly labelMatchers: readonly Matcher[];
}

const TARGET_INFO: Matcher = {
  name: METRIC_NAME,
  operator: '=',
  value: 'target_info',
  matches: (name) => name === 'target_info',
};

const ANY_INFO: Matcher = {
  name: METRIC_NAME,
  operator: '=~',
  value: '.+_info',
  matches: (name) => /^.+_info$/s.test(name),
};

/** What the second argument of info() asks for: without one, or without a condition on the name, target_info. */
export function infoSelectionOf(call: Call): InfoSelection {
  const [, selector] = call.args;
  const matchers = selector?.kind === 'vectorSelector' ? selector.matchers : [];
  const named = matchers.filter(({ name }) => name === METRIC_NAME);
  const labelMatchers = matchers.filter(({ name }) => name !== METRIC_NAME);
  if (named.length === 0) return { nameMatchers: [TARGET_INFO], labelMatchers };
  // Conditions that only exclude names are about info metrics all the same.
  const saysWhich = named.some(({ operator }) => operator === '=' || operator === '=~');
  return { nameMatchers: saysWhich ? named : [...named, ANY_INFO], labelMatchers };
}

/**
 * What moves the instants of the first selector of an expression, from the outermost to its own: info() looks up its series
 * as of these instants. Null when there is no selector.
 */
export function shiftsOfFirstSelector(expr: Expr): readonly InstantShift[] | null {
  switch (expr.kind) {
    case 'vectorSelector':
      return [expr];
    case 'matrixSelector':
      return [expr.selector];
    case 'subquery': {
      const inner = shiftsOfFirstSelector(expr.expr);
      return inner && [expr, ...inner];
    }
    case 'call':
      return firstOf(expr.args);
    case 'aggregation':
      return firstOf(expr.param === null ? [expr.expr] : [expr.expr, expr.param]);
    case 'binary':
      return firstOf([expr.lhs, expr.rhs]);
    case 'unary':
    case 'paren':
      return shiftsOfFirstSelector(expr.expr);
    default:
      return null;
  }
}

function firstOf(exprs: readonly Expr[]): readonly InstantShift[] | null {
  for (const expr of exprs) {
    const shifts = shiftsOfFirstSelector(expr);
    if (shifts !== null) return shifts;
  }
  return null;
}
