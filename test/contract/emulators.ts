/** DynamoDB Local (Amazon's jar, needs Java) and an SQS emulator, on loopback ports of their own, installed from .ci/emulators. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';

export interface Emulator {
  readonly url: string;
  stop(): Promise<void>;
}

/** Folder with the emulators' packages, from TOCSIN_EMULATORS; throws when that is not set or holds none. */
function emulatorFile(...path: readonly string[]): string {
  const folder = process.env['TOCSIN_EMULATORS'];
  if (folder === undefined)
    throw new Error('TOCSIN_EMULATORS is not set: run `npm ci` in .ci/emulators and name its node_modules');
  const file = join(folder, ...path);
  if (!existsSync(file)) throw new Error(`TOCSIN_EMULATORS has no ${path.join('/')}: run \`npm ci\` in .ci/emulators`);
  return file;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export async function startDynamo(): Promise<Emulator> {
  const jar = emulatorFile('amplify-dynamodb-simulator', 'emulator', 'DynamoDBLocal.jar');
  const libraries = emulatorFile('amplify-dynamodb-simulator', 'emulator', 'DynamoDBLocal_lib');
  const port = await freePort();
  const jvm = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx512m', `-Djava.library.path=${libraries}`];
  const options = ['-inMemory', '-disableTelemetry', '-sharedDb', '-port', String(port)];
  const java = spawn('java', [...jvm, '-jar', jar, ...options], { stdio: 'ignore', cwd: tmpdir() });
  process.once('exit', () => java.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  const client = new DynamoDBClient({ endpoint: url, maxAttempts: 1 });
  for (let tries = 0; ; tries++) {
    try {
      await client.send(new ListTablesCommand({}));
      break;
    } catch (error) {
      if (tries > 600 || java.exitCode !== null) throw error;
      await sleep(50);
    }
  }
  client.destroy();
  return {
    url,
    stop: async () => {
      java.kill('SIGTERM');
      await once(java, 'exit');
    },
  };
}

/** The table as serverless.yml declares it. */
export async function createTable(tableName: string): Promise<void> {
  const client = new DynamoDBClient({});
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  client.destroy();
}

/** Through `buildApp` the emulator stays on loopback; its own command listens everywhere. */
export async function startSqs(): Promise<Emulator> {
  const module = await import(pathToFileURL(emulatorFile('fauxqs', 'dist', 'app.js')).href);
  const app = module.buildApp({ logger: false, defaultRegion: 'eu-west-1' });
  const url: string = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url, stop: () => app.close() };
}
