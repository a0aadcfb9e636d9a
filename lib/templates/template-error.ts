/** A template that does not parse or whose execution failed. The text is Go's: `template: x:1:3: executing "x" at <.Nope>: …`. */
export class TemplateError extends Error {
  override name = 'TemplateError';
}

/** What a function says when it fails; the executor adds where: `error calling index: index out of range: 5`. */
export class CallError extends Error {
  override name = 'CallError';
}

/** Thrown by the `query` function when its answer was not loaded: load `expression` at the evaluation time and run again. */
export class NeedsQuery extends Error {
  override name = 'NeedsQuery';
  readonly expression: string;
  constructor(expression: string) {
    super(`the template needs the result of ${JSON.stringify(expression)}`);
    this.expression = expression;
  }
}
