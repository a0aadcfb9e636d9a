import { type Answer, failed } from './answer.ts';

/**
 * A difference that is a documented choice: what an answer of ours (or theirs) would be without it. Only what remains equal after
 * that counts as explained. Each has its line in docs/differences.md.
 */
export interface Choice {
  readonly name: string;
  /** Applied to both answers. Returns the answer itself when it says nothing about the matter. */
  without(answer: Answer): Answer;
}

export const CHOICES: readonly Choice[] = [
  { name: 'which ten remarks are shown', without: withoutShown },
  {
    name: 'sort in a range query warns',
    without: withoutRemarks(/^PromQL warning: sort is ineffective for range queries/),
  },
  {
    name: 'counter resets that collide',
    without: withoutRemarks(/^PromQL warning: conflicting counter resets during/),
  },
  {
    name: 'limits that are no numbers',
    without: withErrors(
      /^(Parameter value|Ratio value|Ratio value NaN) is NaN$|^Scalar value NaN overflows int64$/,
      'NaN',
    ),
  },
  {
    name: 'limits that are no numbers',
    without: withErrors(/^Scalar value \S+ (over|under)flows int64$/, 'Scalar value overflows int64'),
  },
  {
    name: 'which of several duplicates is named',
    without: withErrors(
      / group \{.*\} on the (\w+) .* \[\{.*\}\];many-to-many/s,
      ' group on the $1: [two];many-to-many',
    ),
  },
  {
    name: 'which info series are doubled',
    without: withErrors(/^found duplicate series for info metric.*$/s, 'found duplicate series for info metric'),
  },
  { name: 'words of the parser', without: withErrors(/unexpected "<Item \d+>" /, 'unexpected ') },
  { name: 'names that are not there are not mentioned', without: withRemarks(/ for metric name ""/, '') },
  {
    name: 'buckets that are not monotonic are described',
    without: withRemarks(/(needed to be fixed for monotonicity \(see [^)]*\)).*( \(\d+:\d+\))$/, '$1$2'),
  },
];

/** A query at which Prometheus itself breaks. */
export const BROKEN = {
  name: 'where 3.5 breaks',
  text: /^unexpected error: runtime error: |^histograms with custom buckets have no zero bucket$/,
};

/** Range queries in which native histograms of a subquery are those of other steps (explained.ts). */
export const OVERWRITTEN = { name: 'steps of a subquery stay apart' };

/** Queries over native histograms to which 3.5 gives another answer when it is asked again, when it is busy. */
export const UNSTEADY = { name: 'answers that 3.5 does not repeat' };

/** The answer without what differs on purpose in its texts; the names of such choices are added to `used`. */
export function plainAnswer(answer: Answer, used: Set<string>): Answer {
  return CHOICES.reduce((before, { name, without }) => {
    const after = without(before);
    if (after !== before) used.add(name);
    return after;
  }, answer);
}

const OMITTED = /^\d+ more \w+ annotations omitted$/;

/** Only ten remarks are shown: any ten. */
function withoutShown(answer: Answer): Answer {
  const { infos, warnings } = answer;
  if (![...infos, ...warnings].some((text) => OMITTED.test(text))) return answer;
  const counted = (texts: readonly string[]): readonly string[] =>
    texts.some((text) => OMITTED.test(text)) ? texts.filter((text) => OMITTED.test(text)) : texts;
  return { ...answer, infos: counted(infos), warnings: counted(warnings) };
}

function withoutRemarks(pattern: RegExp): Choice['without'] {
  return (answer) => {
    const { infos, warnings } = answer;
    if (![...infos, ...warnings].some((text) => pattern.test(text))) return answer;
    const others = (texts: readonly string[]): string[] => texts.filter((text) => !pattern.test(text));
    return { ...answer, infos: others(infos), warnings: others(warnings) };
  };
}

function withRemarks(pattern: RegExp, replacement: string): Choice['without'] {
  return (answer) => {
    const { infos, warnings } = answer;
    if (![...infos, ...warnings].some((text) => pattern.test(text))) return answer;
    const changed = (texts: readonly string[]): string[] => [
      ...new Set(texts.map((text) => text.replace(pattern, replacement))),
    ];
    return { ...answer, infos: changed(infos), warnings: changed(warnings) };
  };
}

function withErrors(pattern: RegExp, replacement: string): Choice['without'] {
  return (answer) => {
    if (answer.error === null || !pattern.test(answer.error)) return answer;
    return failed(answer.error.replace(pattern, replacement));
  };
}
