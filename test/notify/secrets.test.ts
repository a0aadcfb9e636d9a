/** No secret leaves: whatever a receiver answers, nothing that is logged or stored repeats what it was told in confidence. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { parseAlertmanagerConfig } from '../../lib/alerts/config.ts';
import { printDetail } from '../../lib/notify/outcome.ts';
import { createSecretKeeper } from '../../lib/notify/secrets.ts';
import type { OutgoingResponse } from '../../lib/ports.ts';
import { type Planned, plan } from './planning.ts';

interface Case {
  /** The receiver with a secret in every place that takes one. */
  readonly receiver: (secrets: Secrets) => string;
  /** Where the secrets go: into the request, or into the way it is sent. */
  readonly uses: readonly (keyof Secrets)[];
}

interface Secrets {
  readonly url: string;
  readonly password: string;
  readonly key: string;
  readonly header: string;
  readonly proxy: string;
}

const quoted = (text: string): string => JSON.stringify(text);
const http = ({ header, proxy }: Secrets, auth: string): string =>
  `http_config: {${auth}, http_headers: {X-Key: {secrets: [${quoted(header)}]}}, proxy_url: ${quoted(`http://relay:${encodeURIComponent(proxy)}@proxy.test:3128`)}, tls_config: {cert_file: cert.pem, key_file: key.pem}}`;
const basic = ({ password }: Secrets): string => `basic_auth: {username: tocsin, password: ${quoted(password)}}`;
const bearer = ({ password }: Secrets): string => `authorization: {credentials: ${quoted(password)}}`;

const cases: Readonly<Record<string, Case>> = {
  webhook: {
    receiver: (all) => `webhook_configs: [{url: ${quoted(all.url)}, ${http(all, basic(all))}}]`,
    uses: ['url', 'password', 'header', 'proxy'],
  },
  'webhook of a file': {
    receiver: (all) => `webhook_configs: [{url_file: url.txt, ${http(all, bearer(all))}}]`,
    uses: ['url', 'password', 'header', 'proxy'],
  },
  'slack webhook': {
    receiver: (all) => `slack_configs: [{api_url: ${quoted(all.url)}, channel: c, ${http(all, bearer(all))}}]`,
    uses: ['url', 'password', 'header', 'proxy'],
  },
  'slack bot': {
    receiver: (all) => `slack_configs: [{app_token: ${quoted(all.key)}, channel: c, ${http(all, basic(all))}}]`,
    uses: ['key', 'header', 'proxy'],
  },
  pagerduty: {
    receiver: (all) => `pagerduty_configs: [{routing_key: ${quoted(all.key)}, ${http(all, basic(all))}}]`,
    uses: ['key', 'password', 'header', 'proxy'],
  },
  'pagerduty v1': {
    receiver: (all) => `pagerduty_configs: [{service_key: ${quoted(all.key)}, ${http(all, bearer(all))}}]`,
    uses: ['key', 'password', 'header', 'proxy'],
  },
  email: {
    receiver: ({ password, key }) =>
      `email_configs: [{to: a@b.test, from: t@b.test, smarthost: 'm.test:25', auth_username: u, auth_password: ${quoted(password)}, auth_secret: ${quoted(key)}}]`,
    uses: ['password', 'key'],
  },
  sns: {
    receiver: (all) =>
      `sns_configs: [{topic_arn: 'arn:aws:sns:eu-west-1:1:a', sigv4: {access_key: AK, secret_key: ${quoted(all.key)}}, ${http(all, basic(all))}}]`,
    uses: ['key', 'header', 'proxy'],
  },
};

// Long enough that no ordinary text contains one by accident, with characters that JSON, URLs and templates treat in their own ways.
const secretText = fc
  .array(fc.constantFrom(...'abcXYZ019-_.~!*\'"\\ /?&=+%<>#@:äß€'), { minLength: 12, maxLength: 40 })
  .map((characters) => `s${characters.join('').replace(/ +$/, '')}t`);
const pathText = fc.stringMatching(/^[A-Za-z0-9_-]{12,40}$/);

const allSecrets: fc.Arbitrary<Secrets> = fc.record({
  url: fc.tuple(pathText, pathText).map(([path, token]) => `https://hooks.test/T0/${path}?token=${token}`),
  password: secretText,
  key: secretText.filter((text) => !text.includes('{{')),
  header: pathText,
  proxy: secretText,
});

