/** A value that must not be printed: `toString`, `toJSON` and inspection give `<secret>`. */
export interface Secret {
  reveal(): string;
  toString(): '<secret>';
  toJSON(): '<secret>';
}

const printed = '<secret>' as const;

/** Wraps a secret; only `reveal` gives it back, and only the code that sends it calls that. */
export function secret(value: string): Secret {
  return { reveal: () => value, toString: () => printed, toJSON: () => printed };
}
