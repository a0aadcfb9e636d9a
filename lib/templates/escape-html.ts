import {
  type HtmlContext,
  isComment,
  isSameContext,
  isScriptLiteral,
  joinContexts,
  nudge,
  printContext,
  TEXT_CONTEXT,
} from './html-context.ts';
import { scanHtml } from './html-scan.ts';
import type { Template } from './parse.ts';
import { escapersFor, movePredefined, predefinedName } from './place-escapers.ts';
import { printNode } from './print-syntax.ts';
import { AmbiguousHtml } from './script-scan.ts';
import type { ActionNode, BranchNode, RangeNode, Statement, TemplateNode, TextNode } from './syntax.ts';
import { TemplateError } from './template-error.ts';
import { byteLength } from './utf8.ts';

type Templates = ReadonlyMap<string, Template>;

/** Most pieces of text and template that one analysis looks at. */
const MAX_STEPS = 2_000_000;
const MAX_CALL_DEPTH = 200;
const DEAD: HtmlContext = { ...TEXT_CONTEXT, state: 'Dead' };

/**
 * The templates that `name` reaches, with every printed value given the escapers of its place in the document, HTML comments
 * removed, and stray `<` made text. A template called inside a tag or script gets a copy for that context, named `name$htmltemplate_…`.
 * Throws a TemplateError where the places cannot be told apart: `html/template:…: {{if}} branches end in different contexts: …`.
 */
export function escapeTemplates(templates: Templates, name: string): Templates {
  const analysis = new Analysis(templates, name);
  const end = analysis.call(TEXT_CONTEXT, name, null).context;
  if (end.state !== 'Text') analysis.fail(null, `ends in a non-text context: ${printContext(end)}`);
  return analysis.escaped;
}

/** A rewritten piece and the context after it. */
interface Escaped<Piece> {
  readonly context: HtmlContext;
  readonly piece: Piece;
}

class Analysis {
  readonly templates: Templates;
  readonly entry: string;
  readonly escaped = new Map<string, Template>();
  /** Context after each template in each context; assumed while the template is under way. */
  readonly ends = new Map<string, HtmlContext>();
  /** Contexts of the breaks and continues of the ranges around, innermost last. */
  readonly jumps: HtmlContext[][] = [];
  readonly assumed = new Set<string>();
  current: Template | null = null;
  steps = 0;
  depth = 0;

  constructor(templates: Templates, entry: string) {
    this.templates = templates;
    this.entry = entry;
  }

  /** The name to call in place of `name` in this context, and the context after it. */
  call(context: HtmlContext, name: string, node: TemplateNode | null): Escaped<string> {
    const derived = context.state === 'Text' ? name : `${name}$htmltemplate_${contextKey(context)}`;
    const known = this.ends.get(derived);
    if (known !== undefined) {
      this.assumed.add(derived);
      return { context: known, piece: derived };
    }
    const template = this.templates.get(name);
    if (template === undefined) return this.fail(node, `no such template ${JSON.stringify(name)}`);
    if (this.depth >= MAX_CALL_DEPTH) this.fail(node, `templates nested deeper than ${MAX_CALL_DEPTH}`);
    return { context: this.analyse(context, template, derived), piece: derived };
  }

  /** A template that calls itself is assumed to end where it began, then where that assumption led. */
  analyse(context: HtmlContext, template: Template, derived: string): HtmlContext {
    const outer = this.current;
    this.current = template;
    this.depth++;
    let assumption = context;
    for (let attempt = 0; ; attempt++) {
      this.ends.set(derived, assumption);
      this.assumed.delete(derived);
      const body = this.block(context, template.body);
      this.escaped.set(derived, { ...template, name: derived, body: body.piece });
      if (!this.assumed.has(derived) || isSameContext(body.context, assumption)) {
        assumption = body.context;
        break;
      }
      if (attempt > 0) this.fail(null, `cannot compute output context for template ${template.name}`);
      assumption = body.context;
    }
    this.ends.set(derived, assumption);
    this.depth--;
    this.current = outer;
    return assumption;
  }

  block(context: HtmlContext, nodes: readonly Statement[]): Escaped<readonly Statement[]> {
    let reached = context;
    const pieces = nodes.map((node) => {
      const escaped = this.statement(reached, node);
      reached = escaped.context;
      return escaped.piece;
    });
    return { context: reached, piece: pieces };
  }

  statement(context: HtmlContext, node: Statement): Escaped<Statement> {
    this.charge(1, node);
    if (context.state === 'Dead') return { context, piece: node };
    switch (node.kind) {
      case 'text':
        return this.text(context, node);
      case 'action':
        return this.action(context, node);
      case 'if':
      case 'with':
        return this.branch(context, node);
      case 'range':
        return this.range(context, node);
      case 'template': {
        const called = this.call(context, node.name, node);
        return { context: called.context, piece: { ...node, name: called.piece } };
      }
      case 'break':
      case 'continue':
        this.jumps.at(-1)?.push(context);
        return { context: DEAD, piece: node };
    }
  }

  branch(context: HtmlContext, node: BranchNode): Escaped<Statement> {
    const body = this.block(context, node.body);
    const otherwise = this.block(context, node.otherwise ?? []);
    return {
      context: this.join(body.context, otherwise.context, node),
      piece: { ...node, body: body.piece, otherwise: node.otherwise === null ? null : otherwise.piece },
    };
  }

