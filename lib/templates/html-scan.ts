import {
  attributeNamed,
  CONTENT_STATES,
  contextIn,
  elementNamed,
  type HtmlContext,
  type HtmlDelimiter,
  isComment,
  isScriptLiteral,
  TEXT_CONTEXT,
  VALUE_STATES,
} from './html-context.ts';
import {
  AmbiguousHtml,
  type Step,
  scanComment,
  scanCss,
  scanCssText,
  scanJs,
  scanJsDelimited,
  scanJsTemplate,
  withUrlText,
} from './script-scan.ts';

const SPACES = /^[\t\n\f\r ]*/;
const VALUE_ENDS: Readonly<Record<HtmlDelimiter, RegExp>> = {
  None: /$/,
  DoubleQuote: /"/,
  SingleQuote: /'/,
  SpaceOrTagEnd: /[\t\n\f\r >]/,
};

/** Reads text from `context` on, up to where the context changes. Throws AmbiguousHtml for what browsers would guess at. */
export function scanHtml(context: HtmlContext, text: string): Step {
  if (context.delim !== 'None') return scanValue(context, text);
  const close = endTagAt(context, text);
  if (close === 0) return { context: TEXT_CONTEXT, end: 0 };
  return scanState(context, close < 0 ? text : text.slice(0, close));
}

/** Where the end tag of a script, style, textarea or title begins; -1 for nowhere, or inside a string of a script. */
function endTagAt(context: HtmlContext, text: string): number {
  if (context.element === 'None' || context.state === 'Tag') return -1;
  const isLiteral = isScriptLiteral(context.state) || isComment(context.state);
  if (context.element === 'Script' && isLiteral) return -1;
  return text.search(new RegExp(`</${context.element}[\\t\\n\\f />]`, 'i'));
}

function scanState(context: HtmlContext, text: string): Step {
  switch (context.state) {
    case 'Text':
      return scanText(context, text);
    case 'Tag':
      return scanTag(context, text);
    case 'AttrName':
      return scanAttributeName(context, text);
    case 'AfterName':
      return scanAfterName(context, text);
    case 'BeforeValue':
      return scanBeforeValue(context, text);
    case 'HTMLCmt': {
      const close = text.indexOf('-->');
      return close < 0 ? { context, end: text.length } : { context: TEXT_CONTEXT, end: close + 3 };
    }
    case 'URL':
      return { context: withUrlText(context, text), end: text.length };
    case 'JS':
      return scanJs(context, text);
    case 'JSDqStr':
    case 'JSSqStr':
    case 'JSRegexp':
      return scanJsDelimited(context, text);
    case 'JSTmplLit':
      return scanJsTemplate(context, text);
    case 'CSS':
      return scanCss(context, text);
    case 'CSSDqStr':
    case 'CSSSqStr':
    case 'CSSDqURL':
    case 'CSSSqURL':
    case 'CSSURL':
      return scanCssText(context, text);
    case 'JSBlockCmt':
    case 'JSLineCmt':
    case 'CSSBlockCmt':
    case 'CSSLineCmt':
      return scanComment(context, text);
    default:
      return { context, end: text.length };
  }
}

function scanText(context: HtmlContext, text: string): Step {
  for (const { index, 0: found, 1: slash, 2: name } of text.matchAll(
    /<!--|<(\/?)([a-z](?:[a-z0-9]|[:-](?=[a-z0-9]))*)/gi,
  )) {
    const end = index + found.length;
    if (name === undefined) return { context: contextIn('HTMLCmt'), end };
    return { context: contextIn('Tag', slash === '/' ? 'None' : elementNamed(name)), end };
  }
  return { context, end: text.length };
}

function spacesAt(text: string, at: number): number {
  return at + (SPACES.exec(text.slice(at))?.[0].length ?? 0);
}

function scanTag(context: HtmlContext, text: string): Step {
  const at = spacesAt(text, 0);
  if (at === text.length) return { context, end: at };
  if (text[at] === '>') return { context: contextIn(CONTENT_STATES[context.element], context.element), end: at + 1 };
  const end = nameEnd(text, at);
  if (end === at) {
    throw new AmbiguousHtml(`expected space, attr name, or end of tag, but got ${JSON.stringify(text.slice(at))}`);
  }
  const name = text.slice(at, end);
  const isScriptType = context.element === 'Script' && name.toLowerCase() === 'type';
  const attr = isScriptType ? 'ScriptType' : attributeNamed(name);
  return { context: { ...contextIn(end === text.length ? 'AttrName' : 'AfterName', context.element), attr }, end };
}

function nameEnd(text: string, at: number): number {
  const name = /^[^\t\n\f\r =>]*/.exec(text.slice(at))?.[0] ?? '';
  const bad = /['"<]/.exec(name);
  if (bad !== null)
    throw new AmbiguousHtml(`${JSON.stringify(bad[0])} in attribute name: ${JSON.stringify(text.slice(0, 32))}`);
  return at + name.length;
}

function scanAttributeName(context: HtmlContext, text: string): Step {
  const end = nameEnd(text, 0);
  return { context: end === text.length ? context : { ...context, state: 'AfterName' }, end };
}

function scanAfterName(context: HtmlContext, text: string): Step {
  const at = spacesAt(text, 0);
  if (at === text.length) return { context, end: at };
  if (text[at] !== '=') return { context: { ...context, state: 'Tag', attr: 'None' }, end: at };
  return { context: { ...context, state: 'BeforeValue' }, end: at + 1 };
}

function scanBeforeValue(context: HtmlContext, text: string): Step {
  const at = spacesAt(text, 0);
  if (at === text.length) return { context, end: at };
  const quote = text[at];
  const delim: HtmlDelimiter = quote === '"' ? 'DoubleQuote' : quote === "'" ? 'SingleQuote' : 'SpaceOrTagEnd';
  const opened: HtmlContext = { ...context, state: VALUE_STATES[context.attr], delim };
  return { context: opened, end: delim === 'SpaceOrTagEnd' ? at : at + 1 };
}

/** An attribute's value; scripts and styles inside it are read as the browser will, with entities decoded. */
function scanValue(context: HtmlContext, text: string): Step {
  const found = text.search(VALUE_ENDS[context.delim]);
  const end = found < 0 ? text.length : found;
  const value = text.slice(0, end);
  if (context.delim === 'SpaceOrTagEnd') refuseQuotes(value);
  if (found < 0) {
    let inside = context;
    for (let rest = decodeEntities(value); rest !== ''; ) {
      const step = scanState(inside, rest);
      inside = step.context;
      rest = rest.slice(Math.max(step.end, 1));
    }
    return { context: inside, end };
  }
  const isOtherScript = context.state === 'Attr' && context.attr === 'ScriptType' && !isJsType(value);
  const after = contextIn('Tag', isOtherScript ? 'None' : context.element);
  return { context: after, end: context.delim === 'SpaceOrTagEnd' ? end : end + 1 };
}

function refuseQuotes(value: string): void {
  const bad = /["'<=`]/.exec(value);
  if (bad !== null) throw new AmbiguousHtml(`${JSON.stringify(bad[0])} in unquoted attr: ${JSON.stringify(value)}`);
}

function isJsType(type: string): boolean {
  const bare = (type.split(';')[0] ?? '').trim().toLowerCase();
  return /^(module|((application|text)\/(ecmascript|javascript|json|ld\+json|x-ecmascript|x-javascript))|text\/(jscript|livescript|javascript1\.[0-5]))$/.test(
    bare,
  );
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));?/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '\u{fffd}';
  });
}
