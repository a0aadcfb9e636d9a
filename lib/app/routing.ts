import { isAbsolute, join, matchesGlob } from 'node:path';
import { type AlertmanagerConfig, parseAlertmanagerConfig } from '../alerts/config.ts';
import { InvalidInput, type Issue } from '../model/issue.ts';
import { type NotificationTemplates, parseNotificationTemplates } from '../notify/renderer.ts';
import { TemplateError } from '../templates/template-error.ts';
import { part } from './app.ts';
import type { AppConfig } from './config.ts';

/** `alertmanager.yml` with its template files, checked. */
export interface Routing {
  readonly config: AlertmanagerConfig;
  readonly templates: NotificationTemplates;
  /** Receivers that `tocsin.yml` also sends to the process log. */
  readonly loggedReceivers: ReadonlySet<string>;
}

/** Reads the routing configuration; throws InvalidInput with every mistake. */
export function readRouting({ files, settings }: AppConfig): Routing {
  const file = settings.alertmanager_file;
  const text = files.texts.get(file);
  if (text === undefined) {
    throw new InvalidInput([
      issueOf(file, '', `there is no such file in ${files.folder}`, 'alertmanager_file in tocsin.yml names it'),
    ]);
  }
  const config = parseAlertmanagerConfig(text, { file });
  const known = new Set(config.receivers.map(({ name }) => name));
  const strangers = Object.keys(settings.receivers).filter((name) => !known.has(name));
  const issues = strangers.map((name) =>
    issueOf(
      'tocsin.yml',
      `receivers.${name}`,
      `${file} has no receiver ${JSON.stringify(name)}`,
      `one of ${[...known].join(', ')}`,
    ),
  );
  if (issues.length > 0) throw new InvalidInput(issues);
  const logged = Object.entries(settings.receivers).filter(([, { log }]) => log);
  return {
    config,
    templates: readTemplates(files.texts, config),
    loggedReceivers: new Set(logged.map(([name]) => name)),
  };
}

/** The routing of this process, read once for all parts that need it. */
export const routing = part(async ({ config }) => readRouting(config));

/** Makes a path of the configuration absolute: relative ones start at the config folder. */
export function configPath(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

function readTemplates(texts: ReadonlyMap<string, string>, config: AlertmanagerConfig): NotificationTemplates {
  const matched = [...texts].filter(([path]) =>
    config.templates.some((glob) => matchesGlob(path, glob.replace(/^\.\//, ''))),
  );
  const issues: Issue[] = [];
  for (const [path, text] of matched) {
    try {
      parseNotificationTemplates([{ name: '', text }]);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      issues.push(issueOf(path, '', error.message, null));
    }
  }
  if (issues.length > 0) throw new InvalidInput(issues);
  return parseNotificationTemplates(matched.map(([, text]) => ({ name: '', text })));
}

function issueOf(file: string, path: string, message: string, hint: string | null): Issue {
  return { code: 'routing', file, line: null, column: null, path, span: null, message, hint };
}
