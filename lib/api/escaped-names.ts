/** How names of metrics and labels beyond `[a-zA-Z_:][a-zA-Z0-9_:]*` are written for those who know no others. */

/** As the parameter `escaping` of a media type has it. */
export type NameEscaping = 'allow-utf-8' | 'underscores' | 'dots' | 'values';

const ESCAPINGS: readonly NameEscaping[] = ['allow-utf-8', 'underscores', 'dots', 'values'];

/** Null for a word that is none. */
export function parseNameEscaping(text: string): NameEscaping | null {
  return ESCAPINGS.find((escaping) => escaping === text) ?? null;
}

/** Whether every program can read the name. */
export function isLegacyName(name: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
}

/** The name as those read it: `a.b` becomes `a_b`, `a_dot_b` or `U__a_2e_b`. */
export function escapeName(name: string, escaping: NameEscaping): string {
  if (escaping === 'allow-utf-8' || (escaping !== 'dots' && isLegacyName(name))) return name;
  const escaped = Array.from(name, (char, i) => escapeCharacter(char, i, escaping)).join('');
  return escaping === 'values' ? `U__${escaped}` : escaped;
}

function escapeCharacter(char: string, index: number, escaping: NameEscaping): string {
  const isLegacy = /[a-zA-Z_:]/.test(char) || (index > 0 && /\d/.test(char));
  if (escaping === 'underscores') return isLegacy ? char : '_';
  if (char === '_') return '__';
  if (isLegacy) return char;
  if (escaping === 'dots') return char === '.' ? '_dot_' : '__';
  return `_${(char.codePointAt(0) ?? 0).toString(16)}_`;
}

/** `U__a_2e_b` is `a.b`: hexadecimal code points between underscores, and `__` is an underscore. Anything else is meant as it stands. */
export function unescapeName(name: string): string {
  if (!name.startsWith('U__')) return name;
  const escaped = name.slice('U__'.length);
  if (!/^(?:[^_]|__|_[0-9a-fA-F]{1,6}_)*$/.test(escaped)) return name;
  return escaped.replaceAll(/__|_([0-9a-fA-F]{1,6})_/g, (whole, hex: string | undefined) => {
    if (hex === undefined) return '_';
    const code = Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
