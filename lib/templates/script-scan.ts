import type { HtmlContext, HtmlState } from './html-context.ts';

/** How far a scanner got: the context from `end` on. Null in `context` stands for an error. */
export interface Step {
  readonly context: HtmlContext;
  /** Offset in the scanned text; always moves on unless a special end tag was met. */
  readonly end: number;
}

/** Text that leaves open what it means; the message is Go's. */
export class AmbiguousHtml extends Error {
  override name = 'AmbiguousHtml';
}

/** JavaScript outside strings, comments and regular expressions. */
export function scanJs(context: HtmlContext, text: string): Step {
  const at = text.search(/["'/`{}]|<!--|-->/);
  if (at < 0) return { context: { ...context, jsCtx: slashAfter(text, context.jsCtx) }, end: text.length };
  const before: HtmlContext = { ...context, jsCtx: slashAfter(text.slice(0, at), context.jsCtx) };
  switch (text.charAt(at)) {
    case '"':
      return { context: { ...before, state: 'JSDqStr', jsCtx: 'Regexp' }, end: at + 1 };
    case "'":
      return { context: { ...before, state: 'JSSqStr', jsCtx: 'Regexp' }, end: at + 1 };
    case '`':
      return { context: { ...before, state: 'JSTmplLit', jsCtx: 'Regexp' }, end: at + 1 };
    case '/':
      return scanSlash(before, text, at);
    case '{':
    case '}':
      return scanBrace(before, text, at);
    default:
      return { context: { ...before, state: 'JSLineCmt' }, end: at + (text[at] === '<' ? 4 : 3) };
  }
}

function scanSlash(context: HtmlContext, text: string, at: number): Step {
  const next = text.charAt(at + 1);
  if (next === '/') return { context: { ...context, state: 'JSLineCmt' }, end: at + 2 };
  if (next === '*') return { context: { ...context, state: 'JSBlockCmt' }, end: at + 2 };
  if (context.jsCtx === 'Regexp') return { context: { ...context, state: 'JSRegexp' }, end: at + 1 };
  if (context.jsCtx === 'DivOp') return { context: { ...context, jsCtx: 'Regexp' }, end: at + 1 };
  throw new AmbiguousHtml(`'/' could start a division or regexp: ${JSON.stringify(text.slice(at, at + 32))}`);
}

/** Braces count only inside `${ }`, to find where it ends. */
function scanBrace(context: HtmlContext, text: string, at: number): Step {
  const depth = context.braceDepths.at(-1);
  const outer = context.braceDepths.slice(0, -1);
  if (depth === undefined) return { context, end: at + 1 };
  if (text[at] === '{') return { context: { ...context, braceDepths: [...outer, depth + 1] }, end: at + 1 };
  if (depth > 0) return { context: { ...context, braceDepths: [...outer, depth - 1] }, end: at + 1 };
  return { context: { ...context, state: 'JSTmplLit', braceDepths: outer }, end: at + 1 };
}

const BEFORE_REGEXP =
  /(?:^|[^\w$])(?:break|case|continue|delete|do|else|finally|in|instanceof|return|throw|try|typeof|void)$/;

/** Whether a slash after `text` would divide or start a regular expression. */
function slashAfter(text: string, before: HtmlContext['jsCtx']): HtmlContext['jsCtx'] {
  const trimmed = text.replace(/[\t\n\f\r \u2028\u2029]+$/, '');
  if (trimmed === '') return before;
  const signs = /(?:\++|-+)$/.exec(trimmed)?.[0];
  if (signs !== undefined) return signs.length % 2 === 1 ? 'Regexp' : 'DivOp';
  if (trimmed.endsWith('.')) return /\d\.$/.test(trimmed) ? 'DivOp' : 'Regexp';
  return /[,<>=*%&|^?!~([:;{}]$/.test(trimmed) || BEFORE_REGEXP.test(trimmed) ? 'Regexp' : 'DivOp';
}

const JS_ENDS: Readonly<Record<string, RegExp>> = { JSDqStr: /[\\"]/g, JSSqStr: /[\\']/g, JSRegexp: /[\\/[\]]/g };

/** Inside a JavaScript string or regular expression. */
export function scanJsDelimited(context: HtmlContext, text: string): Step {
  let isInClass = false;
  for (let at = 0; at < text.length; at++) {
    const pattern = JS_ENDS[context.state] ?? /$/g;
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) break;
    at = found.index;
    if (found[0] === '\\') at += 1;
    else if (found[0] === '[') isInClass = true;
    else if (found[0] === ']') isInClass = false;
    else if (!isInClass) return { context: { ...context, state: 'JS', jsCtx: 'DivOp' }, end: at + 1 };
    if (at >= text.length) throw new AmbiguousHtml(`unfinished escape sequence in JS string: ${JSON.stringify(text)}`);
  }
  if (isInClass) throw new AmbiguousHtml(`unfinished JS regexp charset: ${JSON.stringify(text)}`);
  return { context, end: text.length };
}

/** Inside a JavaScript template literal. */
export function scanJsTemplate(context: HtmlContext, text: string): Step {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '`') return { context: { ...context, state: 'JS', jsCtx: 'DivOp' }, end: at + 1 };
    else if (text.startsWith('${', at)) {
      return {
        context: { ...context, state: 'JS', jsCtx: 'Regexp', braceDepths: [...context.braceDepths, 0] },
        end: at + 2,
      };
    }
  }
  return { context, end: text.length };
}

/** Inside a comment of a script or a style sheet. */
export function scanComment(context: HtmlContext, text: string): Step {
  const state: HtmlState = context.state.startsWith('JS') ? 'JS' : 'CSS';
  if (context.state.endsWith('BlockCmt')) {
    const close = text.indexOf('*/');
    return close < 0 ? { context, end: text.length } : { context: { ...context, state }, end: close + 2 };
  }
  const lineEnd = text.search(state === 'JS' ? /[\n\r\u2028\u2029]/ : /[\n\f\r]/);
  return lineEnd < 0 ? { context, end: text.length } : { context: { ...context, state }, end: lineEnd };
}

/** A style sheet outside strings, comments and URLs. */
export function scanCss(context: HtmlContext, text: string): Step {
  for (let at = 0; at < text.length; at++) {
    const two = text.slice(at, at + 2);
    if (two === '//') return { context: { ...context, state: 'CSSLineCmt' }, end: at + 2 };
    if (two === '/*') return { context: { ...context, state: 'CSSBlockCmt' }, end: at + 2 };
    if (text[at] === '"') return { context: { ...context, state: 'CSSDqStr' }, end: at + 1 };
    if (text[at] === "'") return { context: { ...context, state: 'CSSSqStr' }, end: at + 1 };
    if (text[at] === '(' && /url[\t\n\f\r ]*$/i.test(text.slice(0, at))) return scanCssUrl(context, text, at + 1);
  }
  return { context, end: text.length };
}

function scanCssUrl(context: HtmlContext, text: string, start: number): Step {
  const spaces = /^[\t\n\f\r ]*/.exec(text.slice(start))?.[0].length ?? 0;
  const at = start + spaces;
  if (text[at] === '"') return { context: { ...context, state: 'CSSDqURL' }, end: at + 1 };
  if (text[at] === "'") return { context: { ...context, state: 'CSSSqURL' }, end: at + 1 };
  return { context: { ...context, state: 'CSSURL' }, end: at };
}

const CSS_ENDS: Readonly<Record<string, RegExp>> = {
  CSSDqStr: /[\\"]/g,
  CSSDqURL: /[\\"]/g,
  CSSSqStr: /[\\']/g,
  CSSSqURL: /[\\']/g,
  CSSURL: /[\\\t\n\f\r )]/g,
};

/** Inside a string or URL of a style sheet. */
export function scanCssText(context: HtmlContext, text: string): Step {
  const pattern = CSS_ENDS[context.state] ?? /$/g;
  for (let at = 0; at < text.length; at++) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) break;
    at = found.index;
    if (found[0] !== '\\') return { context: { ...context, state: 'CSS', urlPart: 'None' }, end: at + 1 };
    at++;
    if (at >= text.length) throw new AmbiguousHtml(`unfinished escape sequence in CSS string: ${JSON.stringify(text)}`);
  }
  return { context: withUrlText(context, text), end: text.length };
}

/** The context after a piece of a URL: a value behind `?` or `#` is escaped more. */
export function withUrlText(context: HtmlContext, text: string): HtmlContext {
  if (/[#?]/.test(text)) return { ...context, urlPart: 'QueryOrFrag' };
  return text.trim() !== '' && context.urlPart === 'None' ? { ...context, urlPart: 'PreQuery' } : context;
}
