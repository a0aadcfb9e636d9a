/** What receivers take over from `global`, and what is wrong when neither says it. */

import type { Secret } from '../model/secret.ts';
import type { GlobalSettings } from './config-global.ts';
import { DEFAULT_HTTP, type HttpSettings } from './config-http.ts';
import {
  type IntegrationKind,
  type IntegrationSettings,
  integrationKinds,
  type ReceiverSettings,
} from './config-receivers.ts';
import type { SlackSettings } from './config-receivers-chat.ts';
import type { EmailSettings } from './config-receivers-delivery.ts';
import { type ConfigSource, complain } from './config-yaml.ts';

/** A receiver with what it leaves open filled in from `global`; complains where nothing is there to fill in. */
export function inheritSettings(
  receiver: ReceiverSettings,
  global: GlobalSettings,
  source: ConfigSource,
): ReceiverSettings {
  const filled: Record<string, unknown> = { ...receiver };
  for (const kind of integrationKinds) filled[kind] = inheritKind(kind, receiver, global, source);
  // Every property was replaced by a list of its own kind.
  return filled as unknown as ReceiverSettings;
}

function inheritKind<K extends IntegrationKind>(
  kind: K,
  receiver: ReceiverSettings,
  global: GlobalSettings,
  source: ConfigSource,
): readonly unknown[] {
  // The compiler does not relate a receiver's property to the kind that names it.
  const settings = receiver[kind] as readonly IntegrationSettings[K][];
  return settings.map((each) => {
    if (source.broken.has(each)) return each;
    const filled = inheritors[kind](each, global);
    if (!('error' in filled)) return filled;
    const place = source.places.get(each);
    if (place !== undefined) complain(place, { code: 'missing-setting', message: filled.error });
    return each;
  });
}

type Filled<T> = T | { readonly error: string };
type Inheritors = {
  readonly [K in IntegrationKind]: (
    settings: IntegrationSettings[K],
    global: GlobalSettings,
  ) => Filled<IntegrationSettings[K]>;
};

function withHttp<T extends { readonly httpConfig: HttpSettings | null }>(settings: T, global: GlobalSettings): T {
  return { ...settings, httpConfig: settings.httpConfig ?? global.httpConfig };
}

/** `a` unless it is unset. */
function or<T>(own: T, inherited: T): T {
  return own === null || own === '' ? inherited : own;
}

