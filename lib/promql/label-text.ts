import { type Labels, METRIC_NAME } from '../model/labels.ts';
import { quoteString } from './quote.ts';

const LEGACY_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** A label set as Prometheus writes it in errors and expressions: `{__name__="up", job="api"}`. */
export function printLabels(labels: Labels): string {
  const pairs = labels.pairs.map(([name, value]) => {
    const written = name === METRIC_NAME || LEGACY_NAME.test(name) ? name : quoteString(name);
    return `${written}=${quoteString(value)}`;
  });
  return `{${pairs.join(', ')}}`;
}
