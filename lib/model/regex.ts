import { RE2JS, RE2JSSyntaxException } from 're2js';
import { estimateRegexSteps } from './regex-size.ts';

/** A fully anchored RE2 expression (`^(?s:re)$`), as matchers and label_replace use it. */
export interface AnchoredRegex {
  readonly source: string;
  /** About how many steps it was compiled to; 0 when it needs none. */
  readonly steps: number;
  matches(text: string): boolean;
}

const MAX_REGEX_LENGTH = 10_000;
/** Steps of the compiled expression: twice what the longest one without counted repetitions has. */
const MAX_REGEX_STEPS = 20_000;

/**
 * Compiles an anchored RE2 expression: linear time, never the host's backtracking engine on a user's text.
 * Literals and alternations of literals are answered by a set look-up.
 * Returns RE2's message (`error parsing regexp: missing closing ): ...`) when it does not parse.
 */
export function compileAnchored(source: string): AnchoredRegex | { readonly error: string } {
  const tooLarge = whyTooLarge(source);
  if (tooLarge !== null) return { error: `error parsing regexp: ${tooLarge}` };
  const literals = literalAlternatives(source);
  if (literals !== null) return { source, steps: 0, matches: (text) => literals.has(text) };
  if (source === '.*') return { source, steps: 0, matches: () => true };
  if (source === '.+') return { source, steps: 0, matches: (text) => text !== '' };
  try {
    const compiled = RE2JS.compile(source, RE2JS.DOTALL);
    // Unlike matches(), this asks for no groups, and so runs on an automaton where it can.
    return { source, steps: compiled.programSize(), matches: (text) => compiled.testExact(text) };
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return { error: asGoSays(error.message) };
    throw error;
  }
}

const SPECIAL = '.+*?()[]{}^$';
const PUNCTUATION = /^[!-/:-@[-`{-~]$/;

/** The texts that `a|b\\.c` or `(a|b)` stands for, which is what dashboards make of chosen values; null for anything with a pattern in it. */
function literalAlternatives(source: string): ReadonlySet<string> | null {
  const list = source.startsWith('(') && source.endsWith(')') ? source.slice(1, -1).replace(/^\?:/, '') : source;
  const found = new Set<string>();
  let literal = '';
  for (let i = 0; i < list.length; i++) {
    let char = list.charAt(i);
    if (char === '|') {
      found.add(literal);
      literal = '';
      continue;
    }
    if (SPECIAL.includes(char)) return null;
    if (char === '\\') {
      char = list.charAt(++i);
      if (!PUNCTUATION.test(char)) return null;
    }
    literal += char;
  }
  return found.add(literal);
}

/** Why an expression is not even looked at: nobody's time and memory are without end. Null for one that may be compiled. */
export function whyTooLarge(source: string): string | null {
  if (source.length > MAX_REGEX_LENGTH) {
    return `expression of ${source.length} characters exceeds ${MAX_REGEX_LENGTH}`;
  }
  const steps = estimateRegexSteps(source);
  return steps > MAX_REGEX_STEPS ? `expression too large: ${steps} steps exceed ${MAX_REGEX_STEPS}` : null;
}

/** The library shows its flag as part of the user's text, and no part of the text where there is none to show. */
function asGoSays(message: string): string {
  return message.includes(': `') ? message.replace('`(?s)', '`') : `${message}: \`\``;
}
