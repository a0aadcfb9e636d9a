import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

/** Where the AWS clients of a deployed function may call, on this machine. */
export interface AwsStub {
  readonly url: string;
  close(): void;
}

interface SentBatch {
  readonly Entries: readonly { readonly Id: string; readonly MessageBody: string }[];
}

/**
 * The few operations that functions call, answered at once: an empty table, queues that take everything, and a parameter store
 * whose parameters all have the value `parameter`. Throws away what is written.
 */
export async function startAwsStub(parameter: string): Promise<AwsStub> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
      const answer = answerOf(operation, body, parameter);
      response.writeHead(answer === null ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(answer ?? { __type: 'UnknownOperation', message: operation }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: urlOf(server), close: () => server.close() };
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

function answerOf(operation: string, body: string, parameter: string): object | null {
  switch (operation) {
    case 'GetItem':
    case 'PutItem':
    case 'TransactWriteItems':
      return {};
    case 'Query':
      return { Items: [], Count: 0, ScannedCount: 0 };
    case 'BatchWriteItem':
      return { UnprocessedItems: {} };
    case 'GetParameter':
      return { Parameter: { Value: parameter, Type: 'SecureString' } };
    case 'GetQueueAttributes':
      return { Attributes: { ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesDelayed: '0' } };
    case 'SendMessageBatch':
      // The operation's input, which the SDK wrote.
      return { Successful: (JSON.parse(body) as SentBatch).Entries.map(taken), Failed: [] };
    default:
      return null;
  }
}

function taken({ Id, MessageBody }: SentBatch['Entries'][number]): object {
  return { Id, MessageId: Id, MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') };
}
