/** Where in an HTML document a piece of a template stands. The words are Go's; `printContext` shows them as Go does. */
export type HtmlState =
  | 'Text'
  | 'Tag'
  | 'AttrName'
  | 'AfterName'
  | 'BeforeValue'
  | 'HTMLCmt'
  | 'RCDATA'
  | 'Attr'
  | 'URL'
  | 'Srcset'
  | 'JS'
  | 'JSDqStr'
  | 'JSSqStr'
  | 'JSTmplLit'
  | 'JSRegexp'
  | 'JSBlockCmt'
  | 'JSLineCmt'
  | 'CSS'
  | 'CSSDqStr'
  | 'CSSSqStr'
  | 'CSSDqURL'
  | 'CSSSqURL'
  | 'CSSURL'
  | 'CSSBlockCmt'
  | 'CSSLineCmt'
  /** After `break` or `continue`: nothing follows. */
  | 'Dead';

export type HtmlDelimiter = 'None' | 'DoubleQuote' | 'SingleQuote' | 'SpaceOrTagEnd';
export type HtmlAttribute = 'None' | 'Script' | 'ScriptType' | 'Style' | 'URL' | 'Srcset';
export type HtmlElement = 'None' | 'Script' | 'Style' | 'Textarea' | 'Title';

export interface HtmlContext {
  readonly state: HtmlState;
  /** What ends the attribute value; None outside one. */
  readonly delim: HtmlDelimiter;
  readonly urlPart: 'None' | 'PreQuery' | 'QueryOrFrag' | 'Unknown';
  /** What a slash would start. */
  readonly jsCtx: 'Regexp' | 'DivOp' | 'Unknown';
  /** Open braces in each `${` of nested JavaScript template literals, outermost first. */
  readonly braceDepths: readonly number[];
  /** Attribute whose name was read and whose value has not begun. */
  readonly attr: HtmlAttribute;
  readonly element: HtmlElement;
}

export const TEXT_CONTEXT: HtmlContext = {
  state: 'Text',
  delim: 'None',
  urlPart: 'None',
  jsCtx: 'Regexp',
  braceDepths: [],
  attr: 'None',
  element: 'None',
};

/** A context that keeps nothing of what was before but `element`. */
export function contextIn(state: HtmlState, element: HtmlElement = 'None'): HtmlContext {
  return { ...TEXT_CONTEXT, state, element };
}

/** `{stateText delimNone urlPartNone jsCtxRegexp [] attrNone elementNone <nil>}`. */
export function printContext(context: HtmlContext): string {
  const { state, delim, urlPart, jsCtx, braceDepths, attr, element } = context;
  const words = [`state${state}`, `delim${delim}`, `urlPart${urlPart}`, `jsCtx${jsCtx}`, `[${braceDepths.join(' ')}]`];
  return `{${[...words, `attr${attr}`, `element${element}`, '<nil>'].join(' ')}}`;
}

/** State at the start of an attribute's value. */
export const VALUE_STATES: Readonly<Record<HtmlAttribute, HtmlState>> = {
  None: 'Attr',
  Script: 'JS',
  ScriptType: 'Attr',
  Style: 'CSS',
  URL: 'URL',
  Srcset: 'Srcset',
};

/** State of what an element holds. */
export const CONTENT_STATES: Readonly<Record<HtmlElement, HtmlState>> = {
  None: 'Text',
  Script: 'JS',
  Style: 'CSS',
  Textarea: 'RCDATA',
  Title: 'RCDATA',
};

const ELEMENTS: ReadonlyMap<string, HtmlElement> = new Map([
  ['script', 'Script'],
  ['style', 'Style'],
  ['textarea', 'Textarea'],
  ['title', 'Title'],
]);

/** By tag name, in any case. */
export function elementNamed(tag: string): HtmlElement {
  return ELEMENTS.get(tag.toLowerCase()) ?? 'None';
}

const URL_ATTRIBUTES = new Set(
  'action archive background cite classid codebase data formaction href icon longdesc manifest poster profile src usemap xmlns'.split(
    ' ',
  ),
);

/** Attributes whose value is plain text for the escapers, and changes what a page does. */
const OTHER_ATTRIBUTES = new Set(
  'accept-charset async challenge charset content crossorigin defer enctype form formenctype formmethod formnovalidate http-equiv keytype language method novalidate pattern rel sandbox srcdoc srclang type value'.split(
    ' ',
  ),
);

/** Whether a template may choose the name: only attributes whose values can do nothing. */
export function isHarmlessAttribute(name: string): boolean {
  return attributeNamed(name) === 'None' && !OTHER_ATTRIBUTES.has(name.toLowerCase());
}

/** What the value of an attribute holds, by its name in any case. */
export function attributeNamed(name: string): HtmlAttribute {
  const lower = name.toLowerCase();
  if (lower.startsWith('xmlns:')) return 'URL';
  const bare = lower.startsWith('data-') ? lower.slice(5) : lower.slice(lower.indexOf(':') + 1);
  if (OTHER_ATTRIBUTES.has(bare)) return 'None';
  if (URL_ATTRIBUTES.has(bare)) return 'URL';
  if (bare === 'style') return 'Style';
  if (bare === 'srcset') return 'Srcset';
  if (bare.startsWith('on')) return 'Script';
  return /src|uri|url/.test(bare) ? 'URL' : 'None';
}

/** The context a value opens where a tag, a name or a value is about to begin. */
export function nudge(context: HtmlContext): HtmlContext {
  switch (context.state) {
    case 'Tag':
      return { ...context, state: 'AttrName' };
    case 'BeforeValue':
      return { ...context, state: VALUE_STATES[context.attr], delim: 'SpaceOrTagEnd', attr: 'None' };
    case 'AfterName':
      return { ...context, state: 'AttrName', attr: 'None' };
    default:
      return context;
  }
}

/** Inside a string, template literal or regular expression of a script. */
export function isScriptLiteral(state: HtmlState): boolean {
  return /^JS(DqStr|SqStr|TmplLit|Regexp)$/.test(state);
}

export function isComment(state: HtmlState): boolean {
  return state === 'HTMLCmt' || /^(JS|CSS)(Block|Line)Cmt$/.test(state);
}

export function isSameContext(a: HtmlContext, b: HtmlContext): boolean {
  return printContext(a) === printContext(b);
}

/** One context for two ways to the same place; null when none covers both. */
export function joinContexts(a: HtmlContext, b: HtmlContext): HtmlContext | null {
  if (a.state === 'Dead' || isSameContext(a, b)) return b;
  if (b.state === 'Dead') return a;
  if (isSameContext({ ...a, urlPart: b.urlPart }, b)) return { ...a, urlPart: 'Unknown' };
  return isSameContext({ ...a, jsCtx: b.jsCtx }, b) ? { ...a, jsCtx: 'Unknown' } : null;
}
