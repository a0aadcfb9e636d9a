/** From an SQS batch to single messages: those that fail are reported one by one, so that only they are delivered again. */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { App } from '../app/app.ts';

export interface QueueMessage {
  readonly id: string;
  /** JSON text as it was sent. */
  readonly body: string;
  /** 1 for the first delivery. */
  readonly attempt: number;
  readonly receivedAtMs: number;
}

export type QueueFunction = (event: SQSEvent) => Promise<SQSBatchResponse>;

export interface QueueOptions {
  /** Messages of a batch handled side by side; 1 keeps to one after the other. */
  readonly concurrency: number;
}

/** A Lambda handler for a queue. `handle` resolves when the work is durable; when it throws, the message comes again. */
export function queueHandler<A extends Pick<App, 'clock' | 'log'>>(
  loadApp: () => Promise<A>,
  options: QueueOptions,
  handle: (app: A, message: QueueMessage) => Promise<void>,
): QueueFunction {
  return async (event) => {
    const loaded = await loadApp();
    const failed: string[] = [];
    const waiting = [...event.Records];
    const work = async (): Promise<void> => {
      for (let record = waiting.shift(); record !== undefined; record = waiting.shift()) {
        if (!(await succeeds(loaded, record, handle))) failed.push(record.messageId);
      }
    };
    await Promise.all(Array.from({ length: options.concurrency }, work));
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

async function succeeds<A extends Pick<App, 'clock' | 'log'>>(
  loaded: A,
  record: SQSRecord,
  handle: (app: A, message: QueueMessage) => Promise<void>,
): Promise<boolean> {
  const startMs = loaded.clock.nowMs();
  const attempt = Number(record.attributes.ApproximateReceiveCount);
  const queue = record.eventSourceARN.split(':').at(-1);
  const line = { queue, messageId: record.messageId, attempt };
  try {
    await handle(loaded, { id: record.messageId, body: record.body, attempt, receivedAtMs: startMs });
    loaded.log.log('debug', 'message', { ...line, durationMs: loaded.clock.nowMs() - startMs });
    return true;
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    loaded.log.log('error', 'message failed', { ...line, durationMs: loaded.clock.nowMs() - startMs, error: detail });
    return false;
  }
}
