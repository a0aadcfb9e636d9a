/** Bodies of requests, each and all together within their limits: many senders at once must not fill the memory. */
import type { IncomingMessage } from 'node:http';

export interface BodyLimits {
  /** Of one body. */
  readonly maxBodyBytes: number;
  /** Of all bodies that are being read or worked on. */
  readonly maxHeldBytes: number;
}

export type ReceivedBody =
  /** `release` says that nobody needs the bytes any more; more than once does no harm. */
  | { readonly kind: 'whole'; readonly bytes: Buffer; readonly release: () => void }
  | { readonly kind: 'too-large' }
  /** Others took the room: of the bodies that are still coming, those that have taken longest give way. */
  | { readonly kind: 'crowded-out' };

/** Of a request without one. */
export const NO_BODY: ReceivedBody = { kind: 'whole', bytes: Buffer.alloc(0), release: () => undefined };

/** Most requests have no body, and need not be waited for. */
export function announcesBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/** The memory that all bodies share. */
interface Room {
  heldBytes: number;
  /** In the order in which they began. */
  readonly readings: Set<Reading>;
}

interface Reading {
  sizeBytes: number;
  readonly giveWay: () => void;
}

/** Reads the bodies of one server. What it returns fails when the sender breaks off. */
export function createBodyReader(limits: BodyLimits): (request: IncomingMessage) => Promise<ReceivedBody> {
  const room: Room = { heldBytes: 0, readings: new Set() };
  return async (request) => {
    const isTooLarge = Number(request.headers['content-length'] ?? 0) > limits.maxBodyBytes;
    return isTooLarge ? { kind: 'too-large' } : readInto(room, request, limits);
  };
}

function readInto(room: Room, request: IncomingMessage, limits: BodyLimits): Promise<ReceivedBody> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const stop = (): void => {
      room.readings.delete(reading);
      request.off('data', take).off('end', finish).off('close', breakOff);
    };
    const forget = (): void => {
      stop();
      room.heldBytes -= reading.sizeBytes;
      chunks.length = 0;
    };
    const give = (body: ReceivedBody): void => {
      forget();
      resolve(body);
    };
    const breakOff = (): void => {
      forget();
      reject(new Error('the sender broke off'));
    };
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      reading.sizeBytes += chunk.length;
      room.heldBytes += chunk.length;
      if (reading.sizeBytes > limits.maxBodyBytes) give({ kind: 'too-large' });
      else makeRoom(room, limits.maxHeldBytes);
    };
    const finish = (): void => {
      stop();
      resolve({ kind: 'whole', bytes: Buffer.concat(chunks), release: releaseOnce(room, reading.sizeBytes) });
    };
    const reading: Reading = { sizeBytes: 0, giveWay: () => give({ kind: 'crowded-out' }) };
    room.readings.add(reading);
    request
      .on('data', take)
      .on('end', finish)
      .on('close', breakOff)
      .on('error', () => undefined);
  });
}

function makeRoom(room: Room, maxHeldBytes: number): void {
  for (const { giveWay } of room.readings) {
    if (room.heldBytes <= maxHeldBytes) return;
    giveWay();
  }
}

function releaseOnce(room: Room, sizeBytes: number): () => void {
  let left = sizeBytes;
  return () => {
    room.heldBytes -= left;
    left = 0;
  };
}

/** Reads and forgets what still comes of a body, so that its sender gets to read the answer; neither for long nor without end. */
export async function discardRest(
  request: IncomingMessage,
  { maxBytes, maxMs }: { readonly maxBytes: number; readonly maxMs: number },
): Promise<void> {
  if (request.complete || request.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, maxMs);
    const stop = (): void => {
      clearTimeout(timer);
      resolve();
    };
    let sizeBytes = 0;
    request
      .on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length;
        if (sizeBytes > maxBytes) stop();
      })
      .on('end', stop)
      .on('close', stop);
  });
}
