import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
  type YAMLMap,
} from 'yaml';
import { parseDuration } from '../model/duration.ts';
import type { Issue } from '../model/issue.ts';
import { nearestName } from './nearest-name.ts';
import type { Place, WrittenPair, WrittenText } from './written-rules.ts';
import { isNull, scalarInteger, scalarTag, scalarText } from './yaml-scalar.ts';

/** A value of the document and the path that leads to it. */
export interface Located {
  readonly node: Node;
  readonly path: string;
}

/** The fields of one mapping, by name. */
export type Fields = ReadonlyMap<string, Located>;

type Finding = Pick<Issue, 'code' | 'path' | 'message'> & { readonly hint?: string };

const MAX_TEXT_LENGTH = 4_000_000;
const MAX_MERGE_DEPTH = 16;

/**
 * Reads typed values out of a YAML or JSON text and notes everything that is not as asked, in the words of Prometheus' own decoder.
 * Values that are absent, null or wrong come back as null or empty; what was wrong is in `issues` afterwards. Anchors, aliases
 * and merge keys are followed; the depth of what is read is the caller's, so no alias can make it endless.
 */
export class YamlReader {
  readonly issues: Issue[] = [];
  /** Notices about text that was read but is not used. */
  readonly notices: Issue[] = [];
  /** The value of the first document; null when there is none or the text is no YAML. */
  readonly root: Located | null;
  readonly #file: string;
  readonly #lines = new LineCounter();
  #targets: ReadonlyMap<Alias, Node> = new Map();

  constructor(file: string, text: string) {
    this.#file = file;
    this.root = this.#parse(text);
  }

