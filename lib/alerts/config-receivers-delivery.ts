/** Integrations that hand a notification to something general: webhook, email, SNS, Jira. */

import { isScalar } from 'yaml';
import { goQuote } from '../model/go-text.ts';
import {
  always,
  bool,
  type Field,
  field,
  openBool,
  text,
  textMap,
  texts,
  whole,
  withDefault,
} from './config-fields.ts';
import { canonicalHeader, httpConfig, tlsConfig } from './config-http.ts';
import { type Decoded, mapping, type Report } from './config-mapping.ts';
import { duration, free, freeMap, goDuration, hostPort, secretTemplateUrl, secretText, url } from './config-values.ts';
import { follow, type Place, scalarText } from './config-yaml.ts';

const sendsResolved = { sendResolved: always(withDefault(bool, true)), httpConfig };

const webhookFields = {
  ...sendsResolved,
  url: secretTemplateUrl,
  urlFile: always(text),
  maxAlerts: always(whole('uint64')),
  timeoutMs: always(goDuration),
  payload: free,
};

/** `max_alerts: 0` sends all; `timeout: 0s` is no limit of its own. */
export type WebhookSettings = Decoded<typeof webhookFields>;

export const webhook = mapping({
  goType: 'webhook.plain',
  fields: webhookFields,
  check: (settings, report) => {
    if (settings.url === null && settings.urlFile === '') report('one of url or url_file must be configured');
    if (settings.url !== null && settings.urlFile !== '') report('at most one of url & url_file must be configured');
  },
});

const emailFields = {
  sendResolved: always(bool),
  to: text,
  from: text,
  hello: text,
  smarthost: hostPort,
  authUsername: text,
  authPassword: secretText,
  authPasswordFile: text,
  authSecret: secretText,
  authSecretFile: text,
  authIdentity: text,
  headers: textMap,
  html: withDefault(text, '{{ template "email.default.html" . }}'),
  text,
  requireTls: openBool,
  tlsConfig,
  forceImplicitTls: openBool,
  threading: mapping({ goType: 'config.ThreadingConfig', fields: { enabled: bool, threadByDate: text } }),
};

/** Header names are in their usual capitals. `force_implicit_tls: null` means implicit TLS on port 465 only. */
export type EmailSettings = Decoded<typeof emailFields>;

function checkEmail(email: EmailSettings, report: Report): void {
  if (email.to === '') report('missing to address in email config');
  const names = new Set<string>();
  for (const name of email.headers.keys()) {
    const canonical = canonicalHeader(name);
    if (names.has(canonical)) report(`duplicate header ${goQuote(canonical)} in email config`, 'headers');
    names.add(canonical);
  }
  if (!email.threading.enabled) return;
  for (const name of ['References', 'In-Reply-To'].filter((each) => names.has(each))) {
    report(`conflicting configuration: threading.enabled conflicts with custom ${name} header`, 'headers');
  }
  if (!['none', 'daily'].includes(email.threading.threadByDate)) {
    report("threading.thread_by_date must be either 'none' or 'daily'", 'threading');
  }
}

const emailMapping = mapping({ goType: 'config.plain', fields: emailFields, check: checkEmail });

/** Email; null entries are refused by config-receivers.ts. */
export const email: Field<EmailSettings> = {
  ...emailMapping,
  decode: (place) => {
    const decoded = emailMapping.decode(place);
    const headers = new Map([...decoded.headers].map(([name, value]) => [canonicalHeader(name), value]));
    const canonical = { ...decoded, headers };
    place.source.places.set(canonical, place);
    if (place.source.broken.has(decoded)) place.source.broken.add(canonical);
    return canonical;
  },
};

const sigv4 = mapping({
  goType: 'sigv4.plain',
  fields: {
    region: text,
    accessKey: text,
    secretKey: secretText,
    profile: text,
    roleArn: text,
    externalId: text,
    useFipsStsEndpoint: bool,
    serviceName: text,
  },
  check: (settings, report) => {
    if ((settings.accessKey === '') !== (settings.secretKey === null)) {
      report('must provide a AWS SigV4 Access key and Secret Key if credentials are specified in the SigV4 config');
    }
    if (settings.externalId !== '' && settings.roleArn === '') report('external_id can only be used with role_arn');
  },
});

const snsFields = {
  ...sendsResolved,
  apiUrl: text,
  sigv4: always(sigv4),
  topicArn: text,
  phoneNumber: text,
  targetArn: text,
  subject: withDefault(text, '{{ template "sns.default.subject" . }}'),
  message: withDefault(text, '{{ template "sns.default.message" . }}'),
  attributes: textMap,
  useAwsHttpClient: bool,
};

/** The first of `topic_arn`, `target_arn` and `phone_number` that is set says where to. */
export type SnsSettings = Decoded<typeof snsFields>;

export const sns = mapping({
  goType: 'config.plain',
  fields: snsFields,
  check: (settings, report) => {
    const given = [settings.topicArn, settings.targetArn, settings.phoneNumber].filter((each) => each !== '');
    if (given.length === 1) return;
    // Alertmanager lets all three together slip through; nobody can mean that.
    report('must provide either a Target ARN, Topic ARN, or Phone Number for SNS config');
  },
});

const jiraText = (template: string): Field<Decoded<typeof jiraTextFields>> => {
  const absent = { template, enableUpdate: null };
  return field({
    ...jiraTextMapping,
    absent,
    decode: (place: Place) => {
      const node = follow(place);
      return isScalar(node) ? { template: scalarText(node), enableUpdate: null } : jiraTextMapping.decode(place);
    },
  });
};

const jiraTextFields = { template: text, enableUpdate: openBool };
const jiraTextMapping = mapping({ goType: 'jira.plain', fields: jiraTextFields });

const jiraFields = {
  ...sendsResolved,
  apiUrl: url,
  apiType: withDefault(text, 'auto'),
  project: text,
  summary: jiraText('{{ template "jira.default.summary" . }}'),
  description: jiraText('{{ template "jira.default.description" . }}'),
  labels: texts,
  priority: withDefault(text, '{{ template "jira.default.priority" . }}'),
  issueType: text,
  reopenTransition: text,
  resolveTransition: text,
  wontFixResolution: text,
  reopenDurationMs: duration,
  fields: freeMap,
};

/** `enableUpdate: null` in `summary` and `description` means true. */
export type JiraSettings = Decoded<typeof jiraFields>;

export const jira = mapping({
  goType: 'jira.plain',
  fields: jiraFields,
  check: (settings, report) => {
    if (settings.project === '') report('missing project in jira_config');
    if (settings.issueType === '') report('missing issue_type in jira_config');
    if (!['auto', 'cloud', 'datacenter'].includes(settings.apiType)) {
      report('unknown api_type on jira_config, must be auto, cloud or datacenter', 'api_type');
    }
  },
});
