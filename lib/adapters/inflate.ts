/** Decompression for bodies that people push: gzip, deflate and zstd, with bounded output. */
import { gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import type { Inflate } from '../ports.ts';

/** `Inflate` on node:zlib. Memory grows with the output and stops at the limit. */
export const inflate: Inflate = (body, encoding, maxBytes) => {
  const options = { maxOutputLength: maxBytes };
  try {
    if (encoding === 'gzip') return { kind: 'inflated', bytes: gunzipSync(body, options) };
    if (encoding === 'zstd') return { kind: 'inflated', bytes: zstdDecompressSync(body, options) };
    // "deflate" means zlib's wrapper; some clients send the bare stream. The low four bits of a wrapper are 8.
    const hasWrapper = ((body[0] ?? 0) & 0x0f) === 8;
    return { kind: 'inflated', bytes: hasWrapper ? inflateSync(body, options) : inflateRawSync(body, options) };
  } catch (error) {
    const isTooLarge = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return { kind: isTooLarge ? 'too-large' : 'corrupt' };
  }
};
