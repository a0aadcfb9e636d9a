/**
 * A YAML 1.1 document as a tree of places. Alertmanager decodes by the type of the field, not by the look of the value, so scalars
 * keep their source text here and each field reads it in its own way (config-fields.ts). Everything wrong is collected.
 */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  Scalar,
  visit,
} from 'yaml';
import { goQuote } from '../model/go-text.ts';
import { InvalidInput, type Issue } from '../model/issue.ts';

/** Largest file, in UTF-16 units, and most values in it after its aliases are followed. */
const MAX_CONFIG_LENGTH = 2_000_000;
const MAX_VALUES = 200_000;
const MAX_DEPTH = 200;
/** After a first mistake of syntax the rest are often its echo. */
const MAX_SYNTAX_ISSUES = 5;

/** The file being read, and what is wrong with it so far. */
export interface ConfigSource {
  readonly file: string | null;
  readonly issues: Issue[];
  readonly warnings: Issue[];
  /** Where each decoded mapping stands, so that later checks can point at it. */
  readonly places: WeakMap<object, Place>;
  /** Mappings with a value that could not be read: checks that would only repeat that are skipped. */
  readonly broken: WeakSet<object>;
  readonly lines: LineCounter;
  readonly anchored: (alias: Alias) => Node | null;
  valuesLeft: number;
}

/** One value of the document. */
export interface Place {
  readonly source: ConfigSource;
  readonly node: Node | null;
  /** "receivers[0].slack_configs[1].channel" */
  readonly path: string;
  readonly depth: number;
}

