import { matchesGlob } from 'node:path';
import type { AlertmanagerConfig } from '../alerts/config.ts';
import { InvalidInput, type Issue } from '../model/issue.ts';
import { type NotificationTemplates, parseNotificationTemplates } from '../notify/renderer.ts';
import type { AppConfig } from './config.ts';
import { templateMistake } from './inline-templates.ts';
import { routingIssue } from './routing.ts';

/** The template files that `alertmanager.yml` names, parsed after the defaults; throws InvalidInput with what is wrong in each. */
export function readTemplates({ files }: AppConfig, { templates }: AlertmanagerConfig): NotificationTemplates {
  const globs = templates.map((glob) => glob.replace(/^\.\//, ''));
  const matched = [...files.texts].filter(([path]) => globs.some((glob) => matchesGlob(path, glob)));
  const issues = matched.flatMap(([file, text]): Issue[] => {
    const mistake = templateMistake(text);
    if (mistake === null) return [];
    const { line, message } = mistake;
    return [{ ...routingIssue({ file, path: '', message, hint: null }), line }];
  });
  if (issues.length > 0) throw new InvalidInput(issues);
  return parseNotificationTemplates(matched.map(([, text]) => ({ name: '', text })));
}
