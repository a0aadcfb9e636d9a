import type { Span } from '../model/issue.ts';
import { byteLength } from './quote.ts';

/** What there is to say about a query's result, collected while it is evaluated. */
export interface Annotations {
  /**
   * `text` comes without prefix; `place` is what of the query it is about, null for no position. The same text is said once,
   * about its last place. `details`, asked for in the end, are put behind it.
   */
  warn(text: string, place: Span | null, details?: () => string): void;
  inform(text: string, place: Span | null, details?: () => string): void;
  /** Complete texts, as the API shows them. */
  warnings(): readonly string[];
  infos(): readonly string[];
}

const MOST_SHOWN = 10;

/** Nothing said yet. `query` is the text that spans refer to; null when it is not known, which makes all of it one line. */
export function createAnnotations(query: string | null): Annotations {
  const warnings = new Map<string, Said>();
  const infos = new Map<string, Said>();
  return {
    warn: (text, place, details) => void warnings.set(`PromQL warning: ${text}`, { place, details }),
    inform: (text, place, details) => void infos.set(`PromQL info: ${text}`, { place, details }),
    warnings: () => printAll(warnings, query, 'warning'),
    infos: () => printAll(infos, query, 'info'),
  };
}

/** Where something was said, and what is put behind it. */
interface Said {
  readonly place: Span | null;
  readonly details: (() => string) | undefined;
}

function printAll(said: ReadonlyMap<string, Said>, query: string | null, kind: string): readonly string[] {
  const texts = [...said].map(([text, { place, details }]) => {
    const whole = text + (details?.() ?? '');
    return place === null ? whole : `${whole} (${position(query, place)})`;
  });
  const omitted = texts.length - MOST_SHOWN;
  if (omitted <= 0) return texts;
  return [...texts.slice(0, MOST_SHOWN), `${omitted} more ${kind} annotations omitted`];
}

/** 1-based line and byte column. */
function position(query: string | null, place: Span): string {
  if (query === null) return `1:${place.start + 1}`;
  const before = query.slice(0, place.start);
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.split('\n').length;
  return `${line}:${byteLength(before.slice(lineStart)) + 1}`;
}
