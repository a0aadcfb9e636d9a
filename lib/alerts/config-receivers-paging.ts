/** Integrations that page people: PagerDuty, Opsgenie, VictorOps, Pushover, incident.io. */
import { always, bool, list, text, textMap, whole, withDefault } from './config-fields.ts';
import { httpConfig } from './config-http.ts';
import { type Decoded, mapping, type Report } from './config-mapping.ts';
import { type FreeValue, freeMap, goDuration, goDurationText, secretText, url } from './config-values.ts';

const sendsResolved = { sendResolved: always(withDefault(bool, true)), httpConfig };

const pagerdutyFields = {
  ...sendsResolved,
  serviceKey: secretText,
  serviceKeyFile: text,
  routingKey: secretText,
  routingKeyFile: text,
  url,
  client: withDefault(text, '{{ template "pagerduty.default.client" . }}'),
  clientUrl: withDefault(text, '{{ template "pagerduty.default.clientURL" . }}'),
  description: withDefault(text, '{{ template "pagerduty.default.description" .}}'),
  details: freeMap,
  images: list(mapping({ goType: 'config.PagerdutyImage', fields: { src: text, alt: text, href: text } }), {
    goType: '[]config.PagerdutyImage',
  }),
  links: list(mapping({ goType: 'config.PagerdutyLink', fields: { href: text, text } }), {
    goType: '[]config.PagerdutyLink',
  }),
  source: text,
  severity: text,
  class: text,
  component: text,
  group: text,
  timeoutMs: always(goDuration),
};

const pagerdutyDetails: readonly (readonly [string, FreeValue])[] = [
  ['firing', '{{ .Alerts.Firing | toJson }}'],
  ['resolved', '{{ .Alerts.Resolved | toJson }}'],
  ['num_firing', '{{ .Alerts.Firing | len }}'],
  ['num_resolved', '{{ .Alerts.Resolved | len }}'],
];

/** `routing_key` means the Events API v2, `service_key` v1. `details` already holds the four default entries. */
export type PagerdutySettings = Decoded<typeof pagerdutyFields>;

function checkPagerduty(settings: PagerdutySettings, report: Report): void {
  const { routingKey, routingKeyFile, serviceKey, serviceKeyFile } = settings;
  const hasRoutingKey = routingKey !== null || routingKeyFile !== '';
  if (!hasRoutingKey && serviceKey === null && serviceKeyFile === '') {
    report('missing service or routing key in PagerDuty config');
  }
  if (routingKey !== null && routingKeyFile !== '') {
    report('at most one of routing_key & routing_key_file must be configured');
  }
  if (serviceKey !== null && serviceKeyFile !== '') {
    report('at most one of service_key & service_key_file must be configured');
  }
}

export const pagerduty = mapping({
  goType: 'config.plain',
  fields: pagerdutyFields,
  check: checkPagerduty,
  complete: (settings) => ({
    ...settings,
    source: settings.source === '' ? settings.client : settings.source,
    details: new Map([...pagerdutyDetails, ...settings.details]),
  }),
});

const responderTypes = '^(team|teams|user|escalation|schedule)$';

const opsgenieFields = {
  ...sendsResolved,
  apiKey: secretText,
  apiKeyFile: text,
  apiUrl: url,
  message: withDefault(text, '{{ template "opsgenie.default.message" . }}'),
  description: withDefault(text, '{{ template "opsgenie.default.description" . }}'),
  source: withDefault(text, '{{ template "opsgenie.default.source" . }}'),
  details: textMap,
  entity: text,
  responders: list(
    mapping({
      goType: 'config.OpsGenieConfigResponder',
      fields: { id: text, name: text, username: text, type: text },
      check: (responder, report) => {
        const { id, name, username, type } = responder;
        const shown = `opsGenieConfig responder {${id} ${name} ${username} ${type}}`;
        if (id === '' && name === '' && username === '') {
          report(`${shown} has to have at least one of id, username or name specified`);
        } else if (!type.includes('{{') && !/^(team|teams|user|escalation|schedule)$/i.test(type)) {
          report(`${shown} type does not match valid options ${responderTypes}`, 'type');
        }
      },
    }),
    { goType: '[]config.OpsGenieConfigResponder' },
  ),
  actions: text,
  tags: text,
  note: text,
  priority: text,
  updateAlerts: bool,
};

export type OpsgenieSettings = Decoded<typeof opsgenieFields>;

