import type { HtmlContext } from './html-context.ts';
import type { CommandNode, EscaperName, PipeNode } from './syntax.ts';

/** Null in a URL of which it is not known whether a value stands before or behind the `?`. */
export function escapersFor(context: HtmlContext): readonly EscaperName[] | null {
  const inner = innerEscapers(context);
  if (inner === null || context.delim === 'None') return inner;
  return [...inner, context.delim === 'SpaceOrTagEnd' ? 'unquoted-attribute' : 'attribute'];
}

function innerEscapers(context: HtmlContext): readonly EscaperName[] | null {
  switch (context.state) {
    case 'URL':
    case 'CSSDqStr':
    case 'CSSSqStr':
    case 'CSSDqURL':
    case 'CSSSqURL':
    case 'CSSURL':
      return urlEscapers(context);
    case 'JS':
      return ['js-value'];
    case 'JSDqStr':
    case 'JSSqStr':
      return ['js-string'];
    case 'JSTmplLit':
      return ['js-template'];
    case 'JSRegexp':
      return ['js-regexp'];
    case 'CSS':
      return ['css-value'];
    case 'Text':
      return ['html'];
    case 'RCDATA':
      return ['rcdata'];
    case 'Attr':
      return [];
    case 'AttrName':
    case 'Tag':
      return ['html-name'];
    case 'Srcset':
      return ['srcset'];
    default:
      return ['comment'];
  }
}

function urlEscapers(context: HtmlContext): readonly EscaperName[] | null {
  if (context.urlPart === 'QueryOrFrag') return ['url-query'];
  if (context.urlPart === 'Unknown') return null;
  const isCssString = context.state === 'CSSDqStr' || context.state === 'CSSSqStr';
  const encoder: EscaperName = isCssString ? 'css-string' : 'url-normaliser';
  return context.urlPart === 'None' ? ['url-filter', encoder] : [encoder];
}

/** The predefined escaper a command calls; null for none. */
export function predefinedName(command: CommandNode | undefined): 'html' | 'urlquery' | null {
  const first = command?.words[0];
  if (first?.kind !== 'function') return null;
  return first.name === 'html' || first.name === 'urlquery' ? first.name : null;
}

const EQUIVALENTS: Readonly<Record<'html' | 'urlquery', readonly EscaperName[]>> = {
  html: ['attribute', 'html', 'rcdata'],
  urlquery: ['url-query', 'url-normaliser'],
};

/** A pipeline that ends in `html` or `urlquery` is not escaped twice: that function takes the place of the escaper it equals. */
export function movePredefined(
  pipe: PipeNode,
  escapers: readonly EscaperName[],
): { readonly pipe: PipeNode; readonly escapers: readonly EscaperName[] } {
  const last = pipe.commands.at(-1);
  const name = predefinedName(last);
  if (last === undefined || name === null) return { pipe, escapers };
  if (!escapers.some((escaper) => EQUIVALENTS[name].includes(escaper))) return { pipe, escapers };
  const replaced = escapers.map((escaper) =>
    EQUIVALENTS[name].includes(escaper) ? (`user-${name}` as const) : escaper,
  );
  const before = pipe.commands.length > 1 ? pipe.commands.slice(0, -1) : argumentsAlone(last);
  return { pipe: { ...pipe, commands: before }, escapers: replaced };
}

/** `html .A` without the function: `.A`; of several arguments their text, `print .A .B`. */
function argumentsAlone(command: CommandNode): readonly CommandNode[] {
  const words = command.words.slice(1);
  if (words.length === 1) return [{ ...command, words }];
  return [{ ...command, words: [{ kind: 'function', at: command.at, name: 'print' }, ...words] }];
}
