/** What leaves by SNS, against an emulator on loopback (TOCSIN_EMULATORS, see test/contract/emulators.ts). */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { createOutbound } from '../../lib/adapters/outbound.ts';
import type { OutgoingResponse, TopicMessage } from '../../lib/ports.ts';
import { type Emulator, startSqs } from '../contract/emulators.ts';
import { type Running, startProxy, startWeb } from './outbound-servers.ts';
import { plan } from './planning.ts';

Object.assign(process.env, { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });

const outbound = createOutbound({ allowPrivate: true });
const plain = { followRedirects: true, proxy: null, tls: null } as const;
const running: Running[] = [];
let emulator: Emulator;
let sns: SNSClient;
let sqs: SQSClient;

before(async () => {
  emulator = await startSqs();
  sns = new SNSClient({ endpoint: emulator.url });
  sqs = new SQSClient({ endpoint: emulator.url });
});

after(async () => {
  sns.destroy();
  sqs.destroy();
  for (const server of running) server.close();
  await emulator.stop();
});

/** A topic with a queue that hears it. */
async function openTopic(name: string, attributes: Record<string, string> = {}) {
  const suffix = name.endsWith('.fifo') ? '.fifo' : '';
  const { TopicArn: arn = '' } = await sns.send(new CreateTopicCommand({ Name: name, Attributes: attributes }));
  const queueName = `hears-${name.replace('.fifo', '')}${suffix}`;
  const queueAttributes = suffix === '' ? {} : { Attributes: { FifoQueue: 'true' } };
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: queueName, ...queueAttributes }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  await sns.send(new SubscribeCommand({ TopicArn: arn, Protocol: 'sqs', Endpoint: Attributes?.['QueueArn'] }));
  return {
    arn,
    /** All that has come since the last time, in its order. */
    heard: async () => {
      const bodies: string[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
        if (Messages.length === 0) return bodies.map((body) => JSON.parse(body));
        for (const { Body = '', ReceiptHandle } of Messages) {
          bodies.push(Body);
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
    },
  };
}

function messageOf(arn: string, over: Partial<TopicMessage> = {}): TopicMessage {
  return {
    target: { kind: 'topic', value: arn },
    endpoint: emulator.url,
    region: 'eu-west-1',
    credentials: { accessKey: 'own-key', secretKey: 'own-secret' },
    subject: 'Down',
    message: 'it is down, grüße & more',
    attributes: { severity: 'critical' },
    fifo: null,
    timeoutMs: 5_000,
    ...over,
  };
}

const answerOf = (response: OutgoingResponse): string =>
  response.kind === 'response' ? `${response.status}` : `${response.reason}: ${response.detail}`;

suite('SNS', () => {
  test('a message arrives with its subject and attributes', async () => {
    const topic = await openTopic('plain');
    assert.equal(answerOf(await outbound.topic(messageOf(topic.arn), plain)), '200');
    const [heard] = await topic.heard();
    assert.deepEqual([heard.Message, heard.Subject], ['it is down, grüße & more', 'Down']);
    assert.deepEqual(heard.MessageAttributes.severity, { Type: 'String', Value: 'critical' });
  });

  test('what a receiver plans is what arrives, with the credentials of the process where it has none', async () => {
    const topic = await openTopic('planned');
    const { delivery } = plan(`sns_configs: [{api_url: '${emulator.url}', topic_arn: '${topic.arn}'}]`);
    assert.ok(delivery.kind === 'topic');
    assert.equal(answerOf(await outbound.topic(delivery.message, plain)), '200');
    const [heard] = await topic.heard();
    assert.equal(heard.Subject, '[FIRING:1] Down (critical)');
    assert.match(heard.Message, /Alerts Firing:\nLabels:\n - alertname = Down\n/);
  });

  test('a FIFO topic tells apart what differs and drops what is sent twice', async () => {
    const topic = await openTopic('ordered.fifo', { FifoTopic: 'true' });
    const send = (id: string) =>
      outbound.topic(messageOf(topic.arn, { message: id, fifo: { groupId: 'group', deduplicationId: id } }), plain);
    for (const id of ['firing', 'firing', 'resolved']) assert.equal(answerOf(await send(id)), '200');
    assert.deepEqual(
      (await topic.heard()).map(({ Message }) => Message),
      ['firing', 'resolved'],
    );
  });

  test('a topic that does not exist is a refusal', async () => {
    const sent = await outbound.topic(messageOf('arn:aws:sns:eu-west-1:000000000000:nobody'), plain);
    assert.ok(sent.kind === 'response');
    assert.equal(sent.status, 404);
    assert.match(sent.body, /not exist/i);
  });

  const error = (code: string): string =>
    `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>because</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
  const rows: readonly (readonly [status: number, code: string, expected: string])[] = [
    [400, 'Throttling', '429'],
    [429, 'TooManyRequestsException', '429'],
    [400, 'InvalidParameter', '400'],
    [403, 'AuthorizationError', '403'],
    [500, 'InternalFailure', '500'],
    [503, 'ServiceUnavailable', '503'],
  ];
  for (const [status, code, expected] of rows) {
    test(`${status} ${code} counts as ${expected}, and is not tried again here`, async () => {
      const server = await startWeb((_, response) =>
        response.writeHead(status, { 'content-type': 'text/xml' }).end(error(code)),
      );
      running.push(server);
      const sent = await outbound.topic(messageOf('arn:a', { endpoint: `http://127.0.0.1:${server.port}` }), plain);
      assert.equal(answerOf(sent), expected);
      assert.equal(server.received.length, 1);
      const [request] = server.received;
      assert.match(request?.headers.authorization ?? '', /^AWS4-HMAC-SHA256 Credential=own-key\//);
      assert.equal(new URLSearchParams(request?.body).get('Action'), 'Publish');
    });
  }

  test('a server that hangs is given up in time, one that is not there is the network', async () => {
    const server = await startWeb(() => undefined);
    running.push(server);
    const endpoint = `http://127.0.0.1:${server.port}`;
    assert.match(answerOf(await outbound.topic(messageOf('arn:a', { endpoint, timeoutMs: 300 }), plain)), /^timeout: /);
    server.close();
    assert.match(answerOf(await outbound.topic(messageOf('arn:a', { endpoint }), plain)), /^network: .*ECONNREFUSED/);
  });

  test('is reached through the proxy of the receiver', async () => {
    const proxy = await startProxy(null);
    running.push(proxy);
    const transport = { ...plain, proxy: { url: `http://127.0.0.1:${proxy.port}`, bypass: '', connectHeaders: [] } };
    await outbound.topic(messageOf('arn:a', { endpoint: 'http://sns.test' }), transport);
    assert.equal(proxy.asked[0]?.url, 'http://sns.test/');
  });
});

suite('secrets of the parameter store', () => {
  const answers = async (status: number, body: string) => {
    const server = await startWeb((_, response) =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(body),
    );
    running.push(server);
    return server;
  };

  test('are read by ssm:NAME, decrypted, and anew each time', async () => {
    const server = await answers(200, '{"Parameter":{"Name":"n","Type":"SecureString","Value":" from-the-store\\n"}}');
    process.env['AWS_ENDPOINT_URL_SSM'] = `http://127.0.0.1:${server.port}`;
    assert.equal(await outbound.readSecret('ssm:/tocsin/dev/secrets/slack'), 'from-the-store');
    await outbound.readSecret('ssm:/tocsin/dev/secrets/slack');
    assert.deepEqual(
      server.received.map(({ body }) => JSON.parse(body)),
      Array(2).fill({ Name: '/tocsin/dev/secrets/slack', WithDecryption: true }),
    );
  });
});
