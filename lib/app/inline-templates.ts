import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Issue } from '../model/issue.ts';
import { parseNotificationTemplates } from '../notify/renderer.ts';
import { TemplateError } from '../templates/template-error.ts';
import type { AppConfig } from './config.ts';
import { routingIssue } from './routing.ts';

/**
 * Templates in the receivers of `alertmanager.yml` that do not parse. Alertmanager finds them when it notifies, which is when they are
 * needed. The file itself is checked elsewhere: one that is no YAML has no templates.
 */
export function brokenInlineTemplates({ files, settings }: AppConfig): readonly Issue[] {
  const file = settings.alertmanager_file;
  const lines = new LineCounter();
  const document = parseDocument(files.texts.get(file) ?? '', { lineCounter: lines, prettyErrors: false });
  const receivers = isMap(document.contents) ? document.contents.get('receivers', true) : null;
  if (document.errors.length > 0) return [];
  return textsOf(receivers, 'receivers').flatMap(({ offset, path, text }) => {
    const mistake = templateMistake(text);
    if (mistake === null) return [];
    const { line, col } = lines.linePos(offset);
    const message = CONFIDENTIAL.test(path) ? 'the template does not parse' : mistake.message;
    return [{ ...routingIssue({ file, path, message, hint: null }), line, column: col }];
  });
}

/** Fields whose text is not repeated, not even in part. */
const CONFIDENTIAL = /(url|token|key|password|secret|secrets|credentials|http_config)\b[^\s]*$/;

interface PlacedText {
  readonly path: string;
  readonly offset: number;
  readonly text: string;
}

/** All texts below a node, in their order. What an alias stands for is looked at where it is written. */
function textsOf(node: unknown, path: string): readonly PlacedText[] {
  if (isScalar(node)) {
    return typeof node.value === 'string' ? [{ path, offset: node.range?.[0] ?? 0, text: node.value }] : [];
  }
  if (isSeq(node)) return node.items.flatMap((item, index) => textsOf(item, `${path}[${index}]`));
  if (!isMap(node)) return [];
  return node.items.flatMap(({ key, value }) => textsOf(value, `${path}.${isScalar(key) ? String(key.value) : '?'}`));
}

/** What is wrong with a template, and in which of its lines; null when nothing is. */
export function templateMistake(text: string): { readonly line: number | null; readonly message: string } | null {
  if (!text.includes('{{')) return null;
  try {
    parseNotificationTemplates([{ name: '', text }]);
    return null;
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const [, line, message] = /^template: :(\d+): (.*)$/s.exec(error.message) ?? [];
    return { line: line === undefined ? null : Number(line), message: message ?? error.message };
  }
}
