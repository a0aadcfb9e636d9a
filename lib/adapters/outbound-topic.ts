import { PublishCommand, type PublishCommandInput, SNSClient, SNSServiceException } from '@aws-sdk/client-sns';
import type { OutgoingResponse, TopicMessage } from '../ports.ts';

/** Publishes one message to SNS, with the receiver's own credentials or those of the process. */
export async function publishToTopic(topic: TopicMessage): Promise<OutgoingResponse> {
  const { endpoint, region, credentials } = topic;
  const client = new SNSClient({
    maxAttempts: 1,
    requestHandler: { requestTimeout: topic.timeoutMs, connectionTimeout: topic.timeoutMs },
    ...(endpoint === null ? {} : { endpoint }),
    ...(region === null ? {} : { region }),
    ...(credentials === null
      ? {}
      : { credentials: { accessKeyId: credentials.accessKey, secretAccessKey: credentials.secretKey } }),
  });
  try {
    const sent = await client.send(new PublishCommand(publishInput(topic)));
    return { kind: 'response', status: 200, headers: new Map(), body: sent.MessageId ?? '' };
  } catch (error) {
    if (!(error instanceof SNSServiceException)) return { kind: 'failure', reason: 'network', detail: String(error) };
    const status = error.$metadata.httpStatusCode ?? 500;
    return {
      kind: 'response',
      status: error.$retryable?.throttling === true ? 429 : status,
      headers: new Map(),
      body: error.message,
    };
  } finally {
    client.destroy();
  }
}

function publishInput(topic: TopicMessage): PublishCommandInput {
  const { kind, value } = topic.target;
  const attributes = Object.entries(topic.attributes).map(([name, text]) => [
    name,
    { DataType: 'String', StringValue: text },
  ]);
  return {
    Message: topic.message,
    ...(kind === 'topic' ? { TopicArn: value } : kind === 'endpoint' ? { TargetArn: value } : { PhoneNumber: value }),
    ...(topic.subject === null ? {} : { Subject: topic.subject }),
    ...(attributes.length === 0 ? {} : { MessageAttributes: Object.fromEntries(attributes) }),
    ...(topic.fifo === null
      ? {}
      : { MessageGroupId: topic.fifo.groupId, MessageDeduplicationId: topic.fifo.deduplicationId }),
  };
}
