import { RE2JS, RE2JSSyntaxException } from 're2js';
import { type Labels, labelValue, METRIC_NAME, overrideLabels } from '../../model/labels.ts';
import { whyTooLarge } from '../../model/regex.ts';
import type { Call, Expr } from '../ast.ts';
import type { Evaluation, Vector } from '../evaluation.ts';
import { mergedVector } from '../names.ts';
import type { SeriesList } from '../series-list.ts';
import { QueryError } from '../value.ts';

/** label_replace(v, dst, replacement, src, regex): writes a label from what a regular expression finds in another. */
export function labelReplace(evaluation: Evaluation, call: Call): Vector {
  const [argument, ...texts] = call.args;
  const [target = '', replacement = '', source = '', regex = ''] = texts.map((text) => evaluation.text(text));
  return relabel(evaluation, argument, target, () => {
    const pattern = compile(regex);
    checkName(target, 'destination label name in label_replace()');
    const hasGroups = replacement.includes('$');
    return (labels) => {
      const value = labelValue(labels, source);
      // Whether it matches at all an automaton can tell, which is much faster than finding groups.
      if (!pattern.testExact(value)) return null;
      return hasGroups ? expandGroups(pattern, value, replacement) : replacement;
    };
  });
}

/** About half a second. */
const MAX_MATCHING_STEPS = 10_000_000;

function expandGroups(pattern: RE2JS, value: string, replacement: string): string {
  const steps = pattern.programSize() * value.length;
  if (steps > MAX_MATCHING_STEPS) {
    const cost = `${pattern.programSize()} steps for each of ${value.length} characters`;
    throw new QueryError(`regular expression in label_replace() is too costly: ${cost}`);
  }
  const matcher = pattern.matcher(value);
  matcher.matches();
  return expand(replacement, (group) => capture(matcher, pattern, group));
}

/** label_join(v, dst, separator, src...): writes a label from the values of others. */
export function labelJoin(evaluation: Evaluation, call: Call): Vector {
  const [argument, ...texts] = call.args;
  const [target = '', separator = '', ...sources] = texts.map((text) => evaluation.text(text));
  return relabel(evaluation, argument, target, () => {
    for (const source of sources) checkName(source, 'source label name in label_join()');
    checkName(target, 'destination label name in label_join()');
    return (labels) => sources.map((source) => labelValue(labels, source)).join(separator);
  });
}

// Any UTF-8 text names a label, the empty one and bytes that are not UTF-8 (kept as lone surrogates) excepted.
function checkName(name: string, what: string): void {
  if (name === '' || /\p{Surrogate}/u.test(name)) throw new QueryError(`invalid ${what}: ${name}`);
}

function compile(regex: string): RE2JS {
  const tooLarge = whyTooLarge(regex);
  if (tooLarge !== null) throw new QueryError(`invalid regular expression in label_replace(): ${tooLarge}`);
  try {
    return RE2JS.compile(`^(?s:${regex})$`);
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) {
      throw new QueryError(`invalid regular expression in label_replace(): ${regex}`);
    }
    throw error;
  }
}

function capture(matcher: ReturnType<RE2JS['matcher']>, pattern: RE2JS, group: string): string {
  // A number with a leading zero is a name.
  if (/^(0|[1-9]\d*)$/.test(group)) {
    const number = Number(group);
    return number <= pattern.groupCount() ? (matcher.group(number) ?? '') : '';
  }
  return group in pattern.namedGroups() ? (matcher.group(group) ?? '') : '';
}

/** Go's template of Regexp.Expand: `$1`, `${1}`, `$name`, `${name}`, `$$`; a `$` that begins none of them stays. */
function expand(template: string, groupText: (group: string) => string): string {
  return template.replace(/\$(?:(\$)|(\w+)|\{(\w+)\})/g, (_, dollar, bare, braced) =>
    dollar === undefined ? groupText(String(bare ?? braced)) : '$',
  );
}

/** The new value of the label; null leaves a series as it is. */
type Rewrite = (labels: Labels) => string | null;

/**
 * With one label rewritten. Writing the metric name takes back its removal. `prepare` refuses wrong texts, in its turn among the
 * other errors of the query.
 */
function relabel(evaluation: Evaluation, argument: Expr | undefined, target: string, prepare: () => Rewrite): Vector {
  if (argument === undefined) throw new Error('relabelling takes a vector');
  const vector = evaluation.vector(argument);
  const relabelled: Vector = {
    kind: 'vector',
    distinct: false,
    each(consume) {
      const rewrite = prepare();
      vector.each((chunk) => consume({ ...chunk, series: relabelSeries(chunk.series, target, rewrite) }));
    },
  };
  return mergedVector(evaluation, relabelled, 'error-at-one-step');
}

function relabelSeries(series: SeriesList, target: string, rewrite: Rewrite): SeriesList {
  const made: (Labels | undefined)[] = [];
  const written = new Uint8Array(series.size);
  const labels = (index: number): Labels => {
    const known = made[index];
    if (known !== undefined) return known;
    const own = series.labels(index);
    const value = rewrite(own);
    if (value !== null) written[index] = 1;
    const result = value === null ? own : overrideLabels(own, [[target, value]]);
    made[index] = result;
    return result;
  };
  return {
    size: series.size,
    labels,
    isMarked(index) {
      labels(index);
      return series.isMarked(index) && !(target === METRIC_NAME && written[index] === 1);
    },
    rows: null,
  };
}
