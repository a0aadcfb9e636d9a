/** The `global` section: defaults that receivers inherit. */
import { always, bool, openBool, text, withDefault } from './config-fields.ts';
import { DEFAULT_HTTP, defaultTlsConfig, httpConfig } from './config-http.ts';
import { type Decoded, mapping, type Report } from './config-mapping.ts';
import { duration, hostPort, secretText, secretUrl, url } from './config-values.ts';

const globalFields = {
  resolveTimeoutMs: always(withDefault(duration, 300_000)),
  httpConfig: withDefault(httpConfig, DEFAULT_HTTP),
  jiraApiUrl: url,
  smtpFrom: text,
  smtpHello: withDefault(text, 'localhost'),
  smtpSmarthost: hostPort,
  smtpAuthUsername: text,
  smtpAuthPassword: secretText,
  smtpAuthPasswordFile: text,
  smtpAuthSecret: secretText,
  smtpAuthSecretFile: text,
  smtpAuthIdentity: text,
  smtpRequireTls: always(withDefault(bool, true)),
  smtpTlsConfig: defaultTlsConfig,
  smtpForceImplicitTls: openBool,
  slackApiUrl: secretUrl,
  slackApiUrlFile: text,
  slackAppToken: secretText,
  slackAppTokenFile: text,
  slackAppUrl: withDefault(url, 'https://slack.com/api/chat.postMessage'),
  pagerdutyUrl: withDefault(url, 'https://events.pagerduty.com/v2/enqueue'),
  opsgenieApiUrl: withDefault(url, 'https://api.opsgenie.com/'),
  opsgenieApiKey: secretText,
  opsgenieApiKeyFile: text,
  wechatApiUrl: withDefault(url, 'https://qyapi.weixin.qq.com/cgi-bin/'),
  wechatApiSecret: secretText,
  wechatApiSecretFile: text,
  wechatApiCorpId: text,
  victoropsApiUrl: withDefault(url, 'https://alert.victorops.com/integrations/generic/20131114/alert/'),
  victoropsApiKey: secretText,
  victoropsApiKeyFile: text,
  telegramApiUrl: withDefault(url, 'https://api.telegram.org'),
  telegramBotToken: secretText,
  telegramBotTokenFile: text,
  webexApiUrl: withDefault(url, 'https://webexapis.com/v1/messages'),
  rocketchatApiUrl: withDefault(url, 'https://open.rocket.chat/'),
  rocketchatToken: secretText,
  rocketchatTokenFile: text,
  rocketchatTokenId: secretText,
  rocketchatTokenIdFile: text,
  mattermostWebhookUrl: secretUrl,
  mattermostWebhookUrlFile: text,
};

/** The `global` section with its defaults filled in. */
export type GlobalSettings = Decoded<typeof globalFields>;

const exclusivePairs = [
  ['slack_app_token', 'slackAppToken'],
  ['slack_api_url', 'slackApiUrl'],
  ['opsgenie_api_key', 'opsgenieApiKey'],
  ['victorops_api_key', 'victoropsApiKey'],
  ['telegram_bot_token', 'telegramBotToken'],
  ['smtp_auth_password', 'smtpAuthPassword'],
  ['rocketchat_token', 'rocketchatToken'],
  ['rocketchat_token_id', 'rocketchatTokenId'],
  ['smtp_auth_secret', 'smtpAuthSecret'],
  ['wechat_api_secret', 'wechatApiSecret'],
  ['mattermost_webhook_url', 'mattermostWebhookUrl'],
] as const;

function checkGlobal(global: GlobalSettings, report: Report): void {
  for (const [key, property] of exclusivePairs) {
    if (global[property] !== null && global[`${property}File`] !== '') {
      report(`at most one of ${key} & ${key}_file must be configured`, `${key}_file`);
    }
  }
  const hasToken = global.slackAppToken !== null || global.slackAppTokenFile !== '';
  const hasWebhook = global.slackApiUrl !== null || global.slackApiUrlFile !== '';
  // Tokens were once set in http_config beside this very address; such files still load.
  if (hasToken && hasWebhook && global.slackApiUrl?.reveal() !== global.slackAppUrl) {
    report(
      'at most one of slack_app_token/slack_app_token_file & slack_api_url/slack_api_url_file must be configured',
      global.slackApiUrl === null ? 'slack_api_url_file' : 'slack_api_url',
    );
  }
}

/** The `global` section; a missing or empty one has every default. */
export const globalField = mapping({ goType: 'config.plain', fields: globalFields, check: checkGlobal });
