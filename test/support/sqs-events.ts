import type { SQSEvent } from 'aws-lambda';

/** A batch as Lambda's poller delivers it; ids are "message-0", "message-1"… */
export function sqsEvent(queue: string, bodies: readonly string[], attempt = 1): SQSEvent {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `message-${index}`,
      receiptHandle: `receipt-${index}`,
      body,
      attributes: {
        ApproximateReceiveCount: String(attempt),
        SentTimestamp: '1773342238000',
        SenderId: 'AIDAEXAMPLE',
        ApproximateFirstReceiveTimestamp: '1773342238001',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:eu-west-1:123456789012:${queue}`,
      awsRegion: 'eu-west-1',
    })),
  };
}
