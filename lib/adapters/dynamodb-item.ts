import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Key, StoredRecord, TableRecord } from '../ports.ts';

/**
 * Attributes of an item: `pk`, `sk`, `v` version, `b` body (S or B), `x` end in milliseconds and `ttl` in whole seconds, which
 * DynamoDB's own removal reads. Names are short because they are paid for in each item.
 */
export type Item = Record<string, AttributeValue>;

export function encodeKey({ pk, sk }: Key): Item {
  return { pk: { S: pk }, sk: { S: sk } };
}

export function encodeRecord(record: TableRecord, version: number): Item {
  return { ...encodeKey(record), v: { N: String(version) }, b: encodeBody(record.body), ...encodeExpiry(record) };
}

export function encodeBody(body: string | Uint8Array): AttributeValue {
  return typeof body === 'string' ? { S: body } : { B: body };
}

export function encodeExpiry({ expiresAtMs }: TableRecord): Item {
  if (expiresAtMs === null) return {};
  return { x: { N: String(expiresAtMs) }, ttl: { N: String(Math.ceil(expiresAtMs / 1_000)) } };
}

export function decodeItem(item: Item): StoredRecord {
  const { pk, sk, v, b, x } = item;
  const body = b?.S ?? b?.B;
  if (pk?.S === undefined || sk?.S === undefined || v?.N === undefined || body === undefined)
    throw new Error(`item ${pk?.S}/${sk?.S} was not written by this table`);
  return { pk: pk.S, sk: sk.S, body, version: Number(v.N), expiresAtMs: x?.N === undefined ? null : Number(x.N) };
}
