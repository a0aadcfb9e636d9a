import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeLabelRenderer } from '../../lib/templates/notify-functions.ts';
import { CallError } from '../../lib/templates/template-error.ts';
import { renderNotification } from './notification.ts';

const FIRST = '(index .Alerts 0)';

function table(name: string, rows: readonly (readonly [text: string, expected: string])[]): void {
  test(name, async (t) => {
    for (const [text, expected] of rows) await t.test(text, () => assert.equal(renderNotification(text), expected));
  });
}

function failing(place: string, name: string, message: string): string {
  return `template: :1:3: executing "" at <${place}>: error calling ${name}: ${message}`;
}

table('the data of a notification', [
  [
    '{{ .Receiver }} {{ .Status }} {{ .ExternalURL }} {{ .NotificationReason }}',
    'team\\.x firing http://am.example.com:9093 first notification',
  ],
  ['{{ len .Alerts }} {{ len .Alerts.Firing }} {{ len .Alerts.Resolved }}', '2 1 1'],
  [
    '{{ range .Alerts }}{{ .Labels.instance }} {{ .Status }} {{ .Fingerprint }};{{ end }}',
    'n1 firing c069f3235e7d3c1f;n2 resolved 19bcfc89fadef957;',
  ],
  ['{{ .CommonLabels }}', 'alertname=HighCPU, cluster=eu, severity=critical'],
  [
    '{{ .CommonLabels.SortedPairs.Names }} {{ .CommonLabels.Values }}',
    '[alertname cluster severity] [HighCPU eu critical]',
  ],
  [
    '{{ .CommonLabels.Names.Join "," }} {{ .CommonLabels.SortedPairs.Values.Join "/" }}',
    'alertname,cluster,severity HighCPU/eu/critical',
  ],
  [
    '{{ .CommonLabels.Remove .GroupLabels.Names }} {{ (.CommonLabels.Remove (stringSlice "severity")).Names }}',
    'cluster=eu, severity=critical [alertname cluster]',
  ],
  [
    '{{ range .CommonLabels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}',
    'alertname=HighCPU cluster=eu severity=critical ',
  ],
  [`{{ ${FIRST}.Labels }}`, 'alertname=HighCPU, Zone=z, instance=n1'],
  ['{{ .CommonLabels.nope }}|{{ .RouteLabels.owner }}', '|team-x'],
  [`{{ ${FIRST}.StartsAt }} {{ ${FIRST}.EndsAt }}`, '2026-01-02 03:04:05.678 +0000 UTC 0001-01-01 00:00:00 +0000 UTC'],
  ['{{ .Nope }}', `template: :1:3: executing "" at <.Nope>: can't evaluate field Nope in type *template.Data`],
  [
    '{{ .Alerts.Firing.Firing }}',
    `template: :1:10: executing "" at <.Alerts.Firing.Firing>: can't evaluate field Firing in type []template.Alert`,
  ],
  [
    '{{ printf "%T %T %T %T" .Alerts .CommonLabels .CommonLabels.SortedPairs . }}',
    'template.Alerts template.KV template.Pairs *template.Data',
  ],
  [
    '{{ define "__subject" }}[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] {{ .GroupLabels.SortedPairs.Values | join " " }}{{ end }}{{ template "__subject" . }}',
    '[FIRING:1] HighCPU',
  ],
]);

table('text functions', [
  ['{{ toUpper "aß" }} {{ toLower "ÀB" }} {{ trimSpace "\\u00a0 a\\t\\n" }}|', 'Aß àb a|'],
  ['{{ title "hello wORLD foo-bar o\'neil 3d" }}', "Hello World Foo-Bar O'neil 3D"],
  ['{{ join ", " (stringSlice "a" "b") }} {{ stringSlice "a" "b" | join "-" }}', 'a, b a-b'],
  ['{{ match "^a+$" "aaa" }} {{ match "b" "abc" }} {{ match "B" "abc" }}', 'true true false'],
  [
    '{{ reReplaceAll "(f)(i)" "$2$1" .Status }} {{ reReplaceAll "f" "$1x" "f" }}|{{ reReplaceAll "(?P<n>r)" "[$n]" "rr" }}',
    'ifring |[r][r]',
  ],
  [
    '{{ reReplaceAll "a*" "x" "baaac" }} {{ reReplaceAll "" "-" "ab" }} {{ reReplaceAll "b" "$$1" "abc" }}',
    'xbxcx -a-b- a$1c',
  ],
  ['{{ match "(" "x" }}', failing('match "(" "x"', 'match', 'error parsing regexp: missing closing ): `(`')],
  [
    '{{ reReplaceAll "(" "x" "y" }}',
    failing(
      'reReplaceAll "(" "x" "y"',
      'reReplaceAll',
      'regexp: Compile(`(`): error parsing regexp: missing closing ): `(`',
    ),
  ],
  ['{{ urlUnescape "a+b%20c%C3%A9" }}', 'a b cé'],
  ['{{ urlUnescape "%zz" }}', failing('urlUnescape "%zz"', 'urlUnescape', 'invalid URL escape "%zz"')],
  ['{{ base64encode "a?b>c~é" }} {{ base64decode "YT9iPmN-w6k=" }}', 'YT9iPmN-w6k= a?b>c~é'],
  ['{{ base64decode "a+b" }}', failing('base64decode "a+b"', 'base64decode', 'illegal base64 data at input byte 1')],
  [
    '{{ safeHtml "<b>" }} {{ safeUrl "x:y" }} {{ printf "%T %T" (safeHtml "") (safeUrl "") }}',
    '<b> x:y template.HTML template.URL',
  ],
  ['{{ routeLabels "owner" }}', 'label owner'],
]);

