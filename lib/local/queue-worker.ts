/**
 * What Lambda's poller is to SQS, for the embedded queue: takes batches, calls the handler, deletes what it handled, and gives back
 * what failed with a growing delay. While a handler works its messages stay hidden.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Logger, Queue, ReceivedMessage } from '../ports.ts';
import type { Consumer } from './manifest.ts';

/** Messages of one queue handled at a time: much of the work is waiting, for the disk or for a receiver. */
const CONCURRENT_MESSAGES = 160;
/** An idle queue is asked this often. */
const POLL_INTERVAL_MS = 40;
/** A queue that fails is asked this often: a full disk must not fill the log. */
const FAILED_POLL_INTERVAL_MS = 2_000;
/** Of a failed message: one second, doubled with each attempt. */
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

export interface WorkerOptions {
  readonly consumer: Consumer;
  readonly queue: Queue;
  readonly log: Logger;
  readonly invoke: (event: SQSEvent) => Promise<SQSBatchResponse>;
}

export interface Worker {
  /** Takes no more messages and waits for those being handled. */
  stop(): Promise<void>;
}

export function startQueueWorker(options: WorkerOptions): Worker {
  const { consumer, log } = options;
  const working = new Set<Promise<void>>();
  let stopped = false;
  let wake = (): void => undefined;

  function startBatch(messages: readonly ReceivedMessage[]): void {
    const batch = handleBatch(options, messages)
      .catch((error: unknown) => log.log('error', 'batch failed', { queue: consumer.queue, error: describe(error) }))
      .finally(() => {
        working.delete(batch);
        wake();
      });
    working.add(batch);
  }

  async function poll(): Promise<void> {
    while (!stopped) {
      const messages = working.size < CONCURRENT_MESSAGES / consumer.batchSize ? await receive(options) : [];
      if (messages !== null && messages.length > 0) {
        startBatch(messages);
        continue;
      }
      const pauseMs = messages === null ? FAILED_POLL_INTERVAL_MS : POLL_INTERVAL_MS;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  const polling = poll();
  return {
    stop: async () => {
      stopped = true;
      wake();
      await polling;
      await Promise.all(working);
    },
  };
}

/** Null when the queue fails. */
async function receive({ queue, consumer, log }: WorkerOptions): Promise<readonly ReceivedMessage[] | null> {
  try {
    return await queue.receive(consumer.queue, consumer.batchSize, consumer.visibilityMs);
  } catch (error) {
    log.log('error', 'receive failed', { queue: consumer.queue, error: describe(error) });
    return null;
  }
}

async function handleBatch(
  { consumer, queue, invoke }: WorkerOptions,
  messages: readonly ReceivedMessage[],
): Promise<void> {
  const extending = setInterval(() => {
    for (const { receipt } of messages) {
      queue.release(consumer.queue, receipt, consumer.visibilityMs).catch(() => undefined);
    }
  }, consumer.visibilityMs / 2);
  let failed: ReadonlySet<string>;
  try {
    const { batchItemFailures } = await invoke(eventOf(consumer, messages));
    failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  } catch (error) {
    await releaseAll(queue, consumer, messages);
    throw error;
  } finally {
    clearInterval(extending);
  }
  const done = messages.filter(({ id }) => !failed.has(id));
  await queue.delete(
    consumer.queue,
    done.map(({ receipt }) => receipt),
  );
  await releaseAll(
    queue,
    consumer,
    messages.filter(({ id }) => failed.has(id)),
  );
}

async function releaseAll(queue: Queue, consumer: Consumer, messages: readonly ReceivedMessage[]): Promise<void> {
  for (const { receipt, attempt } of messages) {
    await queue.release(consumer.queue, receipt, Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), MAX_RETRY_MS));
  }
}

function eventOf({ queue }: Consumer, messages: readonly ReceivedMessage[]): SQSEvent {
  return {
    Records: messages.map(({ id, receipt, body, attempt }) => ({
      messageId: id,
      receiptHandle: receipt,
      body,
      attributes: {
        ApproximateReceiveCount: String(attempt),
        SentTimestamp: '0',
        SenderId: 'local',
        ApproximateFirstReceiveTimestamp: '0',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:local:000000000000:${queue}`,
      awsRegion: 'local',
    })),
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
