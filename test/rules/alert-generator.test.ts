import { test } from 'node:test';
import { alertGeneratorCases, type CaseNames } from './alert-generator-cases.ts';
import { createEvaluationWorld } from './evaluation-world.ts';

// What the alert generator compliance suite asks of a ruler, with rules of our own on a virtual clock.

function names(group: string, ...alerts: readonly string[]): CaseNames {
  return {
    group,
    alerts,
    series: (alert, variant) => ({ __name__: 'load', of: alert, ...(variant === undefined ? {} : { variant }) }),
    templateSeries: (id) => ({ __name__: 'shelf', id }),
  };
}

test('an alert with a `for` of six minutes goes through its states twice', async () => {
  const world = createEvaluationWorld(`
groups:
  - name: slow
    interval: 30s
    rules:
      - {alert: Slow, expr: 'load{of="Slow"} > 10', for: 6m}
`);
  await alertGeneratorCases.pendingFiringResolved(world, names('slow', 'Slow'));
});

test('an alert that is only ever pending is not told to anybody', async () => {
  const world = createEvaluationWorld(`
groups:
  - name: quiet
    interval: 30s
    rules:
      - {alert: Brief, expr: 'load{of="Brief"} > 10', for: 3m}
      - {alert: Never, expr: 'load{of="Never"} > 99', for: 3m}
`);
  await alertGeneratorCases.pendingOnly(world, names('quiet', 'Brief', 'Never'));
});

test('without `for` an alert fires at once, with one below the interval an evaluation later; templates are expanded', async () => {
  const world = createEvaluationWorld(`
groups:
  - name: quick
    interval: 30s
    rules:
      - alert: AtOnce
        expr: load{of="AtOnce"} > 10
        annotations:
          template_test: '{{ humanize 1048576 }} {{ humanize1024 1048576 }} {{ humanizeDuration 135.3563 }} {{ humanizePercentage 0.959 }} {{ humanizeTimestamp 1643114203 }}'
          template_query_test: '{{ define "shelf" }}Args are: {{ .arg0 }} {{ .arg1 }} {{ .arg2 }}. {{ with query "shelf" }}first_id:{{ . | sortByLabel "id" | first | label "id" }},{{ range sortByLabel "id" . }}{{ label "id" . }}:{{ value . }},{{ end }}{{ end }}{{ end }}{{ template "shelf" (args "foo" "bar" 99) }}'
      - alert: SoonAfter
        expr: load{of="SoonAfter"} > 13
        for: 15s
        annotations:
          template_test: '{{ title "this part" }} {{ toUpper "is testing" }} {{ toLower "THE STRINGS" }}. {{ stripPort "[::1]:6006" }} {{ stripPort "127.0.0.1:4004" }}. {{ parseDuration "2h10m15s" }}. {{ if match "[0-9]+" "1234" }}{{ reReplaceAll "r.*d" "replaced" "rpld text" }}{{ end }}. {{ if match "[0-9]+$" "1234a" }}WRONG{{ end }}.'
`);
  await alertGeneratorCases.zeroAndSmallFor(world, names('quick', 'AtOnce', 'SoonAfter'));
});

test('a rule on ALERTS of the rule before it fires in the same cycle', async () => {
  const world = createEvaluationWorld(`
groups:
  - name: chain
    interval: 30s
    rules:
      - alert: Each
        expr: load{of="Each"} > 10
        for: 3m
        labels: {foo: bar}
      - alert: Both
        expr: sum by (alertname, alertstate, foo) (ALERTS{alertname="Each", alertstate="firing"}) == 2
        labels: {foo: baz, ba_dum: tss}
        annotations: {description: 'Based on ALERTS. Old alertname was {{ $labels.alertname }}. foo was {{ .Labels.foo }}.'}
`);
  await alertGeneratorCases.newAlertsInOrder(world, names('chain', 'Each', 'Both'));
});