  /** A body that runs again must be safe where it ended, too. */
  range(context: HtmlContext, node: RangeNode): Escaped<Statement> {
    const body = this.rangeBody(context, node);
    const again = this.rangeBody(body.context, node);
    const looped = this.join(body.context, again.context, node, 'on range loop re-entry: ');
    const otherwise = this.block(context, node.otherwise ?? []);
    return {
      context: this.join(looped, otherwise.context, node),
      piece: { ...node, body: body.piece, otherwise: node.otherwise === null ? null : otherwise.piece },
    };
  }

  rangeBody(context: HtmlContext, node: RangeNode): Escaped<readonly Statement[]> {
    this.jumps.push([]);
    const body = this.block(context, node.body);
    const left = this.jumps.pop() ?? [];
    const end = left.reduce((reached, jump) => this.join(reached, jump, node), body.context);
    return { context: end, piece: body.piece };
  }

  /** One context for two ways to the same place. */
  join(a: HtmlContext, b: HtmlContext, node: BranchNode | RangeNode, prefix = ''): HtmlContext {
    const joined = joinContexts(a, b) ?? joinContexts(nudge(a), nudge(b));
    if (joined !== null) return joined;
    const contexts = `${printContext(a)}, ${printContext(b)}`;
    return this.fail(node, `${prefix}{{${node.kind}}} branches end in different contexts: ${contexts}`);
  }

  action(context: HtmlContext, node: ActionNode): Escaped<Statement> {
    if (node.pipe.variables.length > 0) return { context, piece: node };
    const place = nudge(context);
    this.checkPredefined(place, node);
    const chosen =
      escapersFor(place) ?? this.fail(node, `${printNode(node)} appears in an ambiguous context within a URL`);
    const { pipe, escapers } = movePredefined(node.pipe, chosen);
    const after = place.state === 'JS' ? { ...place, jsCtx: 'DivOp' as const } : place;
    return { context: after, piece: { ...node, pipe, escapers } };
  }

  /** `html` and `urlquery` may only end a pipeline: what comes after would undo them. */
  checkPredefined(context: HtmlContext, node: ActionNode): void {
    node.pipe.commands.forEach((command, i) => {
      const name = predefinedName(command);
      const isUnquoted = context.state === 'Attr' && context.delim === 'SpaceOrTagEnd' && name === 'html';
      if (name === null || (i === node.pipe.commands.length - 1 && !isUnquoted)) return;
      this.fail(node, `predefined escaper ${JSON.stringify(name)} disallowed in template`);
    });
  }

  text(context: HtmlContext, node: TextNode): Escaped<Statement> {
    let reached = context;
    let kept = '';
    for (let at = 0; at < node.text.length; ) {
      const rest = node.text.slice(at);
      const step = this.scan(reached, rest);
      this.charge((reached.element === 'None' ? step.end : rest.length) / 64, node);
      kept += keptText(reached, step.context, rest.slice(0, step.end));
      if (step.end === 0 && isSameContext(step.context, reached)) this.fail(node, 'text cannot be read');
      reached = step.context;
      at += step.end;
    }
    return { context: reached, piece: { ...node, text: kept } };
  }

  scan(context: HtmlContext, text: string): ReturnType<typeof scanHtml> {
    try {
      return scanHtml(context, text);
    } catch (error) {
      if (error instanceof AmbiguousHtml) return this.fail(null, error.message);
      throw error;
    }
  }

  charge(steps: number, node: Statement): void {
    this.steps += 1 + steps;
    if (this.steps > MAX_STEPS) this.fail(node, `exceeded ${MAX_STEPS} steps of analysis`);
  }

  /** Without a node, only the template that was asked for is named, as Go does for mistakes in text. */
  fail(node: Statement | null, message: string): never {
    const entry = this.entry === '' ? '' : `${this.entry}:`;
    if (this.current === null || node === null) throw new TemplateError(`html/template:${entry} ${message}`);
    const before = this.current.source.slice(0, node.at);
    const column = byteLength(before.slice(before.lastIndexOf('\n') + 1));
    throw new TemplateError(
      `html/template:${this.current.sourceName}:${before.split('\n').length}:${column}: ${message}`,
    );
  }
}

function contextKey(context: HtmlContext): string {
  return printContext(context).slice(1, -7).replaceAll(' ', '_');
}

/** What stays of a piece of text: no comments, and no `<` that opens nothing. */
function keptText(before: HtmlContext, after: HtmlContext, text: string): string {
  if (isComment(before.state) && before.delim === 'None') {
    if (before.state === 'JSBlockCmt') return /[\n\r\u2028\u2029]/.test(text) ? '\n' : ' ';
    return before.state === 'CSSBlockCmt' ? ' ' : '';
  }
  const opening = isComment(after.state) && after.delim === 'None' ? commentLength(after, text) : 0;
  const shown = text.slice(0, text.length - opening);
  if (isScriptLiteral(before.state)) return shown.replace(/<(?=\/?script|!--)/gi, '\\x3C');
  if (before.state !== 'Text' && before.state !== 'RCDATA') return shown;
  const tag = after.state !== before.state && opening === 0 ? shown.lastIndexOf('<') : shown.length;
  const end = tag < 0 ? shown.length : tag;
  return shown.slice(0, end).replace(/<(?!!doctype)/gi, '&lt;') + shown.slice(end);
}

/** Length of what opens a comment at the end of a text. */
function commentLength(context: HtmlContext, text: string): number {
  if (context.state === 'HTMLCmt' || text.endsWith('<!--')) return 4;
  return text.endsWith('-->') ? 3 : 2;
}
