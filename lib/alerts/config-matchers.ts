/** Matchers in the configuration: the list form (`matchers`), and the older maps of values and of regular expressions. */
import { goQuote } from '../model/go-text.ts';
import type { Matcher } from '../model/matcher.ts';
import { type Field, field, list, record, renderText, text, textMap, textOf } from './config-fields.ts';
import { complain, isNull, type Place } from './config-yaml.ts';
import { compareMatchers, createAnchoredMatcher, parseMatchers, printMatcher } from './matcher-text.ts';

const matcherText: Field<readonly Matcher[]> = field<readonly Matcher[]>({
  absent: [],
  decode: (place) => {
    const written = textOf(place, 'string');
    const parsed = written === null ? [] : parseMatchers(written);
    if (!('error' in parsed)) return parsed;
    complain(place, { code: 'invalid-matcher', message: parsed.error, hint: 'write for example severity="critical"' });
    return [];
  },
  isEmpty: (value) => value.length === 0,
  render: (value) => renderText(value.map(printMatcher).join(',')),
});

const matcherLines = list(matcherText, { goType: '[]string' });

/** `matchers`: each line may hold several; all of them together, ordered by name, value, operator. */
export const matchers: Field<readonly Matcher[]> = field<readonly Matcher[]>({
  absent: [],
  decode: (place) => matcherLines.decode(place).flat().sort(compareMatchers),
  isEmpty: (value) => value.length === 0,
  render: (value) => matcherLines.render(value.map((each) => [each])),
});

/** `match`: label names of the classic kind with their values. */
export const matchValues: Field<ReadonlyMap<string, string>> = field({
  ...textMap,
  decode: (place) => {
    const values = textMap.decode(place);
    complainOfNames(place, values);
    return values;
  },
});

const expression: Field<string | null> = field<string | null>({
  absent: null,
  decode: (place) => {
    const source = textOf(place, 'string');
    const matcher = source === null ? null : createAnchoredMatcher('label', '=~', source);
    if (matcher === null || !('error' in matcher)) return source;
    complain(place, { code: 'invalid-matcher', message: matcher.error });
    return null;
  },
  isEmpty: (value) => value === null,
  render: (value) => renderText(value ?? ''),
});

const expressions = record(expression, 'common.plain');

/** `match_re`: label names of the classic kind with anchored regular expressions. */
export const matchExpressions: Field<ReadonlyMap<string, string | null>> = field<ReadonlyMap<string, string | null>>({
  ...expressions,
  decode: (place) => {
    const issuesBefore = place.source.issues.length;
    const values = expressions.decode(place);
    complainOfNames(place, values);
    if (place.source.issues.length > issuesBefore) return values;
    for (const [name, source] of values) {
      if (source === null)
        complain(place, { code: 'invalid-matcher', message: `invalid regexp value for ${goQuote(name)}` });
    }
    return values;
  },
});

function complainOfNames(place: Place, values: ReadonlyMap<string, unknown>): void {
  for (const name of values.keys()) {
    if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) continue;
    complain(place, {
      code: 'invalid-label-name',
      message: `invalid label name ${goQuote(name)}`,
      hint: 'write it under matchers, which take any name',
    });
  }
}

/** The three forms together, ordered by name, value, operator. */
export function joinMatchers(
  values: ReadonlyMap<string, string>,
  sources: ReadonlyMap<string, string | null>,
  others: readonly Matcher[],
): readonly Matcher[] {
  const joined: Matcher[] = [...others];
  for (const [name, value] of values) joined.push(checked(createAnchoredMatcher(name, '=', value)));
  for (const [name, source] of sources) joined.push(checked(createAnchoredMatcher(name, '=~', source ?? '')));
  return joined.sort(compareMatchers);
}

function checked(matcher: Matcher | { readonly error: string }): Matcher {
  if ('error' in matcher) throw new Error(`matcher was checked before: ${matcher.error}`);
  return matcher;
}

/** A list of label names, any non-empty text but `refused` ones; complains as `invalid label name "x" in equal list`. */
export function labelNames(listName: string): Field<readonly string[]> {
  const name = field({
    ...text,
    decode: (place: Place) => {
      const written = isNull(place) ? '' : (textOf(place, 'string') ?? '');
      if (written === '') {
        complain(place, { code: 'invalid-label-name', message: `invalid label name "" in ${listName} list` });
      }
      return written;
    },
  });
  return list(name, { goType: '[]string', nullItem: `invalid label name "" in ${listName} list` });
}
