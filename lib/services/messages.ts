/**
 * The messages of the four queues, as JSON. Each is one repeatable unit of work and carries its own time. A body that is none of
 * ours throws a plain Error: the queue repeats it and then keeps it among its dead letters.
 */
import * as z from 'zod';
import type { PostedAlert } from '../model/alert.ts';
import { type LabelPair, labelsFromPairs } from '../model/labels.ts';
import { MAX_MESSAGE_BYTES } from '../ports.ts';

/** Evaluate one rule group at one instant. */
export interface EvaluateMessage {
  readonly kind: 'evaluate';
  readonly file: string;
  readonly group: string;
  readonly evalAtMs: number;
}

/** Bring alerts that were reported at one instant into their aggregation groups. */
export interface DispatchMessage {
  readonly kind: 'dispatch';
  readonly receivedAtMs: number;
  readonly alerts: readonly PostedAlert[];
}

/** Look at one aggregation group, which was due at `dueAtMs` when the message was sent. */
export interface FlushMessage {
  readonly kind: 'flush';
  readonly groupId: string;
  readonly dueAtMs: number;
}

/** Deliver the intent that is stored under a key of the table. */
export interface NotifyMessage {
  readonly kind: 'notify';
  readonly pk: string;
  readonly sk: string;
}

const instant = z.int();
const evaluateMessage = z.object({
  kind: z.literal('evaluate'),
  file: z.string(),
  group: z.string(),
  evalAtMs: instant,
});
const flushMessage = z.object({ kind: z.literal('flush'), groupId: z.string(), dueAtMs: instant });
const notifyMessage = z.object({ kind: z.literal('notify'), pk: z.string(), sk: z.string() });
const postedAlert = z.object({
  labels: pairsOf(),
  annotations: pairsOf(),
  startsAtMs: instant.nullable(),
  endsAtMs: instant.nullable(),
  generatorUrl: z.string(),
});
const dispatchMessage = z.object({ kind: z.literal('dispatch'), receivedAtMs: instant, alerts: z.array(postedAlert) });

// Read as entries, because a label may be called "__proto__", which zod's record would lose.
function pairsOf() {
  const entries = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : value;
  return z.preprocess(entries, z.array(z.tuple([z.string(), z.string()])));
}

export function encodeEvaluate(message: Omit<EvaluateMessage, 'kind'>): string {
  return JSON.stringify({ kind: 'evaluate', ...message });
}

export function decodeEvaluate(body: string): EvaluateMessage {
  return decode(evaluateMessage, body);
}

export function encodeFlush(message: Omit<FlushMessage, 'kind'>): string {
  return JSON.stringify({ kind: 'flush', ...message });
}

export function decodeFlush(body: string): FlushMessage {
  return decode(flushMessage, body);
}

export function encodeNotify({ pk, sk }: Omit<NotifyMessage, 'kind'>): string {
  return JSON.stringify({ kind: 'notify', pk, sk });
}

export function decodeNotify(body: string): NotifyMessage {
  return decode(notifyMessage, body);
}

/** As few messages as hold all alerts, in their order. Throws when a single alert is larger than a message: admit alerts first. */
export function encodeDispatches(message: Omit<DispatchMessage, 'kind'>): readonly string[] {
  const head = `{"kind":"dispatch","receivedAtMs":${message.receivedAtMs},"alerts":[`;
  const roomBytes = MAX_MESSAGE_BYTES - head.length - 2;
  const bodies: string[] = [];
  let taken: string[] = [];
  let takenBytes = 0;
  for (const alert of message.alerts) {
    const text = renderAlert(alert);
    const sizeBytes = utf8Length(text) + 1;
    if (sizeBytes > roomBytes) throw new Error(`an alert of ${sizeBytes} bytes does not fit into a message`);
    if (takenBytes + sizeBytes > roomBytes) {
      bodies.push(`${head}${taken.join(',')}]}`);
      taken = [];
      takenBytes = 0;
    }
    taken.push(text);
    takenBytes += sizeBytes;
  }
  if (taken.length > 0) bodies.push(`${head}${taken.join(',')}]}`);
  return bodies;
}

export function decodeDispatch(body: string): DispatchMessage {
  const { kind, receivedAtMs, alerts } = decode(dispatchMessage, body);
  return {
    kind,
    receivedAtMs,
    alerts: alerts.map((alert) => ({ ...alert, labels: labelsFromPairs(alert.labels) })),
  };
}

function renderAlert({ labels, annotations, startsAtMs, endsAtMs, generatorUrl }: PostedAlert): string {
  const record = (pairs: readonly LabelPair[]): Record<string, string> => Object.fromEntries(pairs);
  return JSON.stringify({
    labels: record(labels.pairs),
    annotations: record(annotations),
    startsAtMs,
    endsAtMs,
    generatorUrl,
  });
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

function decode<T>(schema: z.ZodType<T>, body: string): T {
  const parsed = schema.safeParse(JSON.parse(body));
  if (parsed.success) return parsed.data;
  throw new Error(`not a message of this queue: ${z.prettifyError(parsed.error)}`);
}
