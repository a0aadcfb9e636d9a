/** The contracts on Amazon's own DynamoDB engine and on an SQS emulator. Needs Java, and TOCSIN_EMULATORS (see emulators.ts). */
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createDynamoTable } from '../../lib/adapters/dynamodb-table.ts';
import { createSqsQueue } from '../../lib/adapters/sqs-queue.ts';
import type { QueueName, Table } from '../../lib/ports.ts';
import { QUEUES } from '../../lib/ports.ts';
import { createTable, type Emulator, startDynamo, startSqs } from './emulators.ts';
import { CONTRACT_MAX_RECEIVES, queueContract } from './queue-contract.ts';
import { tableContract } from './table-contract.ts';

Object.assign(process.env, { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });

let dynamo: Emulator;
let sqs: Emulator;
let table: Table;

before(async () => {
  [dynamo, sqs] = await Promise.all([startDynamo(), startSqs()]);
  process.env['AWS_ENDPOINT_URL_DYNAMODB'] = dynamo.url;
  process.env['AWS_ENDPOINT_URL_SQS'] = sqs.url;
  await createTable('contract');
  table = createDynamoTable({ tableName: 'contract' });
});

after(async () => {
  await Promise.all([dynamo.stop(), sqs.stop()]);
});

tableContract('DynamoDB', () => table);

let suites = 0;

queueContract('SQS', async () => {
  suites += 1;
  const client = new SQSClient({});
  const urls = await Promise.all(QUEUES.map(async (name) => [name, await createQueue(client, `${name}-${suites}`)]));
  const queueUrls: Readonly<Record<QueueName, string>> = Object.fromEntries(urls);
  // Emulated time is real time; a little more than asked for lets rounding to whole seconds pass.
  return { queue: createSqsQueue({ queueUrls }), passTime: (ms) => sleep(ms + 300) };
});

/** A queue with its dead letters beside it, as serverless.yml declares them. */
async function createQueue(client: SQSClient, name: string): Promise<string> {
  const urlOf = (queueName: string): string => `${sqs.url}/000000000000/${queueName}`;
  await client.send(new CreateQueueCommand({ QueueName: `${name}-dead` }));
  const { Attributes: dead } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: urlOf(`${name}-dead`), AttributeNames: ['QueueArn'] }),
  );
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead?.QueueArn, maxReceiveCount: CONTRACT_MAX_RECEIVES });
  await client.send(new CreateQueueCommand({ QueueName: name, Attributes: { RedrivePolicy } }));
  return urlOf(name);
}
