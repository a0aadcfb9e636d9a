/**
 * Receivers: named destinations, each with the settings of its integrations. Every integration Alertmanager knows is read
 * whole, those that Tocsin cannot send to yet as well. What a receiver leaves open comes from `global` (config-inherit.ts).
 */
import { goQuote } from '../model/go-text.ts';
import type { Labels } from '../model/labels.ts';
import { type Field, list, named, text, textMap } from './config-fields.ts';
import { type Decoded, mapping } from './config-mapping.ts';
import {
  type DiscordSettings,
  discord,
  type MattermostSettings,
  type MsteamsSettings,
  type Msteamsv2Settings,
  mattermost,
  msteams,
  msteamsv2,
  type RocketchatSettings,
  rocketchat,
  type SlackSettings,
  slack,
  type TelegramSettings,
  telegram,
  type WebexSettings,
  type WechatSettings,
  webex,
  wechat,
} from './config-receivers-chat.ts';
import {
  type EmailSettings,
  email,
  type JiraSettings,
  jira,
  type SnsSettings,
  sns,
  type WebhookSettings,
  webhook,
} from './config-receivers-delivery.ts';
import {
  type IncidentioSettings,
  incidentio,
  type OpsgenieSettings,
  opsgenie,
  type PagerdutySettings,
  type PushoverSettings,
  pagerduty,
  pushover,
  type VictoropsSettings,
  victorops,
} from './config-receivers-paging.ts';

/** Settings by kind of integration, as they are after inheritance. */
export interface IntegrationSettings {
  readonly webhook: WebhookSettings;
  readonly email: EmailSettings;
  readonly pagerduty: PagerdutySettings;
  readonly opsgenie: OpsgenieSettings;
  readonly wechat: WechatSettings;
  readonly slack: SlackSettings;
  readonly victorops: VictoropsSettings;
  readonly pushover: PushoverSettings;
  readonly sns: SnsSettings;
  readonly telegram: TelegramSettings;
  readonly discord: DiscordSettings;
  readonly webex: WebexSettings;
  readonly msteams: MsteamsSettings;
  readonly msteamsv2: Msteamsv2Settings;
  readonly jira: JiraSettings;
  readonly rocketchat: RocketchatSettings;
  readonly mattermost: MattermostSettings;
  readonly incidentio: IncidentioSettings;
}

export type IntegrationKind = keyof IntegrationSettings;

/** Every kind, in the order in which a receiver's integrations are listed. */
export const integrationKinds = [
  'webhook',
  'email',
  'pagerduty',
  'opsgenie',
  'wechat',
  'slack',
  'victorops',
  'pushover',
  'sns',
  'telegram',
  'discord',
  'webex',
  'msteams',
  'msteamsv2',
  'jira',
  'rocketchat',
  'mattermost',
  'incidentio',
] as const satisfies readonly IntegrationKind[];

/** One destination of a receiver. `index` counts within its kind, as the notification log does: `ops/slack/0`. */
export type Integration = {
  readonly [K in IntegrationKind]: {
    readonly kind: K;
    readonly index: number;
    readonly settings: IntegrationSettings[K];
  };
}[IntegrationKind];

/** A named destination. */
export interface Receiver {
  readonly name: string;
  /** With the label `name`. */
  readonly labels: Labels;
  readonly integrations: readonly Integration[];
}

function entries<T>(kind: string, settings: Field<T>): Field<readonly T[]> {
  return named(`${kind}_configs`, list(settings, { goType: `[]*config.${kind}`, nullItem: `missing ${kind} config` }));
}

// In the order in which a printed configuration lists them.
const receiverFields = {
  name: text,
  labels: textMap,
  discord: entries('discord', discord),
  email: entries('email', email),
  incidentio: entries('incidentio', incidentio),
  pagerduty: entries('pagerduty', pagerduty),
  slack: entries('slack', slack),
  webhook: entries('webhook', webhook),
  opsgenie: entries('opsgenie', opsgenie),
  wechat: entries('wechat', wechat),
  pushover: entries('pushover', pushover),
  victorops: entries('victorops', victorops),
  sns: entries('sns', sns),
  telegram: entries('telegram', telegram),
  webex: entries('webex', webex),
  msteams: entries('msteams', msteams),
  msteamsv2: entries('msteamsv2', msteamsv2),
  jira: entries('jira', jira),
  rocketchat: entries('rocketchat', rocketchat),
  mattermost: entries('mattermost', mattermost),
};

/** A receiver as the file has it: the settings of each kind under the name of the kind. */
export type ReceiverSettings = Decoded<typeof receiverFields>;

const receiver = mapping({
  goType: 'config.plain',
  fields: { ...receiverFields, name: { ...text, always: true } },
  check: ({ name, labels }, report) => {
    if (name === '') report('missing name in receiver');
    const label = labels.get('name');
    if (label !== undefined && label !== name) {
      report(`receiver label "name" must match receiver name ${goQuote(name)}, got ${goQuote(label)}`, 'labels');
    }
  },
  complete: (settings) => ({ ...settings, labels: new Map([...settings.labels, ['name', settings.name]]) }),
});

export const receivers = list(receiver, { goType: '[]config.Receiver', nullItem: 'missing name in receiver' });
