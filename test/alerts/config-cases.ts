/** Configurations with Alertmanager's verdict: the message it refuses them with, or null. Checked against a real amtool by config.integration.ts. */
export interface ConfigCase {
  readonly name: string;
  readonly yaml: string;
  /** Part of the message that says why it is refused; null when it is accepted. */
  readonly message: string | null;
}

const okReceiver = 'receivers: [{name: r}]';

function whole(name: string, yaml: string, message: string | null): ConfigCase {
  return { name, yaml, message };
}

/** A root route with more in it. */
function route(name: string, fields: string, message: string | null): ConfigCase {
  return { name, yaml: `route: {receiver: r, ${fields}}\n${okReceiver}\n`, message };
}

/** One integration in the only receiver. */
function integration(kind: string, fields: string, message: string | null): ConfigCase {
  const yaml = `route: {receiver: r}\nreceivers:\n- name: r\n  ${kind}_configs:\n  - ${fields}\n`;
  return { name: `${kind}: ${fields}`, yaml, message };
}

function global(fields: string, message: string | null, rest = ''): ConfigCase {
  return {
    name: `global: ${fields}`,
    yaml: `global: {${fields}}\nroute: {receiver: r}\n${okReceiver}\n${rest}`,
    message,
  };
}

/** One entry of a time interval. */
function interval(entry: string, message: string | null): ConfigCase {
  const yaml = `route: {receiver: r}\n${okReceiver}\ntime_intervals: [{name: t, time_intervals: [${entry}]}]\n`;
  return { name: `interval: ${entry}`, yaml, message };
}

const documents: readonly ConfigCase[] = [
  whole('minimal', `route: {receiver: r}\n${okReceiver}\n`, null),
  whole('empty', '', 'no route provided in config'),
  whole('only a comment', '# nothing\n', 'no route provided in config'),
  whole('no route', `${okReceiver}\n`, 'no routes provided'),
  whole('null rule', `route: {receiver: r}\n${okReceiver}\ninhibit_rules: [null]\n`, null),
  whole('null global', `global:\nroute: {receiver: r}\n${okReceiver}\n`, null),
  whole(
    'unknown key',
    `route: {receiver: r}\n${okReceiver}\nsilences: []\n`,
    'field silences not found in type config.plain',
  ),
  whole(
    'repeated key',
    `route: {receiver: r}\n${okReceiver}\nroute: {receiver: r}\n`,
    'field route already set in type config.plain',
  ),
  whole('list for a section', `route: [a]\n${okReceiver}\n`, 'cannot unmarshal !!seq into config.plain'),
  whole('second document', `route: {receiver: r}\n${okReceiver}\n---\nmore: true\n`, null),
  whole('anchors and merges', `x-none: &r {receiver: r}\nroute: {<<: *r}\n${okReceiver}\n`, 'field x-none not found'),
  whole(
    'anchor in use',
    'route: &r {receiver: r, routes: [{<<: *r, receiver: r}]}\nreceivers: [{name: r}]\n',
    'anchor',
  ),
  whole('templates that match nothing', `route: {receiver: r}\n${okReceiver}\ntemplates: ['none/*.tmpl']\n`, null),
  whole('no name', 'route: {receiver: r}\nreceivers: [{name: r}, {labels: {a: b}}]\n', 'missing name in receiver'),
  whole(
    'same name',
    'route: {receiver: r}\nreceivers: [{name: r}, {name: r}]\n',
    'notification config name "r" is not unique',
  ),
  whole(
    'foreign name label',
    'route: {receiver: r}\nreceivers: [{name: r, labels: {name: z}}]\n',
    'receiver label "name" must match receiver name "r", got "z"',
  ),
  whole(
    'interval without a name',
    `route: {receiver: r}\n${okReceiver}\ntime_intervals: [{time_intervals: []}]\n`,
    'missing name in time interval',
  ),
  whole(
    'interval twice',
    `route: {receiver: r}\n${okReceiver}\nmute_time_intervals: [{name: x}]\ntime_intervals: [{name: x}]\n`,
    'time interval "x" is not unique',
  ),
  whole(
    'inhibition label',
    `route: {receiver: r}\n${okReceiver}\ninhibit_rules: [{equal: ['']}]\n`,
    'invalid label name "" in equal list',
  ),
  whole('inhibition of any name', `route: {receiver: r}\n${okReceiver}\ninhibit_rules: [{equal: [dΘ]}]\n`, null),
  whole(
    'inhibition by classic match',
    `route: {receiver: r}\n${okReceiver}\ninhibit_rules: [{source_match: {0a: b}}]\n`,
    'invalid label name "0a"',
  ),
];

