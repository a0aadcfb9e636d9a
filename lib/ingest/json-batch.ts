import * as z from 'zod';
import { holdsMoreJsonValues } from '../model/json-size.ts';
import { type LabelPair, METRIC_NAME } from '../model/labels.ts';
import { checkLabelSet } from './label-set.ts';
import type { IngestLimits } from './limits.ts';
import { createReceivedBuilder, type Received } from './received.ts';
import { tooLarge, unreadable } from './rejections.ts';

const SPECIAL_VALUES: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Inf', Number.POSITIVE_INFINITY],
  ['+Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
]);

const sampleValue = z.union([
  z.number(),
  z.enum(['NaN', 'Inf', '+Inf', '-Inf']).transform((text) => SPECIAL_VALUES.get(text) ?? Number.NaN),
]);

/**
 * One sample for programs without a Prometheus client. The metric name stands in `name`, or among the labels as `__name__`.
 * JSON has no NaN and no infinity: they are the texts "NaN", "+Inf" (or "Inf") and "-Inf".
 */
const jsonSample = z.strictObject({
  name: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  value: sampleValue,
  /** Milliseconds since 1970; without it the time at which the request was received. */
  timeMs: z.int().optional(),
});

const jsonBatch = z.strictObject({ samples: z.array(z.unknown()) });

const decoder = new TextDecoder('utf-8', { fatal: true });

/** A sample with its name, value and time, two labels, and what encloses them. */
const VALUES_PER_SAMPLE = 7;

/**
 * Reads `{"samples": [{"name": "jobs_done_total", "labels": {"queue": "mail"}, "value": 3, "timeMs": 1767225600000}]}`.
 * Each sample stands for itself: bad ones are refused by their index. Throws InvalidInput when the body is no such document.
 */
export function parseJsonBatch(body: Uint8Array, limits: IngestLimits, receivedAtMs: number): Received {
  const maxValues = limits.maxSamples * VALUES_PER_SAMPLE;
  if (holdsMoreJsonValues(body, maxValues)) throw tooLarge(`request holds more than ${maxValues} JSON values`);
  const batch = jsonBatch.safeParse(parseJson(body));
  if (!batch.success) throw unreadable(`{"samples": [...]} expected: ${printZodIssues(batch.error, '')}`);
  const { samples } = batch.data;
  if (samples.length > limits.maxSamples) throw tooLarge(`request holds more than ${limits.maxSamples} samples`);
  const into = createReceivedBuilder(limits);
  for (const [index, raw] of samples.entries()) {
    const sample = jsonSample.safeParse(raw);
    if (!sample.success) {
      into.reject('syntax', printZodIssues(sample.error, `samples[${index}]`));
      continue;
    }
    const check = checkLabelSet(pairsOf(sample.data), limits);
    if (check.kind === 'rejected') {
      into.series({ ...check, text: `samples[${index}]: ${check.text}` });
      continue;
    }
    into.add(into.series(check), sample.data.timeMs ?? receivedAtMs, sample.data.value);
  }
  return into.build();
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body));
  } catch (error) {
    // TextDecoder throws TypeError for what is not UTF-8, JSON.parse SyntaxError with the place.
    throw unreadable(error instanceof SyntaxError ? `body is not JSON: ${error.message}` : 'body is not UTF-8');
  }
}

function pairsOf(sample: z.output<typeof jsonSample>): LabelPair[] {
  const pairs: LabelPair[] = Object.entries(sample.labels ?? {});
  if (sample.name !== undefined) pairs.unshift([METRIC_NAME, sample.name]);
  return pairs;
}

const MAX_PRINTED_ISSUES = 3;

function printZodIssues(error: z.ZodError, place: string): string {
  const printed = error.issues.slice(0, MAX_PRINTED_ISSUES).map((issue) => {
    const path = [place, ...issue.path.map(String)].filter((part) => part !== '').join('.');
    const message = issue.message.slice(0, 1).toLowerCase() + issue.message.slice(1);
    return path === '' ? message : `${path}: ${message}`;
  });
  return printed.join('; ').slice(0, 500);
}
