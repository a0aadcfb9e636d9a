export type LabelPair = readonly [name: string, value: string];

/**
 * A label set: immutable, no empty values, names unique, sorted bytewise by name.
 * Two label sets are the same exactly when their `key`s are equal.
 */
export interface Labels {
  readonly pairs: readonly LabelPair[];
  /** JSON of `pairs`: the identity, usable as a Map key. Computed on first use. */
  readonly key: string;
}

/** Name of the label that holds the metric name. */
export const METRIC_NAME = '__name__';

/** Labels that describe the metric as a whole: dropped together with its name. */
export const METADATA_LABELS: ReadonlySet<string> = new Set([METRIC_NAME, '__type__', '__unit__']);

/** Order of UTF-8 bytes, which is the order of code points (and not of UTF-16 units). Negative, zero or positive. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

// Surrogates (0xD800-0xDFFF) stand for code points above 0xFFFF, so they sort after 0xE000-0xFFFF.
function codePointRank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

/** A class, since there are hundreds of thousands of them: 40 bytes each, where an object with a getter of its own has 420. */
class SortedLabels implements Labels {
  readonly pairs: readonly LabelPair[];
  #key: string | null = null;

  constructor(pairs: readonly LabelPair[]) {
    this.pairs = pairs;
  }

  get key(): string {
    this.#key ??= JSON.stringify(this.pairs);
    return this.#key;
  }
}

function fromSorted(pairs: readonly LabelPair[]): Labels {
  return new SortedLabels(pairs);
}

/** The empty label set `{}`. */
export const NO_LABELS: Labels = fromSorted([]);

/** From pairs in any order; empty values are dropped; of a repeated name the last value counts. */
export function labelsFromPairs(pairs: Iterable<LabelPair>): Labels {
  const byName = new Map<string, string>();
  for (const [name, value] of pairs) byName.set(name, value);
  const kept: LabelPair[] = [];
  for (const pair of byName) if (pair[1] !== '') kept.push(pair);
  return fromSorted(kept.sort((a, b) => compareText(a[0], b[0])));
}

/** From pairs that are known to be sorted by name, with unique names and no empty value, as a stored block keeps them. */
export function labelsFromSortedPairs(pairs: readonly LabelPair[]): Labels {
  return fromSorted(pairs);
}

/** From a record, for literals and decoded JSON. */
export function labelsOf(record: Readonly<Record<string, string>>): Labels {
  return labelsFromPairs(Object.entries(record));
}

/** The value of a label; "" when it is absent, as everywhere in Prometheus. */
export function labelValue(labels: Labels, name: string): string {
  for (const pair of labels.pairs) if (pair[0] === name) return pair[1];
  return '';
}

/** Only the named labels. */
export function keepLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return selectPairs(labels, names, true);
}

/** All but the named labels. */
export function dropLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return selectPairs(labels, names, false);
}

/** The labels whose being named is `named`. Made for each series of a result: a copy cut short takes a third of a list that grows. */
function selectPairs(labels: Labels, names: ReadonlySet<string>, named: boolean): Labels {
  const pairs = labels.pairs.slice();
  let kept = 0;
  for (const pair of pairs) if (names.has(pair[0]) === named) pairs[kept++] = pair;
  if (kept === pairs.length) return labels;
  pairs.length = kept;
  return fromSorted(pairs);
}

/** With the pairs of `over` set on top; an empty value in `over` deletes the label. */
export function overrideLabels(labels: Labels, over: Iterable<LabelPair>): Labels {
  return labelsFromPairs([...labels.pairs, ...over]);
}

/** Order of Prometheus' results: pair by pair, name then value; a prefix sorts first. */
export function compareLabels(a: Labels, b: Labels): number {
  const length = Math.min(a.pairs.length, b.pairs.length);
  for (let i = 0; i < length; i++) {
    const [nameA = '', valueA = ''] = a.pairs[i] ?? [];
    const [nameB = '', valueB = ''] = b.pairs[i] ?? [];
    const order = compareText(nameA, nameB) || compareText(valueA, valueB);
    if (order !== 0) return order;
  }
  return a.pairs.length - b.pairs.length;
}

/** As a plain object, in label order, for wire formats and templates. Not for keyed look-ups by user text. */
export function labelsToRecord(labels: Labels): Record<string, string> {
  return Object.fromEntries(labels.pairs);
}
