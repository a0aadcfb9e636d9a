/** `Table` on DynamoDB: one on-demand table with `pk` and `sk`, TTL on `ttl`. Conditions compare the version attribute. */
import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactionCanceledException,
  TransactionConflictException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import type { Conflict, Key, Saved, StoredRecord, Table, TableQuery, TableRecord, TableWrite } from '../ports.ts';
import { decodeItem, encodeBody, encodeExpiry, encodeKey, encodeRecord, type Item } from './dynamodb-item.ts';
import { checkKey, checkRecord, checkWrites, keyOfWrite } from './record-limits.ts';
import { again, forEachLimited, inParts, retryWhileBusy } from './retry.ts';

const BATCH_WRITES = 25;
const CONCURRENT_BATCHES = 8;
/** A call that hangs is given up and repeated by the SDK; the slowest call of ours takes tens of milliseconds. */
const CALL_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 1_000;

export function createDynamoTable({ tableName }: { readonly tableName: string }): Table {
  const client = new DynamoDBClient({
    maxAttempts: 5,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: CALL_TIMEOUT_MS },
  });
  const place = { client, tableName };
  return {
    load: async (key, nowMs) => {
      checkKey(key);
      const { Item: item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: encodeKey(key), ConsistentRead: true }),
      );
      const record = item === undefined ? null : decodeItem(item);
      return record === null || isExpired(record, nowMs) ? null : record;
    },
    query: (query, nowMs) => page(place, query, nowMs),
    putIf: async (record, expected) => {
      checkRecord(record);
      return retryWhileBusy('putIf', () => putIf(place, record, expected));
    },
    putAll: async (records) => {
      for (const record of records) checkRecord(record);
      const requests = records.map((record): [Key, WriteRequest] => [
        record,
        { PutRequest: { Item: encodeRecord(record, 1) } },
      ]);
      await writeBatches(place, requests);
    },
    commit: async (writes) => {
      checkWrites(writes);
      if (writes.length === 0) return { kind: 'committed' };
      return retryWhileBusy('commit', () => commit(place, writes));
    },
    deleteAll: async (keys) => {
      for (const key of keys) checkKey(key);
      await writeBatches(
        place,
        keys.map((key) => [key, { DeleteRequest: { Key: encodeKey(key) } }]),
      );
    },
  };
}

interface PlaceOfTable {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

function isExpired({ expiresAtMs }: StoredRecord, nowMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs <= nowMs;
}

async function page(
  { client, tableName }: PlaceOfTable,
  query: TableQuery,
  nowMs: number,
): Promise<{ readonly records: readonly StoredRecord[]; readonly next: string | null }> {
  const { after, skPrefix } = query;
  const isAfterPrefix = after !== null && Buffer.compare(Buffer.from(after), Buffer.from(skPrefix)) > 0;
  if (isAfterPrefix && !after.startsWith(skPrefix)) return { records: [], next: null };
  const { Items: items = [], LastEvaluatedKey: last } = await client.send(
    new QueryCommand({
      TableName: tableName,
      ConsistentRead: true,
      Limit: query.limit,
      ...keyCondition(query),
      // A start outside of the prefix is refused by DynamoDB, and is no restriction when it lies before it.
      ...(after?.startsWith(skPrefix) ? { ExclusiveStartKey: encodeKey({ pk: query.pk, sk: after }) } : {}),
    }),
  );
  const records = items
    .map(decodeItem)
    .filter((record) => !isExpired(record, nowMs) && query.except?.has(record.sk) !== true);
  return { records, next: last?.['sk']?.S ?? null };
}

function keyCondition({ pk, skPrefix }: TableQuery): Partial<QueryCommandInput> {
  if (skPrefix === '') return { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: pk } } };
  return {
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':pk': { S: pk }, ':prefix': { S: skPrefix } },
  };
}

/** The comparison with the stored version, as a condition expression. */
function condition(expected: 'absent' | number): {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeValues?: Item;
  readonly ReturnValuesOnConditionCheckFailure: 'ALL_OLD';
} {
  const ReturnValuesOnConditionCheckFailure = 'ALL_OLD';
  if (expected === 'absent')
    return { ConditionExpression: 'attribute_not_exists(pk)', ReturnValuesOnConditionCheckFailure };
  return {
    ConditionExpression: 'v = :expected',
    ExpressionAttributeValues: { ':expected': { N: String(expected) } },
    ReturnValuesOnConditionCheckFailure,
  };
}