/** What is wrong at a place. */
export interface Complaint {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Parses the text; throws InvalidInput when it is not YAML at all. Null for an empty document. */
export function openConfig(text: string, file: string | null): { readonly source: ConfigSource; readonly root: Place } {
  const lines = new LineCounter();
  const issues: Issue[] = [];
  const blank = { file, line: null, column: null, path: '', span: null, hint: null };
  if (text.length > MAX_CONFIG_LENGTH) {
    const message = `file of ${text.length} characters exceeds ${MAX_CONFIG_LENGTH}`;
    throw new InvalidInput([{ ...blank, code: 'too-large', message }]);
  }
  const documents = parseAllDocuments(text, {
    version: '1.1',
    schema: 'failsafe',
    uniqueKeys: false,
    lineCounter: lines,
    logLevel: 'silent',
  });
  const document = 'empty' in documents ? null : (documents[0] ?? null);
  for (const error of document?.errors.slice(0, MAX_SYNTAX_ISSUES) ?? []) {
    const { line, col } = lines.linePos(error.pos[0]);
    const message = `yaml: ${firstLine(error.message)}`;
    issues.push({ ...blank, line, column: col, code: 'yaml-syntax', message });
  }
  if (issues.length > 0) throw new InvalidInput(issues);
  const source: ConfigSource = {
    file,
    issues,
    warnings: [],
    places: new WeakMap(),
    broken: new WeakSet(),
    lines,
    anchored: anchorsOf(document),
    valuesLeft: MAX_VALUES,
  };
  const root: Place = { source, node: document?.contents ?? null, path: '', depth: 0 };
  const second = 'empty' in documents ? undefined : documents[1];
  if (second !== undefined) {
    const message = 'only the first document of the file is read';
    source.warnings.push({
      ...blank,
      line: lines.linePos(second.range[0]).line,
      column: 1,
      code: 'more-documents',
      message,
    });
  }
  return { source, root };
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
}

/** Notes something wrong at a place. */
export function complain(place: Place, complaint: Complaint): void {
  place.source.issues.push(issueAt(place, complaint));
}

/** Notes something that is allowed and probably not meant. */
export function warn(place: Place, complaint: Complaint): void {
  place.source.warnings.push(issueAt(place, complaint));
}

function issueAt(place: Place, { code, message, hint }: Complaint): Issue {
  const offset = place.node?.range?.[0] ?? null;
  const position = offset === null ? null : place.source.lines.linePos(offset);
  return {
    code,
    file: place.source.file,
    line: position?.line ?? null,
    column: position?.col ?? null,
    path: place.path,
    span: null,
    message,
    hint: hint ?? null,
  };
}

/** Where a decoded mapping stands, or the value of one of its keys when that is given. */
export function placeOf(source: ConfigSource, decoded: object, key: string | null): Place | null {
  const place = source.places.get(decoded) ?? null;
  if (place === null || key === null) return place;
  return mappingEntries(place).find((entry) => entry.name === key)?.value ?? place;
}

/**
 * The node behind aliases. Counts values, so that nested aliases cannot grow a small file without end.
 * Throws InvalidInput when the document has no end.
 */
export function follow(place: Place): Node | null {
  const { source } = place;
  source.valuesLeft--;
  if (source.valuesLeft < 0 || place.depth > MAX_DEPTH) {
    complain(place, { code: 'excessive-aliasing', message: 'yaml: document contains excessive aliasing' });
    throw new InvalidInput(source.issues);
  }
  if (!isAlias(place.node)) return place.node;
  const target = source.anchored(place.node);
  if (target !== null) return target;
  complain(place, { code: 'unknown-anchor', message: `unknown anchor ${goQuote(place.node.source)} referenced` });
  return null;
}

/** Finds what an alias stands for: the last node before it with that anchor, unless the alias is inside that node. */
function anchorsOf(document: Document | null): (alias: Alias) => Node | null {
  const byName = new Map<string, Node[]>();
  if (document !== null) {
    visit(document, {
      Node: (_key, node) => {
        if (!isAlias(node) && node.anchor !== undefined) {
          byName.set(node.anchor, [...(byName.get(node.anchor) ?? []), node]);
        }
      },
    });
  }
  return (alias) => {
    const at = alias.range?.[0] ?? 0;
    const before = (byName.get(alias.source) ?? []).filter((node) => (node.range?.[0] ?? 0) < at);
    const target = before.at(-1) ?? null;
    return target !== null && (target.range?.[1] ?? 0) <= at ? target : null;
  };
}

/** True where the value is absent or one of YAML's nulls. */
export function isNull(place: Place): boolean {
  const node = isAlias(place.node) ? place.source.anchored(place.node) : place.node;
  if (node === null && isAlias(place.node)) return false;
  if (node === null) return true;
  return isScalar(node) && isPlain(node) && resolvePlain(scalarText(node)) === null;
}

export interface MappingEntry {
  readonly name: string;
  /** The key as YAML resolves it: `n` is false, `1` a number. */
  readonly resolvedKey: ResolvedScalar;
  readonly key: Place;
  readonly value: Place;
}

/** The entries of a mapping in order, merge keys (`<<`) laid under the others; empty when the place holds something else. */
export function mappingEntries(place: Place): readonly MappingEntry[] {
  const node = follow(place);
  if (!isMap(node)) return [];
  const own: MappingEntry[] = [];
  const merged: MappingEntry[] = [];
  for (const pair of node.items) {
    // The composer makes nodes of keys and values; only hand-made documents hold anything else.
    const keyNode = pair.key as Node | null;
    const valueNode = pair.value as Node | null;
    const key: Place = { ...place, node: keyNode, depth: place.depth + 1 };
    const name = isScalar(keyNode) ? scalarText(keyNode) : '';
    const path = place.path === '' ? name : `${place.path}.${name}`;
    const value: Place = { ...key, node: valueNode ?? keyOnly(keyNode), path };
    if (isScalar(keyNode) && isPlain(keyNode) && name === '<<')
      merged.push(...mergedEntries({ ...value, path: place.path }));
    else
      own.push({ name, resolvedKey: isScalar(keyNode) ? resolveScalar(keyNode) : null, key: { ...key, path }, value });
  }
  const taken = new Set(own.map((entry) => entry.name));
  return [...own, ...merged.filter((entry) => !taken.has(entry.name) && taken.add(entry.name))];
}

// A key without a value is null, and a complaint about it points at the key.
function keyOnly(keyNode: Node | null): Node | null {
  const nothing = new Scalar('');
  nothing.type = 'PLAIN';
  nothing.range = keyNode?.range ?? null;
  return nothing;
}

function mergedEntries(place: Place): readonly MappingEntry[] {
  const node = follow(place);
  if (isMap(node)) return mappingEntries(place);
  if (!isSeq(node)) return [];
  return sequenceItems(place).flatMap((item) => mappingEntries({ ...item, path: place.path }));
}

/** The items of a sequence; empty when the place holds something else. */
export function sequenceItems(place: Place): readonly Place[] {
  const node = follow(place);
  if (!isSeq(node)) return [];
  return node.items.map((item, index) => ({
    ...place,
    // As above: items of a composed document are nodes.
    node: item as Node | null,
    path: `${place.path}[${index}]`,
    depth: place.depth + 1,
  }));
}

export type ResolvedScalar = null | boolean | number | string;

export function scalarText(scalar: Scalar): string {
  return String(scalar.value ?? '');
}

export function isPlain(scalar: Scalar): boolean {
  return scalar.type === 'PLAIN' && (scalar.tag === undefined || scalar.tag === '!');
}

/** What YAML 1.1 makes of a scalar where no type is asked for. */
export function resolveScalar(scalar: Scalar): ResolvedScalar {
  const text = scalarText(scalar);
  return isPlain(scalar) ? resolvePlain(text) : text;
}

const words: ReadonlyMap<string, ResolvedScalar> = new Map<string, ResolvedScalar>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word): [string, null] => [word, null]),
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word): [string, true] => [
    word,
    true,
  ]),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word): [string, false] => [
    word,
    false,
  ]),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word): [string, number] => [word, Infinity]),
  ...['-.inf', '-.Inf', '-.INF'].map((word): [string, number] => [word, -Infinity]),
  ...['.nan', '.NaN', '.NAN'].map((word): [string, number] => [word, Number.NaN]),
]);

/** What YAML 1.1 makes of plain text: null, boolean, number or the text itself. */
export function resolvePlain(text: string): ResolvedScalar {
  const word = words.get(text);
  if (word !== undefined) return word;
  const digits = text.replaceAll('_', '');
  if (/^[-+]?(0|[1-9][0-9]*)$/.test(digits)) return Number(digits);
  const based = /^([-+]?)(0x[0-9a-fA-F]+|0b[01]+|0o[0-7]+|0[0-7]+)$/.exec(digits);
  if (based !== null) {
    const [, sign = '', whole = ''] = based;
    const size = Number(/^0[0-7]/.test(whole) ? `0o${whole.slice(1)}` : whole);
    return sign === '-' ? -size : size;
  }
  return /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(digits) ? Number(digits) : text;
}
