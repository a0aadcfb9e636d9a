import { Readable } from 'node:stream';
import { PublishCommand, type PublishCommandInput, SNSClient, SNSServiceException } from '@aws-sdk/client-sns';
import type { HttpTransport, OutgoingResponse, TopicMessage } from '../ports.ts';
import { withDeadline } from './deadline.ts';
import { messageOf, sendHttp } from './outbound-http.ts';

/** Publishes one message to SNS, with the receiver's own credentials or those of the process. The SDK signs, `sendHttp` sends. */
export async function publishToTopic(
  topic: TopicMessage,
  transport: HttpTransport,
  allowPrivate: boolean,
): Promise<OutgoingResponse> {
  const { endpoint, region, credentials } = topic;
  const signal = AbortSignal.timeout(topic.timeoutMs);
  let failure: OutgoingResponse | null = null;
  const handle = async (request: SdkRequest): Promise<{ readonly response: SdkResponse }> => {
    const answer = await sendHttp(outgoing(request, topic.timeoutMs), transport, allowPrivate);
    if (answer.kind === 'response') return { response: sdkResponse(answer) };
    failure = answer;
    throw new Error(answer.detail);
  };
  const client = new SNSClient({
    maxAttempts: 1,
    requestHandler: { handle, destroy: () => undefined },
    ...(endpoint === null ? {} : { endpoint }),
    ...(region === null ? {} : { region }),
    ...(credentials === null
      ? {}
      : { credentials: { accessKeyId: credentials.accessKey, secretAccessKey: credentials.secretKey } }),
  });
  try {
    // The search for credentials has time limits of its own, which are longer.
    const sent = await withDeadline(client.send(new PublishCommand(publishInput(topic))), topic.timeoutMs);
    return { kind: 'response', status: 200, headers: new Map(), body: sent.MessageId ?? '' };
  } catch (error) {
    if (failure !== null) return failure;
    if (signal.aborted) return { kind: 'failure', reason: 'timeout', detail: `not sent within ${topic.timeoutMs} ms` };
    return answerOf(error);
  } finally {
    client.destroy();
  }
}

/** What the SDK hands to its request handler, as far as it is needed here. */
interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

function outgoing(request: SdkRequest, timeoutMs: number): Parameters<typeof sendHttp>[0] {
  const { protocol, hostname, port, path } = request;
  // The host is signed, and set again from the address.
  const headers = Object.entries(request.headers).filter(
    ([name]) => !['host', 'content-length'].includes(name.toLowerCase()),
  );
  return {
    method: request.method,
    url: `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`,
    headers,
    body: typeof request.body === 'string' ? request.body : '',
    timeoutMs,
  };
}

function sdkResponse({ status, headers, body }: Extract<OutgoingResponse, { kind: 'response' }>): SdkResponse {
  return { statusCode: status, headers: Object.fromEntries(headers), body: Readable.from([Buffer.from(body)]) };
}

function answerOf(error: unknown): OutgoingResponse {
  if (!(error instanceof SNSServiceException)) return { kind: 'failure', reason: 'network', detail: messageOf(error) };
  // The query protocol says "too many" with a 400 and the name of the error.
  const isThrottled = /thrott|toomanyrequests|requestlimit/i.test(error.name);
  const status = isThrottled ? 429 : (error.$metadata.httpStatusCode ?? 500);
  return { kind: 'response', status, headers: new Map(), body: error.message };
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
