/** Health reports as JSON: a map of components, with the summary that load balancers and people ask for. */
import type { CheckResult, HealthReport } from '../services/health.ts';
import type { GroupEvaluation } from '../services/last-evaluations.ts';
import { type HttpReply, jsonReply, textReply } from './http.ts';

const statuses = { healthy: 200, degraded: 207, unhealthy: 503 } as const;

/** The liveness routes, which look at nothing but the process itself; null for any other path. */
export function renderAlive(path: string): HttpReply | null {
  if (path === '/live') return jsonReply(200, { alive: true });
  return path === '/-/healthy' ? textReply(200, 'Tocsin is Healthy.\n') : null;
}

/** What a report says on one of the health routes. */
export function renderHealthAt(path: string, report: HealthReport): HttpReply {
  if (path === '/health') return renderHealth(report);
  if (path === '/ready') return renderReady(report);
  return path === '/-/ready' ? renderReadyText(report) : renderDetailedHealth(report);
}

/** GET /health: one word a component. */
function renderHealth(report: HealthReport): HttpReply {
  const components = report.checks.map((check) => [check.name, componentStatus(check)]);
  return jsonReply(statuses[report.status], { ...head(report), components: Object.fromEntries(components) });
}

/** GET /health/detailed: what each check found, how long it took, and the counts. */
function renderDetailedHealth(report: HealthReport): HttpReply {
  const components = report.checks.map((check) => [
    check.name,
    {
      status: componentStatus(check),
      critical: check.isCritical,
      duration_ms: check.durationMs,
      ...check.details,
      ...(check.failure === null ? {} : { error: check.failure }),
    },
  ]);
  const failed = report.checks.filter(({ failure }) => failure !== null);
  const summary = {
    total: report.checks.length,
    passed: report.checks.length - failed.length,
    failed: failed.length,
    critical_failed: failed.filter(({ isCritical }) => isCritical).length,
  };
  return jsonReply(statuses[report.status], {
    ...head(report),
    duration_ms: report.durationMs,
    components: Object.fromEntries(components),
    summary,
  });
}

/** GET /ready: 200 while no critical check fails, else 503 with the names of those that do. */
function renderReady(report: HealthReport): HttpReply {
  const failed = criticalFailures(report);
  if (failed.length === 0) return jsonReply(200, { ready: true });
  return jsonReply(503, { ready: false, failed: failed.map(({ name }) => name) });
}

/** GET /-/ready, as Prometheus and Alertmanager answer it. */
function renderReadyText(report: HealthReport): HttpReply {
  const failed = criticalFailures(report);
  if (failed.length === 0) return textReply(200, 'Tocsin is Ready.\n');
  return textReply(
    503,
    `Tocsin is not ready: ${failed.map(({ name, failure }) => `${name}: ${failure}`).join('; ')}\n`,
  );
}

function criticalFailures(report: HealthReport): readonly CheckResult[] {
  return report.checks.filter(({ failure, isCritical }) => failure !== null && isCritical);
}

function componentStatus({ failure, isCritical }: CheckResult): HealthReport['status'] {
  if (failure === null) return 'healthy';
  return isCritical ? 'unhealthy' : 'degraded';
}

function head({ status, atMs, uptimeMs, version }: HealthReport): Readonly<Record<string, string | number>> {
  return { status, timestamp: new Date(atMs).toISOString(), uptime_seconds: Math.floor(uptimeMs / 1_000), version };
}

/** GET /metrics: this installation about itself, in the text format. */
export function renderOwnMetrics(
  report: HealthReport,
  { evaluations, loadedAtMs }: { readonly evaluations: readonly GroupEvaluation[]; readonly loadedAtMs: number },
): HttpReply {
  const waiting = report.checks.find(({ name }) => name === 'queue')?.details ?? {};
  const dead = report.checks.find(({ name }) => name === 'dead_letters')?.details ?? {};
  const families: readonly MetricFamily[] = [
    { name: 'tocsin_build_info', help: 'Version of this installation.', rows: [[{ version: report.version }, 1]] },
    { name: 'tocsin_uptime_seconds', help: 'Age of this process.', rows: [[{}, report.uptimeMs / 1_000]] },
    {
      name: 'tocsin_config_last_reload_success_timestamp_seconds',
      help: 'When the running configuration was loaded.',
      rows: [[{}, loadedAtMs / 1_000]],
    },
    {
      name: 'tocsin_health_check_up',
      help: '1 when the check passed.',
      rows: report.checks.map(({ name, failure }) => [{ check: name }, failure === null ? 1 : 0]),
    },
    { name: 'tocsin_queue_messages', help: 'Messages waiting.', rows: countRows(waiting) },
    { name: 'tocsin_queue_dead_letters', help: 'Messages given up.', rows: countRows(dead) },
    {
      name: 'tocsin_rule_group_last_evaluation_timestamp_seconds',
      help: 'Time of the last evaluation of each rule group.',
      rows: evaluations.flatMap(({ file, group, lastEvalAtMs }): MetricRow[] =>
        lastEvalAtMs === null ? [] : [[{ file, group }, lastEvalAtMs / 1_000]],
      ),
    },
    {
      name: 'tocsin_rule_group_interval_seconds',
      help: 'Evaluation interval of each rule group.',
      rows: evaluations.map(({ file, group, intervalMs }) => [{ file, group }, intervalMs / 1_000]),
    },
  ];
  const body = families.map(printFamily).join('');
  return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, body };
}

type MetricRow = readonly [labels: Readonly<Record<string, string>>, value: number];

/** All of them gauges. */
interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly rows: readonly MetricRow[];
}

function countRows(counts: CheckResult['details']): MetricRow[] {
  return Object.entries(counts).map(([queue, count]) => [{ queue }, Number(count)]);
}

function printFamily({ name, help, rows }: MetricFamily): string {
  if (rows.length === 0) return '';
  const lines = rows.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabelValue(text)}"`);
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
}

function escapeLabelValue(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
