import { CallError } from './template-error.ts';

/** Longest text a template, or any function in it, may produce: UTF-16 units. */
export const MAX_TEXT_LENGTH = 1_048_576;

/** Collects text up to a length; `add` throws a CallError beyond it, so that no template can fill the memory. */
export interface TextBuilder {
  readonly length: number;
  add(text: string): void;
  text(): string;
}

/** An empty builder for at most `maxLength` UTF-16 units. */
export function createText(maxLength: number = MAX_TEXT_LENGTH): TextBuilder {
  let collected = '';
  return {
    get length() {
      return collected.length;
    },
    add(text) {
      if (collected.length + text.length > maxLength) throw new CallError(`text exceeds ${maxLength} characters`);
      collected += text;
    },
    text: () => collected,
  };
}

/** Joins like Array.join, within the limit of a text. */
export function joinTexts(texts: readonly string[], separator: string): string {
  const joined = createText();
  texts.forEach((text, i) => {
    if (i > 0) joined.add(separator);
    joined.add(text);
  });
  return joined.text();
}