function conflictAt({ pk, sk }: Key, item: Item | undefined): Conflict {
  return { kind: 'conflict', key: { pk, sk }, current: item === undefined ? null : decodeItem(item) };
}

async function putIf(
  { client, tableName }: PlaceOfTable,
  record: TableRecord,
  expected: 'absent' | number,
): Promise<Saved | Conflict | typeof again> {
  const version = expected === 'absent' ? 1 : expected + 1;
  try {
    const item = encodeRecord(record, version);
    await client.send(new PutItemCommand({ TableName: tableName, Item: item, ...condition(expected) }));
    return { kind: 'saved', version };
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return conflictAt(record, error.Item);
    if (error instanceof TransactionConflictException) return again;
    throw error;
  }
}

async function commit(
  { client, tableName }: PlaceOfTable,
  writes: readonly TableWrite[],
): Promise<{ readonly kind: 'committed' } | Conflict | typeof again> {
  try {
    const items = writes.map((write) => encodeWrite(tableName, write));
    await client.send(new TransactWriteItemsCommand({ TransactItems: items }));
    return { kind: 'committed' };
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    const reasons = error.CancellationReasons ?? [];
    const failed = reasons.findIndex(({ Code: code }) => code === 'ConditionalCheckFailed');
    const write = writes[failed];
    if (write !== undefined) return conflictAt(keyOfWrite(write), reasons[failed]?.Item);
    const isBusy = reasons.some(({ Code: code }) => code !== undefined && busyReasons.has(code));
    if (isBusy) return again;
    throw error;
  }
}

const busyReasons = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

function encodeWrite(TableName: string, write: TableWrite): TransactWriteItem {
  if (write.kind === 'delete') {
    const compared = write.expected === 'any' ? {} : condition(write.expected);
    return { Delete: { TableName, Key: encodeKey(write.key), ...compared } };
  }
  const { record, expected } = write;
  if (expected !== 'any') {
    const version = expected === 'absent' ? 1 : expected + 1;
    return { Put: { TableName, Item: encodeRecord(record, version), ...condition(expected) } };
  }
  // Whatever stands there, its version still counts on: only an update can do that.
  const expiry = encodeExpiry(record);
  const expires = expiry['x'] === undefined ? ' REMOVE x, #ttl' : ', x = :x, #ttl = :ttl';
  return {
    Update: {
      TableName,
      Key: encodeKey(record),
      UpdateExpression: `SET b = :body, v = if_not_exists(v, :zero) + :one${expires}`,
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: {
        ':body': encodeBody(record.body),
        ':zero': { N: '0' },
        ':one': { N: '1' },
        ...(expiry['x'] === undefined ? {} : { ':x': expiry['x'] }),
        ...(expiry['ttl'] === undefined ? {} : { ':ttl': expiry['ttl'] }),
      },
    },
  };
}

/** Of several requests for one key the last counts; DynamoDB refuses a batch that has both. */
async function writeBatches(place: PlaceOfTable, requests: readonly (readonly [Key, WriteRequest])[]): Promise<void> {
  const byKey = new Map(requests.map(([{ pk, sk }, request]) => [JSON.stringify([pk, sk]), request]));
  const batches = inParts([...byKey.values()], BATCH_WRITES);
  await forEachLimited(batches, CONCURRENT_BATCHES, (batch) => writeBatch(place, batch));
}

async function writeBatch({ client, tableName }: PlaceOfTable, batch: readonly WriteRequest[]): Promise<void> {
  let remaining: WriteRequest[] = [...batch];
  await retryWhileBusy('a batch write', async () => {
    const { UnprocessedItems: unprocessed } = await client.send(
      new BatchWriteItemCommand({ RequestItems: { [tableName]: remaining } }),
    );
    remaining = unprocessed?.[tableName] ?? [];
    return remaining.length === 0 ? null : again;
  });
}
