import { notificationRoot } from '../templates/notification-root.ts';
import { notifyFunctions } from '../templates/notify-functions.ts';
import {
  executeTemplate,
  extendTemplates,
  parseTemplates,
  type TemplateSet,
  type TemplateSource,
} from '../templates/template.ts';
import { TemplateError } from '../templates/template-error.ts';
import type { Value } from '../templates/value.ts';
import { defaultTemplates } from './default-templates.ts';
import { PlanError } from './integration.ts';
import { commonPairs, type Notification, notificationStatus, type Renderer } from './notification.ts';
import type { SecretKeeper } from './secrets.ts';

/** The default templates with the user's on top, parsed once for text and once for HTML. */
export interface NotificationTemplates {
  readonly text: TemplateSet;
  readonly html: TemplateSet;
}

export interface RendererOptions {
  readonly nowMs: number;
  /** Texts of the secret files that the integration asked for, by path. */
  readonly secretFiles: ReadonlyMap<string, string>;
  readonly secrets: SecretKeeper;
  /** Told each template that was broken and replaced. */
  readonly onBroken: (error: TemplateError) => void;
}

const MAX_ERROR_LENGTH = 500;

/** Parses the user's template files after the defaults, so that theirs win. Throws TemplateError. */
export function parseNotificationTemplates(files: readonly TemplateSource[]): NotificationTemplates {
  const sources = [{ name: '', text: defaultTemplates }, ...files];
  // What a function answers depends on the notification; which functions there are does not.
  const functions = notifyFunctions({ nowMs: 0, routeLabel: () => '' });
  return { text: parseTemplates(sources, functions, 'text'), html: parseTemplates(sources, functions, 'html') };
}

/** Renders templates on one notification. */
export function createRenderer(
  templates: NotificationTemplates,
  notification: Notification,
  { nowMs, secretFiles, secrets, onBroken }: RendererOptions,
): Renderer {
  const root = rootOf(notification);
  const routeLabels = new Map(notification.routeLabels);
  const functions = notifyFunctions({ nowMs, routeLabel: (name) => routeLabels.get(name) ?? '' });
  const textSet = withFunctions(templates.text, functions);
  const htmlSet = withFunctions(templates.html, functions);
  const text = (template: string): string => render(textSet, template, root);
  const orElse = (attempt: () => string, otherwise: (error: TemplateError) => string): string => {
    try {
      return attempt();
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      onBroken(error);
      return otherwise(error);
    }
  };
  const reveal: Renderer['reveal'] = (inline, file) => {
    const value = inline?.reveal() ?? secretFiles.get(file) ?? '';
    secrets.conceal(value);
    return value;
  };
  const explain = (error: TemplateError): string => broken(textSet, root, error);
  return {
    nowMs,
    text,
    message: (template) => orElse(() => text(template), explain),
    html: (template) =>
      orElse(
        () => render(htmlSet, template, root),
        (error) => `<html><body><p>${escapeHtml(explain(error))}</p></body></html>`,
      ),
    adornment: (template) =>
      orElse(
        () => text(template),
        () => '',
      ),
    reveal,
    revealText: (inline, file) => {
      const rendered = renderSecret(text, reveal(inline, file));
      secrets.conceal(rendered);
      return rendered;
    },
    conceal: secrets.conceal,
  };
}

/** An error of a template quotes it, which must not happen to a secret. */
function renderSecret(text: (template: string) => string, template: string): string {
  try {
    return text(template);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new PlanError('a secret that is a template cannot be rendered');
  }
}

function withFunctions(set: TemplateSet, functions: TemplateSet['functions']): TemplateSet {
  return { ...set, functions: new Map([...set.functions, ...functions]) };
}

function render(set: TemplateSet, template: string, root: Value): string {
  if (!template.includes('{{')) return template;
  return executeTemplate(extendTemplates(set, { name: '', text: template }), '', root);
}

/** What people read when their own template is broken: the default subject, and what is broken. */
function broken(set: TemplateSet, root: Value, error: TemplateError): string {
  const { text } = parseNotificationTemplates([]);
  const subject = executeTemplate({ ...text, functions: set.functions }, '__subject', root);
  return `${subject} (${error.message.slice(0, MAX_ERROR_LENGTH)})`;
}

function rootOf(notification: Notification): Value {
  const { alerts } = notification;
  return notificationRoot({
    receiver: notification.receiver.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&'),
    status: notificationStatus(alerts),
    alerts: alerts.map((alert) => ({ ...alert, labels: alert.labels.pairs })),
    groupLabels: notification.groupLabels.pairs,
    commonLabels: commonPairs(alerts.map((alert) => alert.labels.pairs)),
    commonAnnotations: commonPairs(alerts.map((alert) => alert.annotations)),
    externalUrl: notification.externalUrl,
    notificationReason: notification.reason,
    routeLabels: notification.routeLabels,
  });
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
