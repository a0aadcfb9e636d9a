/** `Queue` on SQS standard queues. Deployed, Lambda itself receives; `receive` and the calls after it serve tools and tests. */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { OutgoingMessage, Queue, QueueName, ReceivedMessage } from '../ports.ts';
import { checkDelay, checkMessage } from './record-limits.ts';
import { again, forEachLimited, inParts, retryWhileBusy } from './retry.ts';

const BATCH_MESSAGES = 10;
/** SQS takes 256 KB or more a batch; a little room is left for its own envelope. */
const BATCH_BYTES = 250_000;
const CONCURRENT_BATCHES = 8;
const CALL_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 1_000;

export function createSqsQueue({ queueUrls }: { readonly queueUrls: Readonly<Record<QueueName, string>> }): Queue {
  const client = new SQSClient({
    maxAttempts: 5,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: CALL_TIMEOUT_MS },
  });
  return {
    send: async (queue, messages) => {
      for (const message of messages) checkMessage(message);
      const batches = batchesOf(messages);
      await forEachLimited(batches, CONCURRENT_BATCHES, (batch) => sendBatch(client, queueUrls[queue], batch));
    },
    receive: async (queue, limit, visibilityMs) => {
      const { Messages: messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrls[queue],
          MaxNumberOfMessages: Math.min(limit, BATCH_MESSAGES),
          VisibilityTimeout: inSeconds(visibilityMs),
          WaitTimeSeconds: 0,
          MessageSystemAttributeNames: ['ApproximateReceiveCount'],
        }),
      );
      return messages.map(
        (message): ReceivedMessage => ({
          id: message.MessageId ?? '',
          receipt: message.ReceiptHandle ?? '',
          body: message.Body ?? '',
          attempt: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
        }),
      );
    },
    delete: async (queue, receipts) => {
      const batches = inParts(receipts, BATCH_MESSAGES);
      await forEachLimited(batches, CONCURRENT_BATCHES, (batch) => deleteBatch(client, queueUrls[queue], batch));
    },
    release: async (queue, receipt, delayMs) => {
      checkDelay(delayMs);
      const VisibilityTimeout = inSeconds(delayMs);
      await client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: queueUrls[queue], ReceiptHandle: receipt, VisibilityTimeout }),
      );
    },
    depth: (queue) => countMessages(client, queueUrls[queue]),
  };
}

function inSeconds(lengthMs: number): number {
  return Math.ceil(lengthMs / 1_000);
}

function batchesOf(messages: readonly OutgoingMessage[]): SendMessageBatchRequestEntry[][] {
  const batches: SendMessageBatchRequestEntry[][] = [];
  let batch: SendMessageBatchRequestEntry[] = [];
  let sizeBytes = 0;
  for (const { body, delayMs } of messages) {
    const text = escapeForSqs(body);
    const textBytes = Buffer.byteLength(text);
    if (batch.length === BATCH_MESSAGES || (batch.length > 0 && sizeBytes + textBytes > BATCH_BYTES)) {
      batches.push(batch);
      batch = [];
      sizeBytes = 0;
    }
    batch.push({ Id: String(batch.length), MessageBody: text, DelaySeconds: inSeconds(delayMs) });
    sizeBytes += textBytes;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/**
 * SQS refuses U+FFFE, U+FFFF and halves of surrogate pairs (its emulators refuse whole pairs). In JSON they stand in strings
 * only, where an escape means the same.
 */
function escapeForSqs(json: string): string {
  return json.replace(/[\uD800-\uDFFF\uFFFE\uFFFF]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
}

async function sendBatch(
  client: SQSClient,
  QueueUrl: string,
  batch: readonly SendMessageBatchRequestEntry[],
): Promise<void> {
  let remaining = [...batch];
  await retryWhileBusy('sending', async () => {
    const { Failed: failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries: remaining }));
    const refused = failed.find(({ SenderFault }) => SenderFault);
    if (refused !== undefined) throw new Error(`SQS refused a message: ${refused.Code} ${refused.Message}`);
    remaining = remaining.filter((entry) => failed.some(({ Id }) => Id === entry.Id));
    return remaining.length === 0 ? null : again;
  });
}

async function deleteBatch(client: SQSClient, QueueUrl: string, receipts: readonly string[]): Promise<void> {
  const Entries = receipts.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
  const { Failed: failed = [] } = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  const wrong = failed.find(({ Code }) => Code !== 'ReceiptHandleIsInvalid');
  if (wrong !== undefined) throw new Error(`SQS did not delete a message: ${wrong.Code} ${wrong.Message}`);
}

async function countMessages(
  client: SQSClient,
  queueUrl: string,
): Promise<{ readonly waiting: number; readonly dead: number }> {
  const attributes = await queueAttributes(client, queueUrl);
  // A redrive policy is JSON with the ARN of the dead-letter queue, which lies beside its queue.
  const deadLetters = /"deadLetterTargetArn"\s*:\s*"[^"]*:([^":]+)"/.exec(attributes['RedrivePolicy'] ?? '')?.[1];
  const waiting = sumOfCounts(attributes);
  if (deadLetters === undefined) return { waiting, dead: 0 };
  const deadUrl = queueUrl.replace(/[^/]+$/, deadLetters);
  return { waiting, dead: sumOfCounts(await queueAttributes(client, deadUrl)) };
}

async function queueAttributes(client: SQSClient, QueueUrl: string): Promise<Readonly<Record<string, string>>> {
  const { Attributes: attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  );
  return attributes;
}

function sumOfCounts(attributes: Readonly<Record<string, string>>): number {
  const names = ['', 'NotVisible', 'Delayed'].map((state) => `ApproximateNumberOfMessages${state}`);
  return names.reduce((sum, name) => sum + Number(attributes[name] ?? 0), 0);
}