const routes: readonly ConfigCase[] = [
  whole('no receiver', `route: {group_by: [a]}\n${okReceiver}\n`, 'root route must specify a default receiver'),
  whole('undefined receiver', `route: {receiver: q}\n${okReceiver}\n`, 'undefined receiver "q" used in route'),
  route('root matchers', 'matchers: [a=b]', 'root route must not have any matchers'),
  route('root match', 'match: {a: b}', 'root route must not have any matchers'),
  route('root mute', 'mute_time_intervals: [t]', 'root route must not have any mute time intervals'),
  route('root active', 'active_time_intervals: [t]', 'root route must not have any active time intervals'),
  route('root continue', 'continue: true', 'cannot have continue in root route'),
  route('child of unknown receiver', 'routes: [{receiver: q}]', 'undefined receiver "q" used in route'),
  route('unknown interval', 'routes: [{mute_time_intervals: [z]}]', 'undefined time interval "z" used in route'),
  route('all labels', "group_by: ['...']", null),
  route(
    'all and one',
    "group_by: ['...', a]",
    'cannot have wildcard group_by (`...`) and other labels at the same time',
  ),
  route('label twice', 'group_by: [a, a]', 'duplicated label "a" in group_by'),
  route('empty label', "group_by: ['']", 'invalid label name "" in group_by list'),
  route('any label', 'group_by: [dΘ]', null),
  route('fraction', 'group_wait: 1.5m', 'unknown unit "." in duration "1.5m"'),
  route('no unit', 'group_wait: 5', 'not a valid duration string: "5"'),
  route('units out of order', 'group_wait: 30m1h', 'not a valid duration string: "30m1h"'),
  route('empty duration', "group_wait: ''", 'empty duration string'),
  route('no microseconds', 'group_wait: 5us', 'unknown unit "us" in duration "5us"'),
  route('zero wait', 'group_wait: 0', null),
  route('zero interval', 'group_interval: 0s', 'group_interval cannot be zero'),
  route('zero repeat', 'repeat_interval: 0s', 'repeat_interval cannot be zero'),
  route('matchers', "routes: [{matchers: ['a=b, c!=d', 'e=~\"f|g\"', 'h!~i']}]", null),
  route('matcher in braces', "routes: [{matchers: ['{a=b,c=d}']}]", null),
  route('matcher with a UTF-8 name', 'routes: [{matchers: [\'"dΘ"=x\']}]', null),
  route('matcher without operator', 'routes: [{matchers: [foo]}]', 'bad matcher format: foo'),
  route('matcher expression', "routes: [{matchers: ['a=~[(']}]", 'error parsing regexp: missing closing ]: `[()$`'),
  route('matcher quotes', 'routes: [{matchers: [\'a="b"c\']}]', 'matcher value contains unescaped double quote: "b"c'),
  route('match of a UTF-8 name', 'routes: [{match: {dΘ: x}}]', 'invalid label name "dΘ"'),
  route('match_re', 'routes: [{match_re: {a: "b|c"}}]', null),
  route('match_re expression', "routes: [{match_re: {a: '(('}}]", 'error parsing regexp'),
  route('match_re without value', 'routes: [{match_re: {a: }}]', 'invalid regexp value for "a"'),
  route('words for booleans', 'routes: [{continue: yes}, {continue: off}]', null),
  route('text for a boolean', 'routes: [{continue: maybe}]', 'cannot unmarshal !!str `maybe` into bool'),
];