function checkApiKey(settings: { readonly apiKey: unknown; readonly apiKeyFile: string }, report: Report): void {
  if (settings.apiKey !== null && settings.apiKeyFile !== '') {
    report('at most one of api_key & api_key_file must be configured');
  }
}

export const opsgenie = mapping({ goType: 'config.plain', fields: opsgenieFields, check: checkApiKey });

const victoropsReserved = [
  'routing_key',
  'message_type',
  'state_message',
  'entity_display_name',
  'monitoring_tool',
  'entity_id',
  'entity_state',
];

const victoropsFields = {
  ...sendsResolved,
  apiKey: secretText,
  apiKeyFile: text,
  apiUrl: always(url),
  routingKey: always(text),
  messageType: always(withDefault(text, 'CRITICAL')),
  stateMessage: always(withDefault(text, '{{ template "victorops.default.state_message" . }}')),
  entityDisplayName: always(withDefault(text, '{{ template "victorops.default.entity_display_name" . }}')),
  monitoringTool: always(withDefault(text, '{{ template "victorops.default.monitoring_tool" . }}')),
  customFields: textMap,
};

export type VictoropsSettings = Decoded<typeof victoropsFields>;

export const victorops = mapping({
  goType: 'config.plain',
  fields: victoropsFields,
  check: (settings, report) => {
    if (settings.routingKey === '') report('missing Routing key in VictorOps config');
    checkApiKey(settings, report);
    for (const name of victoropsReserved.filter((each) => settings.customFields.has(each))) {
      report(
        `victorOps config contains custom field ${name} which cannot be used as it conflicts with the fixed/static fields`,
        'custom_fields',
      );
    }
  },
});

const pushoverFields = {
  ...sendsResolved,
  userKey: secretText,
  userKeyFile: text,
  token: secretText,
  tokenFile: text,
  title: withDefault(text, '{{ template "pushover.default.title" . }}'),
  message: withDefault(text, '{{ template "pushover.default.message" . }}'),
  url: withDefault(text, '{{ template "pushover.default.url" . }}'),
  urlTitle: text,
  device: text,
  sound: text,
  priority: withDefault(text, '{{ if eq .Status "firing" }}2{{ else }}0{{ end }}'),
  retryMs: withDefault(goDurationText, 60_000),
  expireMs: withDefault(goDurationText, 3_600_000),
  ttlMs: goDurationText,
  html: bool,
  monospace: bool,
};

export type PushoverSettings = Decoded<typeof pushoverFields>;

export const pushover = mapping({
  goType: 'config.plain',
  fields: pushoverFields,
  check: (settings, report) => {
    for (const [key, value, file] of [
      ['user_key', settings.userKey, settings.userKeyFile],
      ['token', settings.token, settings.tokenFile],
    ] as const) {
      if (value === null && file === '') report(`one of ${key} or ${key}_file must be configured`);
      if (value !== null && file !== '') report(`at most one of ${key} & ${key}_file must be configured`);
    }
    if (settings.html && settings.monospace) report('at most one of monospace & html must be configured');
  },
});

const incidentioFields = {
  ...sendsResolved,
  url: always(url),
  urlFile: always(text),
  alertSourceToken: secretText,
  alertSourceTokenFile: text,
  maxAlerts: always(whole('uint64')),
  timeoutMs: always(goDuration),
};

export type IncidentioSettings = Decoded<typeof incidentioFields>;

function checkIncidentio(settings: IncidentioSettings, report: Report): void {
  const { alertSourceToken, alertSourceTokenFile, httpConfig: http } = settings;
  const hasToken = alertSourceToken !== null || alertSourceTokenFile !== '';
  if (settings.url === null && settings.urlFile === '') report('one of url or url_file must be configured');
  if (settings.url !== null && settings.urlFile !== '') report('at most one of url & url_file must be configured');
  if (alertSourceToken !== null && alertSourceTokenFile !== '') {
    report('at most one of alert_source_token & alert_source_token_file must be configured');
  }
  if (http === null) return;
  if (http.authorization !== null && hasToken) {
    report('cannot specify alert_source_token or alert_source_token_file when using http_config.authorization');
  }
  if (http.authorization === null && !hasToken) {
    report(
      'at least one of alert_source_token, alert_source_token_file or http_config.authorization must be configured',
    );
  }
}

export const incidentio = mapping({ goType: 'incidentio.plain', fields: incidentioFields, check: checkIncidentio });