/** All that a receiver could repeat of what it was sent, in any of the ways in which programs print. */
function echoes({ delivery, transport }: Planned): readonly string[] {
  const texts: string[] = [];
  const collect = (value: unknown): void => {
    if (typeof value === 'string') texts.push(value);
    else if (value instanceof Map || Array.isArray(value)) for (const each of value) collect(each);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  collect(delivery);
  collect(transport);
  const urls = texts.filter((text) => /^https?:/.test(text) && URL.canParse(text)).map((text) => new URL(text));
  const parts = urls.flatMap(({ pathname, search, password, searchParams }) => [
    pathname,
    `${pathname}${search}`,
    ...pathname.split('/'),
    password,
    decodeURIComponent(password),
    ...searchParams.values(),
  ]);
  return [...texts, ...parts, ...texts.map((text) => text.replace(/^(Bearer|Basic) /, ''))];
}

const inEveryForm = (text: string): readonly string[] => [text, encodeURIComponent(text), JSON.stringify(text)];

function leaksOf(text: string, secrets: readonly string[]): readonly string[] {
  return secrets.filter((secret) => inEveryForm(secret).some((form) => text.includes(form.replace(/^"|"$/g, ''))));
}

suite('what is said of an attempt holds no secret', () => {
  for (const [name, { receiver, uses }] of Object.entries(cases)) {
    test(name, () =>
      fc.assert(
        fc.property(
          allSecrets,
          fc.nat(400),
          fc.constantFrom(...[200, 400, 401, 404, 429, 500]),
          (all, shift, status) => {
            const secretFiles = { 'url.txt': all.url, 'key.pem': `-----${all.header}-----`, 'cert.pem': 'CERT' };
            const planned = plan(receiver(all), { secretFiles });
            const sent = JSON.stringify([planned.delivery, planned.transport]);
            const used = uses.map((use) => all[use]);
            const login = Buffer.from(`tocsin:${all.password}`).toString('base64');
            const known = [...used, login, ...(all.url.match(/[A-Za-z0-9_-]{12,40}(?=\?|$)/g) ?? [])];
            for (const echo of echoes(planned)) {
              // The answer may be cut anywhere, and the log cuts once more.
              const answers: OutgoingResponse[] = [
                { kind: 'response', status, headers: new Map(), body: `${'.'.repeat(shift)} ${echo} not found` },
                { kind: 'response', status, headers: new Map(), body: JSON.stringify({ ok: false, error: echo }) },
                { kind: 'failure', reason: 'network', detail: `cannot reach ${encodeURIComponent(echo)}` },
              ];
              for (const answer of answers) {
                const outcome = planned.judge(answer);
                if (outcome.kind === 'delivered') continue;
                assert.deepEqual(leaksOf(printDetail(outcome.detail, planned.secrets), known), []);
              }
            }
            assert.ok(sent.length > 0);
          },
        ),
        { numRuns: 40 },
      ),
    );
  }
});

test('half a secret at the cut is no secret that slipped through', () => {
  const keeper = createSecretKeeper();
  keeper.conceal('very-secret-token-of-a-receiver');
  for (let before = 250; before < 310; before++) {
    const printed = printDetail(`${'.'.repeat(before)}very-secret-token-of-a-receiver`, keeper);
    assert.equal(printed.includes('very'), false, printed);
  }
});

test('a secret that holds another is taken out whole', () => {
  const keeper = createSecretKeeper();
  for (const secret of ['abcd', 'abcd-efgh', 'cd-e']) keeper.conceal(secret);
  assert.equal(keeper.redact('abcd-efgh abcd'), '<secret> <secret>');
});

test('an address is secret in its pieces as well', () => {
  const keeper = createSecretKeeper();
  keeper.conceal('https://bot:hunter22@hooks.test/services/T0000001/abcdefgh?key=wxyz#frag');
  const login = Buffer.from('bot:hunter22').toString('base64');
  const said = `Cannot POST /services/T0000001/abcdefgh for bot, hunter22; key wxyz; T0000001 at hooks.test ${login}`;
  assert.equal(
    keeper.redact(said),
    'Cannot POST <secret> for bot, <secret>; key <secret>; <secret> at hooks.test <secret>',
  );
});

test('settings print no secret, neither as JSON nor as text', () =>
  fc.assert(
    fc.property(allSecrets, (all) => {
      const receivers = Object.values(cases).map(({ receiver }, at) => `- name: r${at}\n  ${receiver(all)}`);
      const text = `route: {receiver: r0}\nreceivers:\n${receivers.join('\n')}`;
      const config = parseAlertmanagerConfig(text, { file: 'alertmanager.yml' });
      const printed = [JSON.stringify(config), config.receivers.map(({ integrations }) => `${integrations}`).join()];
      assert.deepEqual(leaksOf(printed.join('\n'), Object.values(all)), []);
    }),
    { numRuns: 20 },
  ));

test('a secret that is a broken template is not quoted', () => {
  for (const receiver of [
    "webhook_configs: [{url: 'http://hooks.test/s3cr3t-token/{{ .Nope }}'}]",
    "webhook_configs: [{url: 'http://hooks.test/s3cr3t-token/{{ if }}'}]",
    "pagerduty_configs: [{routing_key: 's3cr3t-token{{ .Nope }}'}]",
  ]) {
    assert.throws(() => plan(receiver), {
      name: 'PlanError',
      message: 'a secret that is a template cannot be rendered',
    });
  }
});