const intervals: readonly ConfigCase[] = [
  interval('{times: [{start_time: 10:00, end_time: 24:00}], weekdays: [monday:friday], years: [2025]}', null),
  interval("{days_of_month: ['-3:-1', '1:5'], months: ['january:march', 13], location: Europe/Berlin}", null),
  interval('{weekdays: [someday]}', 'someday is not a valid weekday'),
  interval('{weekdays: [friday:monday]}', 'start day cannot be before end day'),
  interval('{times: [{start_time: 1:00, end_time: 02:00}]}', "couldn't parse timestamp 1:00, invalid format"),
  interval('{times: [{start_time: 03:00, end_time: 02:00}]}', 'start time cannot be equal or greater than end time'),
  interval('{times: [{start_time: 03:00}]}', 'both start and end times must be provided'),
  interval('{days_of_month: [0]}', '0 is not a valid day of the month: out of range'),
  interval("{days_of_month: ['-3:5']}", 'end day must be negative if start day is negative'),
  interval("{days_of_month: ['10:-25']}", 'end day -25 is always before start day 10'),
  interval('{months: [may:april]}', 'end month april is before start month may'),
  interval('{months: [someday]}', 'someday is not a valid month'),
  interval("{years: ['2025:2020']}", 'end year 2020 is before start year 2025'),
  interval('{location: Mars/Base}', 'unknown time zone Mars/Base'),
];

const globals: readonly ConfigCase[] = [
  global('resolve_timeout: 2m, smtp_smarthost: "mail:25"', null),
  global('smtp_smarthost: mail', 'address mail: missing port in address'),
  global("smtp_smarthost: 'mail:'", 'address "mail:": port cannot be empty'),
  global(
    'slack_api_url: http://s, slack_api_url_file: f',
    'at most one of slack_api_url & slack_api_url_file must be configured',
  ),
  global('opsgenie_api_key: k, opsgenie_api_key_file: f', 'at most one of opsgenie_api_key & opsgenie_api_key_file'),
  global(
    'smtp_auth_password: k, smtp_auth_password_file: f',
    'at most one of smtp_auth_password & smtp_auth_password_file',
  ),
  global(
    'slack_app_token: t, slack_api_url: http://s',
    'at most one of slack_app_token/slack_app_token_file & slack_api_url/slack_api_url_file must be configured',
  ),
  global('pagerduty_url: ftp://x', 'unsupported scheme "ftp" for URL'),
  global('pagerduty_url: "http://"', 'missing host for URL'),
  global('http_config: {bearer_token: a, bearer_token_file: b}', 'at most one of bearer_token & bearer_token_file'),
  global(
    'http_config: {basic_auth: {username: a}, bearer_token: b}',
    'at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured',
  ),
  global(
    'http_config: {basic_auth: {password: a, password_file: b}}',
    'at most one of basic_auth password, password_file & password_ref must be configured',
  ),
  global(
    'http_config: {authorization: {type: Basic}}',
    'authorization type cannot be set to "basic", use "basic_auth" instead',
  ),
  global('http_config: {http_headers: {x-b: {values: [a]}}}', null),
  global('http_config: {http_headers: {host: {values: [a]}}}', 'setting header "Host" is not allowed'),
  global('http_config: {tls_config: {min_version: TLS9}}', 'unknown TLS version: TLS9'),
  global('http_config: {oauth2: {client_id: a}}', 'oauth2 token_url must be configured'),
];

