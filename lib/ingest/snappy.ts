import { snappyUncompressor } from 'hysnappy';
import { tooLarge, unreadable } from './rejections.ts';

// One WebAssembly instance for the process: it is made synchronously from bytes inside the package (nothing to bundle beside it),
// keeps no state between calls, and its memory never grows beyond the largest request that the limits let through.
const uncompress = snappyUncompressor();

/**
 * Inflates one snappy block (not framed). The declared length is checked against `maxBytes` before memory is set aside.
 * Throws InvalidInput: "unreadable" or "too-large".
 */
export function inflateSnappy(body: Uint8Array, maxBytes: number): Uint8Array {
  const declaredBytes = declaredLength(body);
  if (declaredBytes === null) throw unreadable('snappy: corrupt input');
  if (declaredBytes > maxBytes) {
    throw tooLarge(`request declares ${declaredBytes} bytes after decompression, limit ${maxBytes}`);
  }
  if (declaredBytes === 0) {
    if (body.length > 1) throw unreadable('snappy: corrupt input');
    return new Uint8Array(0);
  }
  try {
    return uncompress(body, declaredBytes);
  } catch {
    // The package throws a bare Error for malformed input, and for nothing else.
    throw unreadable('snappy: corrupt input');
  }
}

/** The varint at the beginning, at most 32 bits; null when there is none. */
function declaredLength(body: Uint8Array): number | null {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = body[i];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length <= 0xffffffff ? length : null;
  }
  return null;
}