/** With a slash at the end of its path. */
function withSlash(address: string | null): string | null {
  return address?.replace(/^([^?#]*[^?#/])(?=[?#]|$)/, '$1/') ?? null;
}

const inheritors: Inheritors = {
  webhook: withHttp,
  discord: withHttp,
  msteams: withHttp,
  msteamsv2: withHttp,
  pushover: withHttp,
  sns: withHttp,
  incidentio: withHttp,
  email: inheritEmail,
  slack: inheritSlack,
  pagerduty: (settings, global) => ({ ...withHttp(settings, global), url: or(settings.url, global.pagerdutyUrl) }),
  webex: (settings, global) => ({ ...withHttp(settings, global), apiUrl: or(settings.apiUrl, global.webexApiUrl) }),
  opsgenie: (settings, global) => {
    const [apiKey, apiKeyFile] = pair(
      [settings.apiKey, settings.apiKeyFile],
      [global.opsgenieApiKey, global.opsgenieApiKeyFile],
    );
    if (apiKey === null && apiKeyFile === '') {
      return { error: 'no global OpsGenie API Key set either inline or in a file' };
    }
    const apiUrl = withSlash(or(settings.apiUrl, global.opsgenieApiUrl));
    return { ...withHttp(settings, global), apiUrl, apiKey, apiKeyFile };
  },
  victorops: (settings, global) => {
    const [apiKey, apiKeyFile] = pair(
      [settings.apiKey, settings.apiKeyFile],
      [global.victoropsApiKey, global.victoropsApiKeyFile],
    );
    if (apiKey === null && apiKeyFile === '') return { error: 'no global VictorOps API Key set' };
    const apiUrl = withSlash(or(settings.apiUrl, global.victoropsApiUrl));
    return { ...withHttp(settings, global), apiUrl, apiKey, apiKeyFile };
  },
  wechat: (settings, global) => {
    const [apiSecret, apiSecretFile] = pair(
      [settings.apiSecret, settings.apiSecretFile],
      [global.wechatApiSecret, global.wechatApiSecretFile],
    );
    const corpId = or(settings.corpId, global.wechatApiCorpId);
    if (apiSecret === null && apiSecretFile === '') {
      return { error: 'no global Wechat Api Secret set either inline or in a file' };
    }
    if (corpId === '') return { error: 'no global Wechat CorpID set' };
    const apiUrl = withSlash(or(settings.apiUrl, global.wechatApiUrl));
    return { ...withHttp(settings, global), apiUrl, apiSecret, apiSecretFile, corpId };
  },
  telegram: (settings, global) => {
    const [botToken, botTokenFile] = pair(
      [settings.botToken, settings.botTokenFile],
      [global.telegramBotToken, global.telegramBotTokenFile],
    );
    if (botToken === null && botTokenFile === '') {
      return { error: 'missing bot_token or bot_token_file on telegram_config' };
    }
    const apiUrl = or(settings.apiUrl, global.telegramApiUrl);
    return { ...withHttp(settings, global), apiUrl, botToken, botTokenFile };
  },
  jira: (settings, global) => {
    const apiUrl = or(settings.apiUrl, global.jiraApiUrl);
    return apiUrl === null ? { error: 'no global Jira Cloud URL set' } : { ...withHttp(settings, global), apiUrl };
  },
  rocketchat: (settings, global) => {
    const [tokenId, tokenIdFile] = pair(
      [settings.tokenId, settings.tokenIdFile],
      [global.rocketchatTokenId, global.rocketchatTokenIdFile],
    );
    const [token, tokenFile] = pair(
      [settings.token, settings.tokenFile],
      [global.rocketchatToken, global.rocketchatTokenFile],
    );
    if (tokenId === null && tokenIdFile === '') {
      return { error: 'no global Rocketchat TokenID set either inline or in a file' };
    }
    if (token === null && tokenFile === '') {
      return { error: 'no global Rocketchat Token set either inline or in a file' };
    }
    const apiUrl = or(settings.apiUrl, global.rocketchatApiUrl);
    return { ...withHttp(settings, global), apiUrl, tokenId, tokenIdFile, token, tokenFile };
  },
  mattermost: (settings, global) => {
    const [webhookUrl, webhookUrlFile] = pair(
      [settings.webhookUrl, settings.webhookUrlFile],
      [global.mattermostWebhookUrl, global.mattermostWebhookUrlFile],
    );
    if (webhookUrl === null && webhookUrlFile === '') {
      return { error: 'missing webhook_url or webhook_url_file on mattermost_config' };
    }
    return { ...withHttp(settings, global), webhookUrl, webhookUrlFile };
  },
};

type SecretOrFile = readonly [secret: Secret | null, file: string];

/** A secret and the file it may be in: those of the receiver if it says either, else both of `global`. */
function pair(own: SecretOrFile, inherited: SecretOrFile): SecretOrFile {
  return own[0] !== null || own[1] !== '' ? own : inherited;
}

function inheritEmail(email: EmailSettings, global: GlobalSettings): Filled<EmailSettings> {
  const smarthost = or(email.smarthost, global.smtpSmarthost);
  const from = or(email.from, global.smtpFrom);
  if (smarthost === '') return { error: 'no global SMTP smarthost set' };
  if (from === '') return { error: 'no global SMTP from set' };
  const [authPassword, authPasswordFile] = pair(
    [email.authPassword, email.authPasswordFile],
    [global.smtpAuthPassword, global.smtpAuthPasswordFile],
  );
  const [authSecret, authSecretFile] = pair(
    [email.authSecret, email.authSecretFile],
    [global.smtpAuthSecret, global.smtpAuthSecretFile],
  );
  const headers = new Map([
    ['From', from],
    ['Subject', '{{ template "email.default.subject" . }}'],
    ['To', email.to],
    ...email.headers,
  ]);
  return {
    ...email,
    headers,
    smarthost,
    from,
    hello: or(email.hello, global.smtpHello),
    authUsername: or(email.authUsername, global.smtpAuthUsername),
    authPassword,
    authPasswordFile,
    authSecret,
    authSecretFile,
    authIdentity: or(email.authIdentity, global.smtpAuthIdentity),
    requireTls: email.requireTls ?? global.smtpRequireTls,
    tlsConfig: email.tlsConfig ?? global.smtpTlsConfig,
    forceImplicitTls: email.forceImplicitTls ?? global.smtpForceImplicitTls,
  };
}

function inheritSlack(slack: SlackSettings, global: GlobalSettings): Filled<SlackSettings> {
  const hasToken = slack.appToken !== null || slack.appTokenFile !== '';
  const isAuthorized = (slack.httpConfig?.authorization ?? null) !== null;
  // A receiver with its own address or its own authorization does not want the common token.
  const takesToken = !hasToken && !isAuthorized && slack.apiUrl === null;
  const hasAddress = slack.apiUrl !== null || slack.apiUrlFile !== '';
  const appToken = takesToken ? global.slackAppToken : slack.appToken;
  const appTokenFile = takesToken ? global.slackAppTokenFile : slack.appTokenFile;
  const apiUrl = hasAddress ? slack.apiUrl : global.slackApiUrl;
  const apiUrlFile = hasAddress ? slack.apiUrlFile : global.slackApiUrlFile;
  const sendsByToken = appToken !== null || appTokenFile !== '';
  if (!sendsByToken && apiUrl === null && apiUrlFile === '') {
    return { error: 'no Slack API URL nor App token set either inline or in a file' };
  }
  if (sendsByToken && isAuthorized) {
    return { error: "http authorization can't be set when using Slack App tokens" };
  }
  return {
    ...slack,
    httpConfig: slack.httpConfig ?? global.httpConfig ?? DEFAULT_HTTP,
    appUrl: slack.appUrl ?? global.slackAppUrl,
    appToken,
    appTokenFile,
    // With a token the message goes to the bot API and an inherited webhook has no say.
    apiUrl: sendsByToken ? null : apiUrl,
    apiUrlFile: sendsByToken ? '' : apiUrlFile,
  };
}
