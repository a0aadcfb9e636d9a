/**
 * Texts that may be longer than a record. They are cut into parts that are named by their digest and never changed, so the parts are
 * written first, by anybody, and the record that names them decides.
 */
import { digest } from '../model/digest.ts';
import { MAX_BODY_BYTES, type Table } from '../ports.ts';
import { inParallel } from './in-parallel.ts';
import { partKey } from './keys.ts';

export interface LongBody {
  /** Digest of the text. */
  readonly name: string;
  readonly parts: number;
}

const LOADS_AT_ONCE = 16;
/** A UTF-16 unit takes at most three bytes of UTF-8. */
const MAX_PART_LENGTH = Math.floor(MAX_BODY_BYTES / 3);

/** `owner` names the partition: a group id or a digest. */
export async function saveLongBody(
  table: Table,
  { owner, text, expiresAtMs }: { readonly owner: string; readonly text: string; readonly expiresAtMs: number },
): Promise<LongBody> {
  const name = digest(text);
  const parts = cut(text);
  await table.putAll(parts.map((body, part) => ({ ...partKey(owner, name, part), body, expiresAtMs })));
  return { name, parts: parts.length };
}

export async function loadLongBody(
  table: Table,
  { owner, name, parts, nowMs }: LongBody & { readonly owner: string; readonly nowMs: number },
): Promise<string> {
  const numbers = Array.from({ length: parts }, (_, part) => part);
  const records = await inParallel(numbers, LOADS_AT_ONCE, (part) => table.load(partKey(owner, name, part), nowMs));
  return records.map((record, part) => bodyOf(record?.body, `${name}#${part}`)).join('');
}

function bodyOf(body: string | Uint8Array | undefined, name: string): string {
  if (typeof body === 'string') return body;
  throw new Error(`part ${name} of a long body is missing`);
}

function cut(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  while (start < text.length) {
    let end = Math.min(start + MAX_PART_LENGTH, text.length);
    // A pair of surrogates is one character and stays in one part.
    if (end < text.length && /[\ud800-\udbff]/.test(text.charAt(end - 1))) end--;
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}
