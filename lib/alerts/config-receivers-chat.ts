/** Integrations that post to a chat: Slack, Discord, Microsoft Teams, Mattermost, Rocket.Chat, Webex, Telegram, WeChat. */

import { goQuote } from '../model/go-text.ts';
import { always, bool, list, named, openBool, text, texts, whole, withDefault } from './config-fields.ts';
import { httpConfig } from './config-http.ts';
import { type Decoded, mapping, optional, type Report } from './config-mapping.ts';
import { goDuration, SLACK_BOT_API, secretText, secretUrl, url } from './config-values.ts';

const sendsResolved = { sendResolved: always(withDefault(bool, true)), httpConfig };
const keepsResolved = { sendResolved: always(bool), httpConfig };

/** Text that is a template by default: `{{ template "slack.default.title" . }}`. */
function template(name: string) {
  return withDefault(text, `{{ template "${name}" . }}`);
}

function requireTexts(value: object, names: readonly string[], what: string): string | null {
  const values: Readonly<Record<string, unknown>> = { ...value };
  const missing = names.find((name) => values[name] === '');
  return missing === undefined ? null : `missing ${missing} in ${what}`;
}

function titledField(what: string) {
  return mapping({
    goType: 'config.plain',
    fields: { title: text, value: text, short: openBool },
    check: (each, report) => {
      const missing = requireTexts(each, ['title', 'value'], `${what} field configuration`);
      if (missing !== null) report(missing);
    },
  });
}

const slackConfirmation = mapping({
  goType: 'config.plain',
  fields: { text, title: text, okText: text, dismissText: text },
  check: (confirmation, report) => {
    if (confirmation.text === '') report('missing text in Slack confirmation configuration');
  },
});

const slackAction = mapping({
  goType: 'config.plain',
  fields: { type: text, text, url: text, style: text, name: text, value: text, confirm: optional(slackConfirmation) },
  check: (action, report) => {
    const missing = requireTexts(action, ['type', 'text'], 'Slack action configuration');
    if (missing !== null) report(missing);
    else if (action.url === '' && action.name === '') report('missing name or url in Slack action configuration');
  },
  complete: (action) => (action.url === '' ? action : { ...action, name: '', value: '', confirm: null }),
});

const slackFields = {
  ...keepsResolved,
  apiUrl: secretUrl,
  apiUrlFile: text,
  appToken: secretText,
  appTokenFile: text,
  appUrl: url,
  channel: text,
  username: template('slack.default.username'),
  color: template('slack.default.color'),
  title: template('slack.default.title'),
  titleLink: template('slack.default.titlelink'),
  pretext: template('slack.default.pretext'),
  text: template('slack.default.text'),
  messageText: text,
  fields: list(titledField('Slack'), { goType: '[]*config.SlackField' }),
  shortFields: always(bool),
  footer: template('slack.default.footer'),
  fallback: template('slack.default.fallback'),
  callbackId: template('slack.default.callbackid'),
  iconEmoji: template('slack.default.iconemoji'),
  iconUrl: template('slack.default.iconurl'),
  imageUrl: text,
  thumbUrl: text,
  linkNames: always(bool),
  mrkdwnIn: texts,
  actions: list(slackAction, { goType: '[]*config.SlackAction' }),
  updateMessage: always(bool),
  timeoutMs: always(goDuration),
};

/** `app_token` and `app_url` mean the bot API; otherwise `api_url` is an incoming webhook. */
export type SlackSettings = Decoded<typeof slackFields>;

function checkSlack(slack: SlackSettings, report: Report): void {
  const hasWebhook = slack.apiUrl !== null || slack.apiUrlFile !== '';
  const hasToken = slack.appToken !== null || slack.appTokenFile !== '';
  if (slack.apiUrl !== null && slack.apiUrlFile !== '')
    report('at most one of api_url & api_url_file must be configured');
  if (slack.appToken !== null && slack.appTokenFile !== '') {
    report('at most one of app_token & app_token_file must be configured');
  }
  if (hasWebhook && hasToken) {
    report('at most one of api_url/api_url_file & app_token/app_token_file must be configured');
  }
  if (slack.updateMessage && slack.apiUrl?.reveal() !== SLACK_BOT_API) {
    report(
      `update_message can only be used with bot tokens. api_url must be set to ${SLACK_BOT_API}`,
      'update_message',
    );
  }
}

