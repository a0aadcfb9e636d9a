/**
 * The templates that receivers use when a field is not configured. Users override them by name in their own template files,
 * so the names are Alertmanager's. What they render is held equal to what Alertmanager sends by test/notify.
 */
import { emailTemplate } from './email-template.ts';

const define = (name: string, body: string): string => `{{ define "${name}" }}${body}{{ end }}`;

const alertList = `{{ range . }}Labels:
{{ range .Labels.SortedPairs }} - {{ .Name }} = {{ .Value }}
{{ end }}Annotations:
{{ range .Annotations.SortedPairs }} - {{ .Name }} = {{ .Value }}
{{ end }}Source: {{ .GeneratorURL }}
{{ end }}`;

const markdownAlertList = `{{ range . }}
Labels:
{{ range .Labels.SortedPairs }}  - {{ .Name }} = {{ .Value }}
{{ end }}
Annotations:
{{ range .Annotations.SortedPairs }}  - {{ .Name }} = {{ .Value }}
{{ end }}
Source: {{ .GeneratorURL }}
{{ end }}`;

const subject =
  '[{{ if eq .Status "firing" }}FIRING:{{ len .Alerts.Firing }}{{ else }}{{ toUpper .Status }}{{ end }}] ' +
  '{{ join " " .GroupLabels.SortedPairs.Values }} ' +
  '{{ if gt (len .CommonLabels) (len .GroupLabels) }}({{ join " " (.CommonLabels.Remove .GroupLabels.Names).Values }}){{ end }}';

const bothLists = `{{ if gt (len .Alerts.Firing) 0 }}
Alerts Firing:
{{ template "__text_alert_list" .Alerts.Firing }}
{{ end }}
{{ if gt (len .Alerts.Resolved) 0 }}
Alerts Resolved:
{{ template "__text_alert_list" .Alerts.Resolved }}
{{ end }}
`;

const shared = [
  define('__alertmanager', 'Alertmanager'),
  define('__alertmanagerURL', '{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver | urlquery }}'),
  define('__subject', subject),
  define('__description', ''),
  define('__text_alert_list', alertList),
  define('__text_alert_list_markdown', markdownAlertList),
];

const titled = (integration: string, names: readonly string[]): string[] =>
  names.map((name) => define(`${integration}.default.${name}`, '{{ template "__subject" . }}'));

const empty = (integration: string, names: readonly string[]): string[] =>
  names.map((name) => define(`${integration}.default.${name}`, ''));

const slack = [
  ...titled('slack', ['title']),
  ...empty('slack', ['pretext', 'text', 'footer', 'callbackid', 'iconemoji', 'iconurl']),
  define('slack.default.color', '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}'),
  define('slack.default.username', '{{ template "__alertmanager" . }}'),
  define(
    'slack.default.fallback',
    '{{ template "slack.default.title" . }} | {{ template "slack.default.titlelink" . }}',
  ),
  define('slack.default.titlelink', '{{ template "__alertmanagerURL" . }}'),
];

const pagerduty = [
  ...titled('pagerduty', ['description']),
  define('pagerduty.default.client', '{{ template "__alertmanager" . }}'),
  define('pagerduty.default.clientURL', '{{ template "__alertmanagerURL" . }}'),
  define('pagerduty.default.instances', '{{ template "__text_alert_list" . }}'),
];

const email = [...titled('email', ['subject']), define('email.default.html', emailTemplate)];

const sns = [
  ...titled('sns', ['subject']),
  define('sns.default.message', `{{ join " " .CommonAnnotations.SortedPairs.Values }}\n${bothLists}`),
];

/** All of them as one template text, to be parsed before the user's files. */
export const defaultTemplates: string = [...shared, ...slack, ...pagerduty, ...email, ...sns].join('\n');
