/**
 * Parts of the language that Prometheus keeps behind `--enable-feature`, under the names of its flags.
 * The histogram trims `</` and `>/` never had a flag and are always on.
 */
export interface LanguageFeatures {
  /** Functions and aggregations marked experimental in signatures.ts. */
  readonly 'promql-experimental-functions': boolean;
  /** Arithmetic, `step()`, `range()`, `min_of()` and `max_of()` in brackets and after `offset`. */
  readonly 'promql-duration-expr': boolean;
  /** `anchored` and `smoothed` after a selector. */
  readonly 'promql-extended-range-selectors': boolean;
  /** `fill(0)`, `fill_left(0)`, `fill_right(0)` between operator and right operand. */
  readonly 'promql-binop-fill-modifiers': boolean;
}

/** The whole language, as Prometheus' own conformance scripts use it. */
export const ALL_FEATURES: LanguageFeatures = {
  'promql-experimental-functions': true,
  'promql-duration-expr': true,
  'promql-extended-range-selectors': true,
  'promql-binop-fill-modifiers': true,
};

/** What a Prometheus 3.5 accepts that was started without feature flags. */
export const STABLE_FEATURES: LanguageFeatures = {
  'promql-experimental-functions': false,
  'promql-duration-expr': false,
  'promql-extended-range-selectors': false,
  'promql-binop-fill-modifiers': false,
};