export const slack = mapping({ goType: 'config.plain', fields: slackFields, check: checkSlack });

const webhookFields = { ...sendsResolved, webhookUrl: secretUrl, webhookUrlFile: text };

function checkWebhookUrl(settings: Decoded<typeof webhookFields>, report: Report): void {
  if (settings.webhookUrl === null && settings.webhookUrlFile === '') {
    report('one of webhook_url or webhook_url_file must be configured');
  }
  atMostOneWebhookUrl(settings, report);
}

function atMostOneWebhookUrl(settings: Decoded<typeof webhookFields>, report: Report): void {
  if (settings.webhookUrl !== null && settings.webhookUrlFile !== '') {
    report('at most one of webhook_url & webhook_url_file must be configured');
  }
}

const discordFields = {
  ...webhookFields,
  content: text,
  title: template('discord.default.title'),
  message: template('discord.default.message'),
  username: text,
  avatarUrl: text,
};
export type DiscordSettings = Decoded<typeof discordFields>;
export const discord = mapping({ goType: 'discord.plain', fields: discordFields, check: checkWebhookUrl });

const msteamsFields = {
  ...webhookFields,
  title: template('msteams.default.title'),
  summary: template('msteams.default.summary'),
  text: template('msteams.default.text'),
};
export type MsteamsSettings = Decoded<typeof msteamsFields>;
export const msteams = mapping({ goType: 'msteams.plain', fields: msteamsFields, check: checkWebhookUrl });

const msteamsv2Fields = {
  ...webhookFields,
  title: template('msteamsv2.default.title'),
  text: template('msteamsv2.default.text'),
};
export type Msteamsv2Settings = Decoded<typeof msteamsv2Fields>;
export const msteamsv2 = mapping({ goType: 'config.plain', fields: msteamsv2Fields, check: checkWebhookUrl });

const mattermostFieldList = list(titledField('Mattermost'), { goType: '[]*mattermost.MattermostField' });

const mattermostAttachment = mapping({
  goType: 'mattermost.MattermostAttachment',
  fields: {
    fallback: text,
    color: text,
    pretext: text,
    text,
    authorName: text,
    authorLink: text,
    authorIcon: text,
    title: text,
    titleLink: text,
    fields: mattermostFieldList,
    thumbUrl: text,
    footer: text,
    footerIcon: text,
    imageUrl: text,
  },
});

const mattermostFields = {
  ...webhookFields,
  channel: text,
  username: template('mattermost.default.username'),
  text: template('mattermost.default.text'),
  fallback: template('mattermost.default.fallback'),
  color: template('mattermost.default.color'),
  pretext: text,
  authorName: text,
  authorLink: text,
  authorIcon: text,
  title: template('mattermost.default.title'),
  titleLink: template('mattermost.default.titlelink'),
  fields: mattermostFieldList,
  thumbUrl: text,
  footer: text,
  footerIcon: text,
  imageUrl: text,
  iconUrl: text,
  iconEmoji: text,
  attachments: list(mattermostAttachment, { goType: '[]*mattermost.MattermostAttachment' }),
  type: text,
  props: optional(mapping({ goType: 'mattermost.MattermostProps', fields: { card: text } })),
  priority: optional(
    mapping({
      goType: 'mattermost.MattermostPriority',
      fields: { priority: text, requestedAck: bool, persistentNotifications: bool },
    }),
  ),
};
export type MattermostSettings = Decoded<typeof mattermostFields>;
export const mattermost = mapping({
  goType: 'mattermost.plain',
  fields: mattermostFields,
  check: atMostOneWebhookUrl,
});

const rocketchatAction = mapping({
  goType: 'config.RocketchatAttachmentAction',
  fields: {
    type: text,
    text,
    url: text,
    imageUrl: named('imageurl', text),
    isWebView: named('iswebview', bool),
    webviewHeightRatio: named('webviewheightratio', text),
    msg: text,
    msgInChatWindow: named('msginchatwindow', bool),
    msgProcessingType: named('msgprocessingtype', text),
  },
});

