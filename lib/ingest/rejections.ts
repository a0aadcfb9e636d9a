import { InvalidInput } from '../model/issue.ts';

/** Why a part of a request was not stored. Stable, for programs. */
export type RejectionReason =
  | 'metric-name-missing'
  | 'label-duplicate'
  | 'label-invalid'
  | 'too-many-labels'
  | 'label-name-too-long'
  | 'label-value-too-long'
  | 'label-set-too-long'
  | 'label-refs'
  | 'series-empty'
  | 'histogram-invalid'
  | 'too-old'
  | 'too-far-in-future'
  | 'syntax';

/** What was refused: one text for people a cause, up to MAX_TEXTS of them, and the count of everything. */
export interface Rejections {
  readonly causes: number;
  readonly byReason: ReadonlyMap<RejectionReason, number>;
  readonly texts: readonly string[];
}

/** Most texts an answer repeats; the rest is only counted. */
export const MAX_TEXTS = 20;

/** Collects what was refused, with bounded memory. */
export interface RejectionList {
  add(reason: RejectionReason, text: string): void;
  build(): Rejections;
}

/** An empty list. */
export function createRejectionList(): RejectionList {
  const texts: string[] = [];
  const byReason = new Map<RejectionReason, number>();
  let causes = 0;
  return {
    add(reason, text) {
      causes += 1;
      byReason.set(reason, (byReason.get(reason) ?? 0) + 1);
      if (texts.length < MAX_TEXTS) texts.push(text);
    },
    build: () => ({ causes, byReason, texts }),
  };
}

/** The whole request is too large; answered 413. */
export function tooLarge(message: string): InvalidInput {
  return wholeRequest('too-large', message);
}

/** The whole request cannot be read; answered 400. */
export function unreadable(message: string): InvalidInput {
  return wholeRequest('unreadable', message);
}

function wholeRequest(code: string, message: string): InvalidInput {
  return new InvalidInput([{ code, file: null, line: null, column: null, path: '', span: null, message, hint: null }]);
}
