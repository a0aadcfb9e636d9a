import { type AlertmanagerConfig, parseAlertmanagerConfig } from '../alerts/config.ts';
import { InvalidInput, type Issue } from '../model/issue.ts';
import { DAY_MS } from '../model/unix-time.ts';
import type { AppConfig } from './config.ts';

/** Alerts are stored, so nothing has to be waited for after a start. */
export const FLUSH_NOT_BEFORE_MS = 0;
export const NAME_MODE = 'utf8';
/** How long expired silences and log entries are kept: Alertmanager's `--data.retention`. */
export const RETENTION_MS = 5 * DAY_MS;

/** Reads `alertmanager.yml`, and holds the receivers of `tocsin.yml` against it; throws InvalidInput with every mistake. */
export function readRouting({ files, settings }: AppConfig): AlertmanagerConfig {
  const file = settings.alertmanager_file;
  const text = files.texts.get(file);
  if (text === undefined) {
    const message = `there is no such file in ${files.folder}`;
    throw new InvalidInput([
      routingIssue({ file, path: '', message, hint: 'alertmanager_file in tocsin.yml names it' }),
    ]);
  }
  const config = parseAlertmanagerConfig(text, { file });
  const known = config.receivers.map(({ name }) => name);
  const strangers = Object.keys(settings.receivers).filter((name) => !known.includes(name));
  if (strangers.length === 0) return config;
  throw new InvalidInput(
    strangers.map((name) =>
      routingIssue({
        file: 'tocsin.yml',
        path: `receivers.${name}`,
        message: `${file} has no receiver ${JSON.stringify(name)}`,
        hint: `one of ${known.join(', ')}`,
      }),
    ),
  );
}

/** Receivers whose notifications also go to the process log. */
export function loggedReceivers({ settings }: AppConfig): ReadonlySet<string> {
  return new Set(Object.entries(settings.receivers).flatMap(([name, { log }]) => (log ? [name] : [])));
}

/** An issue about a whole file or one path of it. */
export function routingIssue(issue: Pick<Issue, 'file' | 'path' | 'message' | 'hint'>): Issue {
  return { code: 'routing', line: null, column: null, span: null, ...issue };
}
