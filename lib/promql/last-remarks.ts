import type { Span } from '../model/issue.ts';
import type { Annotations } from './annotations.ts';

/** Where remarks go, while they are made. */
export type Remarking = Pick<Annotations, 'warn' | 'inform'>;

/** Of many pairs of samples, passes on what there is to say about the last one of which there is anything to say. */
export interface LastRemarks {
  /** Computes the result of one pair, which may make remarks. */
  of<T>(compute: (remarks: Remarking) => T): T;
  /** Passes on what the last pair left, and forgets it. */
  flush(): void;
}

interface Remark {
  readonly kind: 'warn' | 'inform';
  readonly text: string;
  readonly place: Span | null;
}

/** Matches Prometheus, which keeps one remark of an operator between vectors at each step. */
export function lastRemarks(annotations: Remarking): LastRemarks {
  let last: readonly Remark[] = [];
  let current: Remark[] = [];
  const remarks: Remarking = {
    warn: (text, place) => void current.push({ kind: 'warn', text, place }),
    inform: (text, place) => void current.push({ kind: 'inform', text, place }),
  };
  return {
    of(compute) {
      const result = compute(remarks);
      if (current.length > 0) last = current;
      current = [];
      return result;
    },
    flush() {
      for (const { kind, text, place } of last) annotations[kind](text, place);
      last = [];
    },
  };
}
