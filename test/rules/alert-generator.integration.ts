/** The rules of the alert generator compliance suite itself, on a virtual clock. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { alertGeneratorCases, type CaseNames } from './alert-generator-cases.ts';
import { createEvaluationWorld } from './evaluation-world.ts';
import { folderOf } from './peers.ts';

const rules = readFileSync(
  join(folderOf('TOCSIN_SHARED'), 'conformance', 'compliance', 'alert_generator_rules.yaml'),
  'utf8',
);

function names(group: string, ...alerts: readonly string[]): CaseNames {
  const of = (more: Record<string, string>): Record<string, string> => ({
    __name__: 'alert_generator_test_suite',
    rulegroup: group,
    ...more,
  });
  return {
    group,
    alerts,
    series: (alertname, variant) => of(variant === undefined ? { alertname } : { alertname, variant }),
    templateSeries: (id) => of({ for: 'template', id }),
  };
}

test('PendingAndFiringAndResolved', () =>
  alertGeneratorCases.pendingFiringResolved(
    createEvaluationWorld(rules),
    names('PendingAndFiringAndResolved', 'PendingAndFiringAndResolved_SimpleAlert'),
  ));

test('PendingAndResolved_AlwaysInactive', () =>
  alertGeneratorCases.pendingOnly(
    createEvaluationWorld(rules),
    names(
      'PendingAndResolved_AlwaysInactive',
      'PendingAndResolved_AlwaysInactive_PendingAlert',
      'PendingAndResolved_AlwaysInactive_InactiveAlert',
    ),
  ));

test('ZeroFor_SmallFor', () =>
  alertGeneratorCases.zeroAndSmallFor(
    createEvaluationWorld(rules),
    names('ZeroFor_SmallFor', 'ZeroFor_SmallFor_ZeroFor', 'ZeroFor_SmallFor_SmallFor'),
  ));

test('NewAlerts_OrderCheck', () =>
  alertGeneratorCases.newAlertsInOrder(
    createEvaluationWorld(rules),
    names('NewAlerts_OrderCheck', 'NewAlerts_OrderCheck_Rule1', 'NewAlerts_OrderCheck_Rule2'),
  ));
