/** JSON as Go writes it: `<`, `>`, `&`, U+2028 and U+2029 escaped; bytes that are not UTF-8 as U+FFFD. */

const PLAIN = /^[ !#-%'-;=?-[\]-~]*$/;

/** A string in quotes. */
export function quoteJson(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  const valid = text.replace(/[\uD800-\uDFFF]/gu, '\uFFFD');
  return JSON.stringify(valid).replace(/[<>&\u2028\u2029]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** What can be written. Undefined members are left out. Maps are objects whose names may be anything. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly JsonValue[]
  | ReadonlyMap<string, JsonValue>
  | { readonly [key: string]: JsonValue };

/** Writes a value; members keep their order. */
export function writeJson(value: JsonValue): string {
  if (typeof value === 'string') return quoteJson(value);
  if (typeof value !== 'object' || value === null) return String(value ?? null);
  if (isList(value)) return `[${value.map(writeJson).join(',')}]`;
  const members: string[] = [];
  for (const [name, member] of value instanceof Map ? value : Object.entries(value)) {
    if (member !== undefined) members.push(`${quoteJson(name)}:${writeJson(member)}`);
  }
  return `{${members.join(',')}}`;
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}
