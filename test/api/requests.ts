/** Requests to the API v2 that a real Alertmanager answers in the same way: shared by the script that compares both. */
export interface ApiRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const json = { 'content-type': 'application/json' };
const future = '2099-01-01T00:00:00Z';

function get(target: string, headers: Record<string, string> = {}): ApiRequest {
  return { method: 'GET', target: `/api/v2${target}`, headers };
}

function post(target: string, body: unknown, headers: Record<string, string> = json): ApiRequest {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { method: 'POST', target: `/api/v2${target}`, headers, body: text };
}

function filters(...values: readonly string[]): string {
  return values.map((value) => `filter=${encodeURIComponent(value)}`).join('&');
}

const silence = {
  matchers: [{ name: 'alertname', value: 'Tg.', isRegex: true }],
  startsAt: '2020-01-01T00:00:00Z',
  endsAt: future,
  createdBy: 'me',
  comment: 'c',
};

const routerErrors: readonly ApiRequest[] = [
  get('/nope'),
  get('/silence/'),
  get('/alerts/nope'),
  { method: 'PUT', target: '/api/v2/alerts', headers: json, body: '[]' },
  { method: 'DELETE', target: '/api/v2/alerts/groups' },
  { method: 'POST', target: '/api/v2/status', headers: json, body: '{}' },
  { method: 'OPTIONS', target: '/api/v2/alerts' },
  {
    method: 'OPTIONS',
    target: '/api/v2/alerts',
    headers: { origin: 'http://x', 'access-control-request-method': 'POST' },
  },
  get('/receivers', { accept: 'text/html' }),
  get('/receivers', { accept: 'text/html, */*;q=0.1' }),
  get('/receivers', { origin: 'http://x' }),
  post('/alerts', '[]', { 'content-type': 'text/plain' }),
  post('/alerts', '[]', { 'content-type': 'application/json; charset=utf-8' }),
  post('/alerts', ''),
  { method: 'GET', target: '/api/v1/receivers' },
  { method: 'POST', target: '/api/v1/alerts', headers: json, body: '[]' },
];

const alertBodies: readonly ApiRequest[] = [
  'null',
  '[]',
  '{}',
  '[{',
  '[x]',
  '"a"',
  '[{}]',
  '[{"labels":{}}]',
  '[{"labels":{"a":1}}]',
  '[{"labels":{"a":true}}]',
  '[{"labels":"x"}]',
  '[{"labels":{"a":null}}]',
  '[{"labels":{"":"b"}},{"labels":{"c":"d"},"annotations":{"":"x"}},{"labels":{"e":""}}]',
  '[{"labels":{"a":"b"},"startsAt":"garbage"}]',
  '[{"labels":{"a":5},"startsAt":"garbage"}]',
  '[{"labels":{"a":"b"},"endsAt":"2030-01-01 10:00"}]',
  '[{"labels":{"a":"b"},"generatorURL":"foo bar"}]',
  '[{"labels":{"a":"b"},"generatorURL":"foo"}]',
  '[{"labels":{"a":"b"}},{"generatorURL":"foo bar"}]',
  `[{"labels":{"a":"b"},"startsAt":"${future}","endsAt":"2029-01-01T00:00:00Z"}]`,
].map((body) => post('/alerts', body));

