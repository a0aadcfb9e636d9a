/** Rules as somebody wrote them, in whichever language, before they are checked: what rule-yaml.ts and typed-rules.ts have in common. */

/** 1-based place of a value in its file; null where the language keeps none. */
export type Place = { readonly line: number; readonly column: number } | null;

export interface WrittenText {
  readonly text: string;
  readonly place: Place;
}

/** One label or annotation. */
export interface WrittenPair {
  readonly name: string;
  readonly value: string;
  /** Of its name. */
  readonly place: Place;
}

/** Absent fields are null; texts may be empty. */
export interface WrittenRule {
  /** "groups[1].rules[0]". */
  readonly path: string;
  readonly place: Place;
  readonly record: WrittenText | null;
  readonly alert: WrittenText | null;
  readonly expr: WrittenText | null;
  readonly forMs: number | null;
  readonly keepFiringForMs: number | null;
  readonly labels: readonly WrittenPair[];
  readonly annotations: readonly WrittenPair[];
}

export interface WrittenGroup {
  /** "groups[1]". */
  readonly path: string;
  readonly place: Place;
  readonly name: WrittenText | null;
  readonly intervalMs: number | null;
  readonly queryOffsetMs: number | null;
  /** 0 when absent; negative means none, too. */
  readonly limit: number;
  readonly labels: readonly WrittenPair[];
  readonly rules: readonly WrittenRule[];
}