  #parse(text: string): Located | null {
    if (text.length > MAX_TEXT_LENGTH) {
      const message = `file of ${text.length} characters exceeds ${MAX_TEXT_LENGTH}`;
      this.#note({ code: 'too-large', path: '', message }, null);
      return null;
    }
    const [document, second] = parseAllDocuments(text, {
      schema: 'failsafe',
      lineCounter: this.#lines,
      uniqueKeys: false,
      logLevel: 'silent',
    });
    if (document === undefined) return null;
    for (const error of document.errors) {
      const at = this.#placeAt(error.pos[0]);
      const message = `yaml: line ${at.line}: ${error.message.replace(/ at line [\s\S]*$/, '')}`;
      this.#note({ code: 'yaml-syntax', path: '', message }, at);
    }
    if (document.errors.length > 0) return null;
    if (isNode(second?.contents)) this.#noticeSecondDocument(second.contents);
    this.#targets = this.#resolveAliases(document);
    return isNode(document.contents) ? { node: document.contents, path: '' } : null;
  }

  /** The fields of a mapping, which may have no other keys than `known`; `type` is what messages call it. */
  fields(at: Located, type: string, known: readonly string[]): Fields | null {
    const map = this.#resolve(at.node);
    if (isNull(map)) return null;
    if (!isMap(map)) return this.#mismatch(at, type);
    const fields = new Map<string, Located>();
    for (const [key, pair] of this.#uniquePairs(map, at.path)) {
      const path = join(at.path, key);
      if (!known.includes(key)) this.#noteUnknown({ key, path, type, known }, pair);
      else if (isNode(pair.value)) fields.set(key, { node: pair.value, path });
    }
    return fields;
  }

  /** The elements of a list, nulls left out. */
  list(at: Located | undefined, type: string): readonly Located[] {
    if (at === undefined) return [];
    const seq = this.#resolve(at.node);
    if (isNull(seq)) return [];
    if (!isSeq(seq)) return this.#mismatch(at, type) ?? [];
    const nodes = seq.items.filter((item): item is Node => isNode(item) && !isNull(this.#resolve(item)));
    return nodes.map((node, index) => ({ node, path: `${at.path}[${index}]` }));
  }

  /** Text as it was written; null values are "". */
  text(at: Located | undefined): WrittenText | null {
    if (at === undefined) return null;
    const node = this.#resolve(at.node);
    if (!isScalar(node)) return this.#mismatch(at, 'string');
    return { text: isNull(node) ? '' : scalarText(node), place: this.place(at) };
  }

  /** A Prometheus duration, in milliseconds. */
  lengthMs(at: Located | undefined): number | null {
    if (at === undefined || isNull(this.#resolve(at.node))) return null;
    const written = this.text(at);
    if (written === null) return null;
    const length = parseDuration(written.text);
    if (typeof length === 'number') return length;
    const hint = 'write it like 30s, 5m or 1h30m';
    this.#note({ code: 'duration', path: at.path, message: length.error, hint }, written.place);
    return null;
  }

  integer(at: Located | undefined): number | null {
    if (at === undefined) return null;
    const node = this.#resolve(at.node);
    if (isNull(node)) return null;
    return (isScalar(node) ? scalarInteger(node) : null) ?? this.#mismatch(at, 'int');
  }

  /** Names and texts of a mapping, in its order. */
  pairs(at: Located | undefined): readonly WrittenPair[] {
    if (at === undefined) return [];
    const map = this.#resolve(at.node);
    if (isNull(map)) return [];
    if (!isMap(map)) return this.#mismatch(at, 'map[string]string') ?? [];
    return [...this.#uniquePairs(map, at.path)].map(([name, pair]) => {
      const value = isNode(pair.value) ? this.text({ node: pair.value, path: join(at.path, name) }) : null;
      return { name, value: value?.text ?? '', place: this.#keyPlace(pair) };
    });
  }

  place({ node }: Located): { readonly line: number; readonly column: number } {
    return this.#placeAt(node.range?.[0] ?? 0);
  }

  #placeAt(offset: number): { readonly line: number; readonly column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  #keyPlace(pair: Pair): Place {
    return isNode(pair.key) ? this.#placeAt(pair.key.range?.[0] ?? 0) : null;
  }

  #note(finding: Finding, place: Place): void {
    const { line, column } = place ?? { line: null, column: null };
    this.issues.push({ hint: null, ...finding, file: this.#file, line, column, span: null });
  }

  #noteUnknown(
    field: { readonly key: string; readonly path: string; readonly type: string; readonly known: readonly string[] },
    pair: Pair,
  ): void {
    const { key, path, type, known } = field;
    const likely = nearestName(key, known);
    const hint = likely === null ? `known fields: ${known.join(', ')}` : `did you mean ${likely}?`;
    const message = `field ${key} not found in type ${type}`;
    this.#note({ code: 'unknown-field', path, message, hint }, this.#keyPlace(pair));
  }

  #mismatch(at: Located, type: string): null {
    const node = this.#resolve(at.node);
    const finding = isAlias(node)
      ? { code: 'yaml-syntax', message: `yaml: unknown anchor '${node.source}' referenced` }
      : { code: 'wrong-type', message: `cannot unmarshal ${describe(node)} into ${type}` };
    this.#note({ ...finding, path: at.path }, this.place(at));
    return null;
  }

  #noticeSecondDocument(contents: Node): void {
    const { line, column } = this.#placeAt(contents.range?.[0] ?? 0);
    const message = 'only the first document of the file is used';
    const hint = 'put all groups into one document, or each document into a file of its own';
    this.notices.push({ code: 'second-document', file: this.#file, line, column, path: '', span: null, message, hint });
  }

  /** What each alias stands for: the last node before it that has its anchor. One pass over the document. */
  #resolveAliases(document: Document): ReadonlyMap<Alias, Node> {
    const anchors = new Map<string, Node>();
    const targets = new Map<Alias, Node>();
    visit(document, {
      Node: (_, node) => {
        if (!isAlias(node)) {
          if (node.anchor !== undefined) anchors.set(node.anchor, node);
          return;
        }
        const target = anchors.get(node.source);
        if (target !== undefined) targets.set(node, target);
      },
    });
    return targets;
  }

  #resolve(node: Node): Node {
    return isAlias(node) ? (this.#targets.get(node) ?? node) : node;
  }

  /** Pairs of a mapping by their key's text; a key that comes twice is an issue, one that merging brings along is not. */
  #uniquePairs(map: YAMLMap, path: string): ReadonlyMap<string, Pair> {
    const unique = new Map<string, Pair>();
    for (const pair of map.items) {
      const key = this.#keyText(pair);
      if (key === '<<') continue;
      if (key === null) {
        const written = isNode(pair.key) ? describe(this.#resolve(pair.key)) : 'nothing';
        const message = `cannot unmarshal ${written} into string`;
        this.#note({ code: 'wrong-type', path, message }, this.#keyPlace(pair));
        continue;
      }
      const first = unique.get(key);
      if (first === undefined) {
        unique.set(key, pair);
        continue;
      }
      const message = `mapping key ${JSON.stringify(key)} already defined at line ${this.#keyPlace(first)?.line}`;
      this.#note({ code: 'duplicate-key', path: join(path, key), message }, this.#keyPlace(pair));
    }
    for (const [key, pair] of this.#mergedPairs(map, 0)) if (!unique.has(key)) unique.set(key, pair);
    return unique;
  }

  /** What the mapping's `<<` keys bring along, itself not included; earlier ones win. */
  #mergedPairs(map: YAMLMap, depth: number): ReadonlyMap<string, Pair> {
    const merged = new Map<string, Pair>();
    if (depth > MAX_MERGE_DEPTH) return merged;
    for (const pair of map.items) {
      if (this.#keyText(pair) !== '<<' || !isNode(pair.value)) continue;
      const value = this.#resolve(pair.value);
      const sources = isSeq(value) ? value.items : [value];
      for (const source of sources) {
        const target = isNode(source) ? this.#resolve(source) : null;
        if (isMap(target)) this.#mergeInto(merged, target, depth);
      }
    }
    return merged;
  }

  #mergeInto(merged: Map<string, Pair>, source: YAMLMap, depth: number): void {
    for (const pair of source.items) {
      const key = this.#keyText(pair);
      if (key !== null && key !== '<<' && !merged.has(key)) merged.set(key, pair);
    }
    for (const [key, pair] of this.#mergedPairs(source, depth + 1)) if (!merged.has(key)) merged.set(key, pair);
  }

  #keyText(pair: Pair): string | null {
    if (!isNode(pair.key)) return null;
    const key = this.#resolve(pair.key);
    if (!isScalar(key)) return null;
    return isNull(key) ? '' : scalarText(key);
  }
}

/** As Prometheus' decoder names a value it cannot use: its type, and a scalar's beginning. */
function describe(node: Node): string {
  if (isMap(node)) return '!!map';
  if (isSeq(node)) return '!!seq';
  if (!isScalar(node)) return 'this';
  const text = scalarText(node);
  return `${scalarTag(node)} \`${text.length > 10 ? `${text.slice(0, 7)}...` : text}\``;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