const silenceBodies: readonly ApiRequest[] = [
  '',
  '{}',
  'null',
  '{"comment":"c"}',
  '{"comment":"c","createdBy":"m"}',
  `{"comment":"c","createdBy":"m","endsAt":"${future}"}`,
  { ...silence, startsAt: undefined },
  { ...silence, matchers: [] },
  { ...silence, matchers: [{ name: 'a', value: 'b' }] },
  { ...silence, matchers: [{ value: 'b', isRegex: false }] },
  { ...silence, matchers: [{ name: 'a', isRegex: false }] },
  { ...silence, matchers: [{ name: 'a', value: 'x*', isRegex: true }] },
  { ...silence, matchers: [{ name: 'a', value: '', isRegex: false }] },
  { ...silence, matchers: [{ name: 'a', value: '[(', isRegex: true }] },
  { ...silence, matchers: [{ name: '', value: 'b', isRegex: false }] },
  { ...silence, matchers: [{ name: 'a', value: 'b', isRegex: 'no' }] },
  { ...silence, startsAt: future, endsAt: '2098-01-01T00:00:00Z' },
  { ...silence, endsAt: '2021-01-01T00:00:00Z' },
  { ...silence, comment: 5 },
  { ...silence, endsAt: 'soon' },
  { ...silence, id: '11111111-1111-1111-1111-111111111111' },
  { ...silence, id: 'x' },
].map((body) => post('/silences', body));

const stored: readonly ApiRequest[] = [
  post('/alerts', [
    {
      labels: { alertname: 'Src', severity: 'critical', cluster: 'a', team: 'dba', empty: '' },
      annotations: { s: '<x> & y', empty: '' },
      startsAt: '2026-01-01T02:00:00.123456+02:00',
      endsAt: future,
      generatorURL: 'http://p/g?a=b&c',
    },
    {
      labels: { alertname: 'Tgt', severity: 'warning', cluster: 'a', team: 'dba' },
      startsAt: '2026-01-01',
      endsAt: future,
    },
    { labels: { alertname: 'Other', dΘ: '🙂' }, startsAt: '', endsAt: '2098-01-01T10:00:00' },
    { labels: { alertname: 'Over' }, startsAt: '2020-01-01T00:00:00Z', endsAt: '2021-01-01T00:00:00Z' },
  ]),
  post('/silences', silence),
  get('/alerts'),
  get(`/alerts?${filters('alertname="Src"')}`),
  get(`/alerts?${filters('alertname=~"S.*|T.*"', 'severity!=critical')}`),
  get(`/alerts?${filters('severity=""')}`),
  get(`/alerts?${filters('severity!=""')}`),
  get(`/alerts?${filters('alertname=Src,severity=critical')}`),
  get(`/alerts?${filters('foo')}`),
  get(`/alerts?${filters('{alertname=Src}')}`),
  get(`/alerts?${filters('a=~"[("')}`),
  get(`/alerts?${filters('"dΘ"=~".+"')}`),
  get('/alerts?active=false'),
  get('/alerts?silenced=false'),
  get('/alerts?inhibited=no'),
  get('/alerts?active=maybe'),
  get('/alerts?active=YES'),
  get('/alerts?receiver=db.'),
  get('/alerts?receiver=db'),
  get('/alerts?receiver='),
  get('/alerts?receiver=%5B('),
  get('/alerts?receiver_matchers=owner%3Dteam-dba'),
  get('/alerts?receiver_matchers=nope'),
  get('/alerts/groups'),
  get('/alerts/groups?silenced=false'),
  get('/alerts/groups?receiver=default'),
  get(`/alerts/groups?${filters('alertname=Src')}`),
  get('/alerts/groups?muted=false'),
  get('/receivers'),
  get('/receivers?receiver_matchers=owner%3Dteam-dba'),
  get('/receivers?receiver_matchers=owner%3D%22%22'),
  get('/silences'),
  get(`/silences?${filters('alertname=~"Tg."')}`),
  get(`/silences?${filters('alertname="Tg."')}`),
  get(`/silences?${filters('bad')}`),
  get('/silence/x'),
  get('/silence/00000000-0000-0000-0000-000000000000'),
  { method: 'DELETE', target: '/api/v2/silence/00000000-0000-0000-0000-000000000000' },
  { method: 'DELETE', target: '/api/v2/silence/nonsense' },
  get('/status'),
];

export const apiRequests: readonly ApiRequest[] = [...routerErrors, ...alertBodies, ...silenceBodies, ...stored];
