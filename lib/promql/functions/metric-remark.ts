import { quoteString } from '../quote.ts';

/** The end of a remark about a metric; nothing when its name is not known any more. */
export function forMetric(name: string): string {
  return name === '' ? '' : ` for metric name ${quoteString(name)}`;
}
