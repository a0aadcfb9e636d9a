/** Expressions that nobody writes, for an engine that must outlive them. */

/** What most of them are long. */
export interface HostileOptions {
  readonly seed: number;
  readonly length: number;
}

/** By name; made when they are asked for. */
type Texts = Readonly<Record<string, () => string>>;

/** Writes as much as a text should be long. */
interface Writer {
  readonly length: number;
  readonly times: (text: string, length?: number) => string;
  /** `open` as often as `close`, with `inner` between. */
  readonly nested: (open: string, inner: string, close: string) => string;
}

function createWriter(length: number): Writer {
  return {
    length,
    times: (text, upTo = length) => text.repeat(Math.floor(upTo / text.length)),
    nested: (open, inner, close) => {
      const depth = Math.floor(length / (open.length + close.length)) - inner.length - 3;
      return nestedDeep({ open, inner, close }, depth);
    },
  };
}

interface Layers {
  readonly open: string;
  readonly inner: string;
  readonly close: string;
}

function nestedDeep({ close, inner, open }: Layers, depth: number): string {
  return open.repeat(depth) + inner + close.repeat(depth);
}

/** Deterministic numbers below `below`: xorshift of 32 bits. */
function randomSource(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const TOKENS =
  'x sum rate ( ) { } [ ] [5m] , + - * / ^ % == != =~ >= "a" \'b\' `c` 5m 1e3 by without on group_left offset @ and or unless : bool # \n'.split(
    ' ',
  );

function randomTokens(seed: number, length: number): string {
  const random = randomSource(seed);
  const tokens = Array.from({ length: length / 4 }, () => TOKENS[random(TOKENS.length)] ?? '');
  return tokens.join(' ').slice(0, length);
}

/** Code units from `first` on, `count` different ones. */
function randomUnits({ length, seed }: HostileOptions, first: number, count: number): string {
  const random = randomSource(seed);
  const units = Uint16Array.from({ length }, () => first + random(count));
  return Buffer.from(units.buffer).toString('utf16le');
}

const randomTexts = (options: HostileOptions): Texts => ({
  'random bytes': () => randomUnits(options, 0, 256),
  'random characters': () => randomUnits(options, 0, 65_536),
  'random printable characters': () => randomUnits(options, 32, 95),
  'random tokens': () => randomTokens(options.seed, options.length),
  'random bytes in a string': () => `"${randomUnits(options, 0, 256)}`,
  'random bytes in a condition': () => `x{a=~"${randomUnits(options, 0, 256)}"}`,
});

/** Fails when it is computed. */
const WRONG = 'label_join(x, "", "", "a")';

function bothSides(levels: number): string {
  return levels === 0 ? WRONG : `clamp(${bothSides(levels - 1)}, scalar(${bothSides(levels - 1)}), 1)`;
}

const nestings = ({ nested, times }: Writer): Texts => ({
  '10,000 parentheses': () => nestedDeep({ open: '(', inner: '1', close: ')' }, 10_000),
  '10,000 functions': () => nestedDeep({ open: 'abs(', inner: 'x', close: ')' }, 10_000),
  '10,000 aggregations': () => nestedDeep({ open: 'sum by (a) (', inner: 'x', close: ')' }, 10_000),
  '10,000 subqueries': () => nestedDeep({ open: 'max_over_time(', inner: 'x', close: '[5m:])' }, 10_000),
  '10,000 signs': () => `${times('-', 10_000)}x`,
  parentheses: () => nested('(', '1', ')'),
  'parentheses that never close': () => times('('),
  'parentheses that never opened': () => times(')'),
  braces: () => times('{'),
  'braces that close': () => times('{}'),
  brackets: () => times('['),
  'ranges of ranges': () => `x${times('[5m]')}`,
  'subqueries of subqueries': () => `x${times('[5m:]')}`,
  'functions of functions': () => nested('rate(', 'x', ')'),
  'aggregations of aggregations': () => nested('sum(', 'x', ')'),
  'nested lengths': () => `x[${nested('(', '1', ')')}]`,
  'mistakes in operands': () => nestedDeep({ open: 'clamp(', inner: 'x', close: `, scalar(${WRONG}), 1)` }, 400),
  'mistakes in scalars of scalars': () => nestedDeep({ open: 'vector(scalar(', inner: WRONG, close: '))' }, 240),
  'mistakes beside scalars': () => nestedDeep({ open: 'clamp(x, scalar(', inner: WRONG, close: '), 1)' }, 240),
  'mistakes on both sides': () => bothSides(9),
  'nested min_of': () => `x[${nested('min_of(1,', '1', ')')}]`,
});

const chains = ({ times }: Writer): Texts => ({
  minuses: () => `${times('-')}x`,
  'signs and blanks': () => `${times('+ - ')}x`,
  additions: () => `${times('1+')}1`,
  powers: () => `${times('2^')}2`,
  alternatives: () => `${times('x or ')}x`,
  matchings: () => `${times('x * on (a) group_left (b) ')}x`,
  comparisons: () => `${times('1 == bool ')}1`,
  offsets: () => `x${times(' offset 1s')}`,
  instants: () => `x${times(' @ 1')}`,
  'operators without operands': () => times('*'),
  'lengths that are added': () => `x[${times('1+')}1]`,
});

const lists = ({ times }: Writer): Texts => ({
  'conditions in braces': () => `x{${times('a="b",')}}`,
  'regular expressions in braces': () => `x{${times('a=~"b.*",')}}`,
  'different regular expressions': () => `x{${Array.from({ length: 24_000 }, (_, i) => `a=~"b${i}.*"`).join()}}`,
  'large regular expressions': () =>
    `x{${Array.from({ length: 100 }, (_, i) => `a=~"${`.${i % 10}`.repeat(4_900)}${i}"`).join()}}`,
  'names in braces': () => `{${times('"a",')}}`,
  'labels of by': () => `sum by (${times('a,')}) (x)`,
  'labels of on': () => `x + on (${times('a,')}) x`,
  'labels of group_left': () => `x + on (b) group_left (${times('a,')}) x`,
  'arguments of rate': () => `rate(${times('x,')}x)`,
  'arguments of label_join': () => `label_join(x, "a", ","${times(',"b"')})`,
  'commas in a call': () => `abs(${times(',')})`,
  'mistakes of type': () => `${'rate(x) + '.repeat(450)}x`,
});

const longTokens = ({ times }: Writer): Texts => ({
  digits: () => times('1'),
  'digits behind a point': () => `1.${times('1')}`,
  'hexadecimal digits': () => `0x${times('f')}`,
  'octal digits': () => `0${times('7')}`,
  'digits and underscores': () => `1${times('_1')}`,
  'an exponent': () => `1e${times('9')}`,
  'digits and a unit': () => `${times('9')}s`,
  units: () => times('1h'),
  'a range of digits': () => `x[${times('9')}]`,
  'an offset of digits': () => `x offset ${times('9')}`,
  'an instant of digits': () => `x @ ${times('9')}`,
  'a name': () => times('a'),
  'a name with colons': () => times('a:'),
  'a function that is none': () => `${times('a')}()`,
  'a function nearly right': () => `rat${times('e', 1000)}(x[5m])`,
  'a string': () => `"${times('a')}"`,
  'a string that does not end': () => `"${times('a')}`,
  'a string between backticks': () => `\`${times('a')}\``,
  'escapes in a string': () => `"${times('\\x41')}"`,
  'wrong escapes in a string': () => `"${times('\\q')}"`,
  'characters beyond the basic plane': () => `"${times('😀')}"`,
  'half characters': () => `"${times('\ud83d')}"`,
  'a value of a label': () => `x{a="${times('b')}"}`,
  'a name of a label': () => `x{${times('a')}="b"}`,
  'a quoted name': () => `{"${times('a')}"}`,
  blanks: () => times(' '),
  'lines before a mistake': () => `${times('\n')}x by (a)`,
  'a comment': () => `#${times('a')}`,
  comments: () => times('#\n'),
  'comments before a mistake': () => `${times('# a\n')}x by (a)`,
});

/** Expressions of about `length` characters, except those that say how long they are. None is a query that anyone could need. */
export function hostileExpressions(options: HostileOptions): Texts {
  const writer = createWriter(options.length);
  return {
    ...randomTexts(options),
    ...nestings(writer),
    ...chains(writer),
    ...lists(writer),
    ...longTokens(writer),
  };
}

/** Regular expressions that take exponential time or a lot of memory elsewhere. */
export const HOSTILE_REGEXES: Readonly<Record<string, string>> = {
  'a repetition in a repetition': '(a+)+$',
  'a repetition in a repetition, anchored': '^(a+)+b$',
  'two that overlap': '(a|a)*b',
  'optional and needed': `${'a?'.repeat(1000)}${'a'.repeat(1000)}`,
  'a thousand times a thousand': 'a{1000}{1000}',
  'a hundred times a hundred times a hundred': '((a{100}){100}){100}',
  'a thousand of anything, many times': '.{1000}'.repeat(1400),
  'letters of all scripts, a thousand times': '\\pL{1000}'.repeat(900),
  'letters of all scripts without case, many times': `(?i)${'[\\pL\\pN]'.repeat(1200)}`,
  'many alternatives': Array.from({ length: 2000 }, (_, i) => `a${i}`).join('|'),
  'many alternatives of anything': Array.from({ length: 1200 }, (_, i) => `.*${i}.*`).join('|'),
  'nested groups': `${'('.repeat(4990)}a${')'.repeat(4990)}`,
  'nested repetitions': `${'(?:'.repeat(900)}a${')*'.repeat(900)}`,
  'a large class': `[${Array.from({ length: 9_000 }, (_, i) => String.fromCharCode(0x4e00 + 2 * i)).join('')}]+`,
  'many stars': `${'a*'.repeat(4000)}b`,
  'longer than regular expressions may be': 'a'.repeat(20_000),
  'a million characters': `(${'a|'.repeat(499_990)}b)`,
  'look-around': '(?=a)(?!b)(?<=c)',
  'a back-reference': '(a)\\1',
  'a class that does not end': '['.repeat(5000),
};