const destinations: readonly ConfigCase[] = [
  integration('webhook', '{url: "http://h/{{ .Receiver }}", timeout: 1.5s, payload: {a: [1, yes]}}', null),
  integration('webhook', '{send_resolved: true}', 'one of url or url_file must be configured'),
  integration('webhook', '{url: http://h, url_file: f}', 'at most one of url & url_file must be configured'),
  integration('webhook', '{url: h}', 'invalid URL: unsupported scheme "" for URL'),
  integration('webhook', '{url: http://h, timeout: 1d}', 'cannot unmarshal !!str `1d` into time.Duration'),
  integration('webhook', '{url: http://h, timeout: 1000}', null),
  integration('webhook', '{url: http://h, max_alerts: -1}', 'cannot unmarshal !!int `-1` into uint64'),
  integration('email', '{to: a@b}', 'no global SMTP smarthost set'),
  integration('email', "{to: a@b, smarthost: 'm:25'}", 'no global SMTP from set'),
  integration('email', "{to: a@b, smarthost: 'm:25', from: c@d}", null),
  integration('email', "{smarthost: 'm:25', from: c@d}", 'missing to address in email config'),
  integration('email', '{to: a@b, headers: {subject: x, Subject: y}}', 'duplicate header "Subject" in email config'),
  integration('slack', '{channel: c}', 'no Slack API URL nor App token set either inline or in a file'),
  integration('slack', '{api_url: http://s, fields: [{title: t}]}', 'missing value in Slack field configuration'),
  integration(
    'slack',
    '{api_url: http://s, actions: [{type: button, text: t}]}',
    'missing name or url in Slack action configuration',
  ),
  integration('slack', '{api_url: http://s, update_message: true}', 'update_message can only be used with bot tokens'),
  integration('pagerduty', '{class: c}', 'missing service or routing key in PagerDuty config'),
  integration('pagerduty', '{routing_key: a, routing_key_file: b}', 'at most one of routing_key & routing_key_file'),
  integration('pagerduty', '{routing_key: a, details: {n: 1, y: {n: 2}}}', null),
  integration('opsgenie', '{priority: P1}', 'no global OpsGenie API Key set either inline or in a file'),
  integration('opsgenie', '{api_key: k, responders: [{name: n, type: squad}]}', 'type does not match valid options'),
  integration('victorops', '{api_key: k}', 'missing Routing key in VictorOps config'),
  integration(
    'victorops',
    '{api_key: k, routing_key: r, custom_fields: {entity_id: x}}',
    'custom field entity_id which cannot be used',
  ),
  integration('pushover', '{user_key: u}', 'one of token or token_file must be configured'),
  integration('pushover', '{user_key: u, token: t, html: true, monospace: true}', 'at most one of monospace & html'),
  integration('pushover', '{user_key: u, token: t, retry: 90s}', null),
  integration('sns', '{subject: s}', 'must provide either a Target ARN, Topic ARN, or Phone Number for SNS config'),
  integration('sns', '{topic_arn: a, sigv4: {access_key: k}}', 'must provide a AWS SigV4 Access key and Secret Key'),
  integration('telegram', '{bot_token: t}', 'missing chat_id or chat_id_file on telegram_config'),
  integration('telegram', '{chat_id: 1}', 'missing bot_token or bot_token_file on telegram_config'),
  integration('telegram', '{bot_token: t, chat_id: 1, parse_mode: X}', 'unknown parse_mode on telegram_config'),
  integration('discord', '{title: t}', 'one of webhook_url or webhook_url_file must be configured'),
  integration('webex', '{message: m}', 'missing room_id on webex_config'),
  integration('webex', '{room_id: m}', 'missing webex_configs.http_config.authorization'),
  integration('msteams', '{title: t}', 'one of webhook_url or webhook_url_file must be configured'),
  integration('msteamsv2', '{webhook_url: http://t}', null),
  integration('jira', '{issue_type: t}', 'missing project in jira_config'),
  integration('jira', '{issue_type: t, project: p}', 'no global Jira Cloud URL set'),
  integration('jira', '{issue_type: t, project: p, api_url: http://j, description: {enable_update: false}}', null),
  integration('rocketchat', '{token: t}', 'no global Rocketchat TokenID set either inline or in a file'),
  integration('wechat', '{corp_id: c}', 'no global Wechat Api Secret set either inline or in a file'),
  integration(
    'wechat',
    '{api_secret: c, corp_id: c, message_type: x}',
    'weChat message type "x" does not match valid options',
  ),
  integration('mattermost', '{channel: c}', 'missing webhook_url or webhook_url_file on mattermost_config'),
  integration(
    'incidentio',
    '{url: http://i, http_config: {}}',
    'at least one of alert_source_token, alert_source_token_file',
  ),
  ...'webhook email pushover pagerduty victorops sns telegram discord webex msteams msteamsv2 jira mattermost incidentio'
    .split(' ')
    .map((kind) => integration(kind, 'null', `missing ${kind} config`)),
];

export const configCases: readonly ConfigCase[] = [...documents, ...routes, ...intervals, ...globals, ...destinations];
