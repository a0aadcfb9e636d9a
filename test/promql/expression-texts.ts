import fc from 'fast-check';

/** Texts of well-typed expressions, with odd spacing and letter case, for laws about the parser. */

const name = fc.constantFrom(
  'a',
  'http_requests_total',
  'job:x:rate5m',
  'sum',
  'by',
  'offset',
  'start',
  'step',
  'fill',
  'min_of',
);
const label = fc.constantFrom('job', 'le', 'by', 'on', 'sum', '"a b"', '"é"', '"without"', '"inf"', '"0"');
const quoted = fc
  .oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('\\', '"', '\n', '\t\u0007', '😀', '\u00a0'))
  .map((text) => JSON.stringify(text.replaceAll('\uFFFD', '?')).replaceAll('\\u007f', '\\x7f'));
const stringText = fc.oneof(quoted, fc.constantFrom("'x'", '`a\\b`', '"\\xff\\101"', '"\\U0001F600"'));
const numberText = fc.oneof(
  fc.double({ noDefaultInfinity: true, noNaN: true, min: 0 }).map(String),
  fc.constantFrom('0x1F', '010', '1_000', '.5', '5.', 'Inf', 'NaN', '5m', '1h30m', '1y', '1e-300'),
);
const matcher = fc.oneof(
  fc
    .tuple(
      label.filter((l) => l !== '"0"'),
      fc.constantFrom('=', '!='),
      stringText,
    )
    .map((parts) => parts.join(' ')),
  fc
    .tuple(
      label.filter((l) => l !== '"0"'),
      fc.constantFrom('=~', '!~'),
      fc.constantFrom('"a|b"', '".+"', '`\\d`'),
    )
    .map((parts) => parts.join('')),
);
const selector = fc.oneof(
  name,
  fc.tuple(name, fc.array(matcher, { maxLength: 3 })).map(([head, list]) => `${head}{${list.join(', ')}}`),
  fc.array(matcher, { maxLength: 2 }).map((list) => `{${['__name__="m"', ...list].join(',')}}`),
);

const length = fc.constantFrom('5m', '1h30m', '300', '90s', '1.001', '1d', '7ms');
const { arithmetic } = fc.letrec<{ arithmetic: string }>((tie) => ({
  arithmetic: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'duration' },
    fc.oneof(length, fc.constantFrom('step()', 'RANGE()', '2', '0.5')),
    fc
      .tuple(tie('arithmetic'), fc.constantFrom('+', '*', '^', '-'), tie('arithmetic'))
      .map(([lhs, op, rhs]) => `(${lhs} ${op} ${rhs} + 1)`),
    fc
      .tuple(fc.constantFrom('min_of', 'max_of'), tie('arithmetic'), tie('arithmetic'))
      .map(([f, a, b]) => `${f}(${a},${b})`),
    tie('arithmetic').map((inner) => `step() - -${inner}`),
  ),
}));
const offset = fc.oneof(
  length,
  length.map((text) => `-${text}`),
  arithmetic.map((text) => `(${text} * step())`),
);
const at = fc.constantFrom('@ 10', '@ -1.5', '@ start()', '@ end ( )', '@ 1603774568.123');
const modifiers = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: at },
  { weight: 1, arbitrary: offset.map((text) => ` OFFSET ${text}`) },
  { weight: 1, arbitrary: fc.tuple(at, offset).map(([pin, text]) => ` offset ${text} ${pin}`) },
);
const extension = fc.constantFrom('', '', '', ' anchored', ' smoothed');
const labels = fc.array(label, { maxLength: 3 }).map((list) => `(${list.join(', ')})`);
const disjoint = fc.constantFrom('on (a) group_left (b)', 'ignoring (a, "x y") group_right (c,)', 'on() group_left ()');
const matching = fc.oneof(
  fc.constant(''),
  labels.map((list) => `on ${list}`),
  labels.map((list) => `ignoring${list}`),
  disjoint,
);
const fill = fc.constantFrom('', '', 'fill (0)', 'fill_left(1) fill_right (-2.5)', 'fill_right(NaN)');

/** `vector` and `scalar` are expressions of those types, `range` of range vectors. */
const texts = fc.letrec<{ vector: string; scalar: string; range: string }>((tie) => ({
  vector: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'expression', withCrossShrink: true },
    fc.tuple(selector, extension, modifiers).map((parts) => parts.join('')),
    fc.tuple(fc.constantFrom('rate', 'sum_over_time', 'deriv'), tie('range')).map(([f, arg]) => `${f} (${arg})`),
    fc
      .tuple(fc.constantFrom('sum', 'AVG', 'count'), labels, tie('vector'))
      .map(([op, by, arg]) => `${op}(${arg}) by ${by}`),
    fc
      .tuple(fc.constantFrom('topk', 'quantile'), labels, tie('scalar'), tie('vector'))
      .map(([op, by, param, arg]) => `${op} without ${by} (${param}, ${arg})`),
    fc.tuple(stringText, tie('vector')).map(([value, arg]) => `count_values(${value}, ${arg})`),
    fc
      .tuple(tie('vector'), fc.constantFrom('+', '*', '^', 'atan2', '</'), matching, fill, tie('vector'))
      .map((parts) => parts.join(' ')),
    fc
      .tuple(tie('vector'), fc.constantFrom('>', '== bool', '<='), matching, tie('vector'))
      .map((parts) => parts.join(' ')),
    fc
      .tuple(tie('vector'), fc.constantFrom('and', 'OR', 'unless on (x)'), tie('vector'))
      .map((parts) => parts.join('\n')),
    fc.tuple(tie('scalar'), fc.constantFrom('-', '%', '> bool'), tie('vector')).map((parts) => `(${parts.join(' ')})`),
    fc.tuple(fc.constantFrom('-', '+', '- -'), tie('vector')).map((parts) => parts.join('')),
    tie('vector').map((inner) => `( ${inner} )`),
    fc.tuple(tie('vector'), stringText).map(([arg, text]) => `label_replace(${arg}, "a", ${text}, "b", ".*")`),
  ),
  scalar: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'expression' },
    numberText,
    fc.constantFrom('time()', 'pi()', 'step()', 'min_of(1, end())'),
    fc.tuple(tie('scalar'), fc.constantFrom('+', '/', '^', '== bool'), tie('scalar')).map((parts) => parts.join(' ')),
    tie('scalar').map((inner) => `-${inner}`),
    tie('vector').map((inner) => `scalar(${inner})`),
  ),
  range: fc.oneof(
    fc.tuple(selector, length, extension, modifiers).map(([sel, range, ext, rest]) => `${sel}[${range}]${ext}${rest}`),
    fc.tuple(selector, arithmetic).map(([sel, range]) => `${sel} [ ${range} ]`),
    fc
      .tuple(tie('vector'), length, fc.constantFrom('', '1m', 'step()'), modifiers)
      .map(([inner, range, step, rest]) => `(${inner})[${range}:${step}]${rest}`),
  ),
}));

export const vectorText: fc.Arbitrary<string> = texts.vector;
