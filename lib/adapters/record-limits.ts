/** The limits that `Table` and `Queue` promise, checked the same way by every adapter before anything is written. */
import type { Key, OutgoingMessage, TableRecord, TableWrite } from '../ports.ts';
import { MAX_BODY_BYTES, MAX_COMMIT_WRITES, MAX_DELAY_MS, MAX_MESSAGE_BYTES } from '../ports.ts';

const MAX_PK_BYTES = 1_024;
const MAX_SK_BYTES = 1_000;

export function checkKey({ pk, sk }: Key): void {
  checkSize('partition key', Buffer.byteLength(pk), 1, MAX_PK_BYTES);
  checkSize('sort key', Buffer.byteLength(sk), 1, MAX_SK_BYTES);
}

export function checkRecord(record: TableRecord): void {
  checkKey(record);
  checkSize(`body of ${record.pk}`, Buffer.byteLength(record.body), 0, MAX_BODY_BYTES);
}

export function checkWrites(writes: readonly TableWrite[]): void {
  if (writes.length > MAX_COMMIT_WRITES)
    throw new RangeError(`${writes.length} writes in one commit, at most ${MAX_COMMIT_WRITES}`);
  const keys = new Set<string>();
  for (const write of writes) {
    const key = keyOfWrite(write);
    if (write.kind === 'put') checkRecord(write.record);
    else checkKey(key);
    const identity = JSON.stringify([key.pk, key.sk]);
    if (keys.has(identity)) throw new RangeError(`one commit writes ${identity} twice`);
    keys.add(identity);
  }
}

export function keyOfWrite(write: TableWrite): Key {
  const { pk, sk } = write.kind === 'put' ? write.record : write.key;
  return { pk, sk };
}

export function checkMessage({ body, delayMs }: OutgoingMessage): void {
  checkSize('message body', Buffer.byteLength(body), 1, MAX_MESSAGE_BYTES);
  checkDelay(delayMs);
}

export function checkDelay(delayMs: number): void {
  if (!Number.isInteger(delayMs) || delayMs < 0 || delayMs > MAX_DELAY_MS)
    throw new RangeError(`a delay is whole milliseconds from 0 to ${MAX_DELAY_MS}, not ${delayMs}`);
}

function checkSize(what: string, sizeBytes: number, fromBytes: number, toBytes: number): void {
  if (sizeBytes < fromBytes || sizeBytes > toBytes)
    throw new RangeError(`${what} has ${sizeBytes} bytes, must have ${fromBytes} to ${toBytes}`);
}
