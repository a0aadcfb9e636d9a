const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** JSON as Go's encoder writes it: `<`, `>` and `&` escaped, a newline at the end. Maps become objects in their order. */
export function goJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, each: unknown) => (each instanceof Map ? Object.fromEntries(each) : each));
  return `${text.replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character)}\n`;
}
