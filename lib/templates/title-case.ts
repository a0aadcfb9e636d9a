/** Lower-case letter pairs written as one character, with their title forms. */
const DIGRAPHS: Readonly<Record<string, string>> = { ǆ: 'ǅ', ǉ: 'ǈ', ǌ: 'ǋ', ǳ: 'ǲ' };
const words = new Intl.Segmenter('en', { granularity: 'word' });

/** As Alertmanager: the first letter of every word in upper case, the rest in lower case (`o'neil` is one word, `foo-bar` two). */
export function titleWords(text: string): string {
  let titled = '';
  for (const { segment } of words.segment(text)) {
    const lower = segment.toLowerCase();
    const first = /\p{L}/u.exec(lower);
    titled +=
      first === null
        ? lower
        : lower.slice(0, first.index) + titleLetter(first[0]) + lower.slice(first.index + first[0].length);
  }
  return titled;
}

function titleLetter(letter: string): string {
  const [first = '', ...rest] = letter.toUpperCase();
  return DIGRAPHS[letter] ?? first + rest.join('').toLowerCase();
}

/** As Prometheus: only the letter after a separator changes; an apostrophe separates, an underscore does not. */
export function titleLetters(text: string): string {
  return text.replace(/(?<![\p{L}\p{Nd}_])\p{L}/gu, (letter) => DIGRAPHS[letter] ?? upperText(letter));
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