table('lists, maps and JSON', [
  ['{{ list 1 "a" nil }} {{ append (list 1) 2 "b" }} {{ list }}', '[1 a <nil>] [1 2 b] []'],
  [
    '{{ dict "b" 1 "a" (list 2) }} {{ (dict "x" (dict "y" "z")).x.y }} {{ (dict).nope }}',
    'map[a:[2] b:1] z <no value>',
  ],
  ['{{ dict "a" }}', failing('dict "a"', 'dict', 'dict requires an even number of arguments')],
  ['{{ dict 1 2 }}', failing('dict 1 2', 'dict', 'dict keys must be strings')],
  ['{{ toJson (dict "b" 1 "a" (list nil true 1.5 "<&>")) }}', '{"a":[null,true,1.5,"\\u003c\\u0026\\u003e"],"b":1}'],
  [
    '{{ toJson 1e21 }} {{ toJson 1e-7 }} {{ toJson 100000.0 }} {{ toJson "\\u2028\\n\\"" }}',
    '1e+21 1e-7 100000 "\\u2028\\n\\""',
  ],
  [
    '{{ toJson .GroupLabels }} {{ toJson .CommonLabels.SortedPairs }}',
    '{"alertname":"HighCPU"} [{"Name":"alertname","Value":"HighCPU"},{"Name":"cluster","Value":"eu"},{"Name":"severity","Value":"critical"}]',
  ],
  [
    '{{ toJson (index .Alerts 1) }}',
    '{"status":"resolved","labels":{"alertname":"HighCPU","instance":"n2"},"annotations":{},"startsAt":"2026-01-02T03:04:05.678Z","endsAt":"2026-01-02T03:34:05.678Z","generatorURL":"javascript:alert(1)","fingerprint":"19bcfc89fadef957"}',
  ],
]);

table('time', [
  [
    `{{ now }} {{ since ${FIRST}.StartsAt }} {{ printf "%T" (since ${FIRST}.StartsAt) }}`,
    '2026-01-02 04:04:05.678 +0000 UTC 1h0m0s time.Duration',
  ],
  [`{{ ${FIRST}.StartsAt | tz "Europe/Paris" | date "15:04:05 MST -0700" }}`, '04:04:05 CET +0100'],
  ['{{ tz "Nope/Zone" now }}', failing('tz "Nope/Zone" now', 'tz', 'unknown time zone Nope/Zone')],
  ['{{ tz "+01:00" now }}', failing('tz "+01:00" now', 'tz', 'unknown time zone +01:00')],
  ['{{ toDate "2006-01-02" "2026-05-06" }} {{ (toDate "2006" "x").IsZero }}', '2026-05-06 00:00:00 +0000 UTC true'],
  [
    '{{ mustToDate "2006" "x" }}',
    failing('mustToDate "2006" "x"', 'mustToDate', 'parsing time "x" as "2006": cannot parse "x" as "2006"'),
  ],
  [
    '{{ humanizeDuration 3725 }} {{ humanizeDuration "90061.5" }} {{ humanizeDuration 0.0012 }} {{ humanizeDuration -65 }}',
    '1h 2m 5s 1d 1h 1m 1s 1.2ms -1m 5s',
  ],
  [`{{ humanizeDuration ((index .Alerts 1).EndsAt.Sub ${FIRST}.StartsAt) }}`, '30m 0s'],
]);

test('route labels may use each other, but not in a circle', () => {
  const texts = new Map([
    ['a', 'A then b'],
    ['b', 'B'],
    ['c', 'C then c'],
  ]);
  const render: (text: string) => string = (text) => text.replace(/then (.)/, (_, name) => label(String(name)));
  const label = routeLabelRenderer(texts, (text) => render(text));
  assert.equal(label('a'), 'A B');
  assert.equal(label('a'), 'A B');
  assert.equal(label('unknown'), '');
  assert.throws(() => label('c'), new CallError('route label cycle: c -> c'));
  assert.equal(label('b'), 'B');
});