const rocketchatFields = {
  ...keepsResolved,
  apiUrl: url,
  tokenId: secretText,
  tokenIdFile: text,
  token: secretText,
  tokenFile: text,
  channel: text,
  color: withDefault(text, '{{ if eq .Status "firing" }}red{{ else }}green{{ end }}'),
  title: template('rocketchat.default.title'),
  titleLink: template('rocketchat.default.titlelink'),
  text: template('rocketchat.default.text'),
  fields: list(
    mapping({ goType: 'config.RocketchatAttachmentField', fields: { short: openBool, title: text, value: text } }),
    { goType: '[]*config.RocketchatAttachmentField' },
  ),
  shortFields: always(bool),
  emoji: template('rocketchat.default.emoji'),
  iconUrl: template('rocketchat.default.iconurl'),
  imageUrl: text,
  thumbUrl: text,
  linkNames: always(bool),
  actions: list(rocketchatAction, { goType: '[]*config.RocketchatAttachmentAction' }),
};
export type RocketchatSettings = Decoded<typeof rocketchatFields>;
export const rocketchat = mapping({
  goType: 'config.plain',
  fields: rocketchatFields,
  check: (settings, report) => {
    if (settings.token !== null && settings.tokenFile !== '') {
      report('at most one of token & token_file must be configured');
    }
    if (settings.tokenId !== null && settings.tokenIdFile !== '') {
      report('at most one of token_id & token_id_file must be configured');
    }
  },
});

const webexFields = { ...sendsResolved, apiUrl: url, message: template('webex.default.message'), roomId: always(text) };
export type WebexSettings = Decoded<typeof webexFields>;
export const webex = mapping({
  goType: 'config.plain',
  fields: webexFields,
  check: (settings, report) => {
    if (settings.roomId === '') report('missing room_id on webex_config');
    if (settings.httpConfig?.authorization == null) report('missing webex_configs.http_config.authorization');
  },
});

const telegramFields = {
  ...sendsResolved,
  apiUrl: always(url),
  botToken: secretText,
  botTokenFile: text,
  chatId: whole('int64'),
  chatIdFile: text,
  messageThreadId: whole('int'),
  message: template('telegram.default.message'),
  disableNotifications: bool,
  parseMode: withDefault(text, 'HTML'),
};
export type TelegramSettings = Decoded<typeof telegramFields>;
export const telegram = mapping({
  goType: 'config.plain',
  fields: telegramFields,
  check: (settings, report) => {
    const { chatId, chatIdFile, parseMode } = settings;
    if (settings.botToken !== null && settings.botTokenFile !== '') {
      report('at most one of bot_token & bot_token_file must be configured');
    }
    if (chatId === 0 && chatIdFile === '') report('missing chat_id or chat_id_file on telegram_config');
    if (chatId !== 0 && chatIdFile !== '') report('at most one of chat_id & chat_id_file must be configured');
    if (!['', 'Markdown', 'MarkdownV2', 'HTML'].includes(parseMode)) {
      report('unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty string', 'parse_mode');
    }
  },
});

const wechatFields = {
  ...keepsResolved,
  apiSecret: secretText,
  apiSecretFile: text,
  corpId: text,
  message: template('wechat.default.message'),
  apiUrl: url,
  toUser: template('wechat.default.to_user'),
  toParty: template('wechat.default.to_party'),
  toTag: template('wechat.default.to_tag'),
  agentId: template('wechat.default.agent_id'),
  messageType: withDefault(text, 'text'),
};
export type WechatSettings = Decoded<typeof wechatFields>;
export const wechat = mapping({
  goType: 'config.plain',
  fields: wechatFields,
  complete: (settings) => (settings.messageType === '' ? { ...settings, messageType: 'text' } : settings),
  check: (settings, report) => {
    if (!['', 'text', 'markdown'].includes(settings.messageType)) {
      const type = goQuote(settings.messageType);
      report(`weChat message type ${type} does not match valid options ^(text|markdown)$`, 'message_type');
    }
    if (settings.apiSecret !== null && settings.apiSecretFile !== '') {
      report('at most one of api_secret & api_secret_file must be configured');
    }
  },
});
