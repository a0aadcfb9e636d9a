/** Lower-case letter pairs written as one character, with their title forms. */
const DIGRAPHS: Readonly<Record<string, string>> = { ǆ: 'ǅ', ǉ: 'ǈ', ǌ: 'ǋ', ǳ: 'ǲ' };
/** Made on first use: its tables of letters are 2 MB. */
let words: Intl.Segmenter | null = null;

/**
 * The first letter of every word in upper case: `o'neil` is one word, `foo-bar` two. The rest goes to lower case in
 * Alertmanager's templates and is kept in Prometheus'.
 */
export function titleWords(text: string, rest: 'lower' | 'keep'): string {
  words ??= new Intl.Segmenter('en', { granularity: 'word' });
  let titled = '';
  for (const { segment } of words.segment(text)) {
    const base = rest === 'lower' ? segment.toLowerCase() : segment;
    const first = /\p{L}/u.exec(base);
    if (first === null) titled += base;
    else titled += base.slice(0, first.index) + titleLetter(first[0]) + base.slice(first.index + first[0].length);
  }
  return titled;
}

function titleLetter(letter: string): string {
  const [first = '', ...rest] = letter.toUpperCase();
  return DIGRAPHS[letter] ?? first + rest.join('').toLowerCase();
}

/** Upper case letter by letter, as Go does: a letter whose upper case is several letters (`ß`) stays. */
export function upperText(text: string): string {
  const upper = text.toUpperCase();
  if (upper.length === text.length) return upper;
  return Array.from(text, (letter) =>
    letter.toUpperCase().length === letter.length ? letter.toUpperCase() : letter,
  ).join('');
}

/** Lower case letter by letter, as Go does. */
export function lowerText(text: string): string {
  return text.replaceAll('İ', 'i').toLowerCase();
}
