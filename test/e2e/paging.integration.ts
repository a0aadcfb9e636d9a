// Real Prometheus and Alertmanager in front, real sinks behind, the local process between them.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { expectPaged, type PagedTocsin, startPagedTocsin } from './paging.ts';
import { emptyFolder, eventually, freePort, type RunningProgram, requiredFolder, startProgram } from './processes.ts';

const rules = `
groups:
  - name: e2e
    interval: 1s
    rules:
      - record: room:temperature:max
        expr: max by (room) (e2e_temperature)
      - alert: TooHot
        expr: room:temperature:max > 90
        for: 1s
        labels: { severity: critical }
        annotations:
          summary: '{{ $labels.room }} is at {{ $value }}'
          runbook_url: https://example.com/runbooks/hot
`;

suite('a page from end to end', () => {
  let paged: PagedTocsin;
  let exporterPort = 0;
  let celsius = 20;
  const programs: RunningProgram[] = [];
  const exporter = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(`# TYPE e2e_temperature gauge\ne2e_temperature{room="kitchen"} ${celsius}\n`);
  });

  before(async () => {
    exporter.listen(0, '127.0.0.1');
    await once(exporter, 'listening');
    const address = exporter.address();
    exporterPort = address !== null && typeof address !== 'string' ? address.port : 0;
    paged = await startPagedTocsin(rules);
  });
  after(async () => {
    for (const program of programs) await program.stop();
    exporter.close();
    await paged.stop();
  });

  async function startPrometheus(sections: (port: number) => string): Promise<string> {
    const folder = emptyFolder('prometheus');
    const port = await freePort();
    writeFileSync(
      join(folder, 'rules.yml'),
      'groups: [{ name: g, interval: 1s, rules: [{ alert: HotByPrometheus, expr: e2e_temperature > 90 }] }]\n',
    );
    writeFileSync(
      join(folder, 'prometheus.yml'),
      `global: { scrape_interval: 1s, evaluation_interval: 1s }\n${sections(port)}`,
    );
    const program = startProgram(join(requiredFolder('TOCSIN_PEERS'), 'prometheus'), [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.console.templates=/nonexistent',
      '--web.console.libraries=/nonexistent',
      '--rules.alert.resend-delay=2s',
    ]);
    programs.push(program);
    await eventually('prometheus is ready', 30_000, async () =>
      (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok ? true : null,
    );
    return `http://127.0.0.1:${port}`;
  }

  const scrape = (port: number): string => `
scrape_configs:
  - { job_name: prometheus, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }
  - { job_name: kitchen, static_configs: [{ targets: ['127.0.0.1:${exporterPort}'] }] }
`;

  test('Prometheus remote-writes, our rule fires and resolves', async () => {
    await startPrometheus((port) => `${scrape(port)}remote_write: [{ url: '${paged.url}/api/v1/write' }]\n`);
    celsius = 95;
    await expectPaged(paged, 'TooHot', 'firing');
    celsius = 20;
    await expectPaged(paged, 'TooHot', 'resolved');
  });

  test('Prometheus evaluates and posts its alerts to /api/v2/alerts', async () => {
    const { host } = new URL(paged.url);
    await startPrometheus(
      (port) =>
        `${scrape(port)}rule_files: [rules.yml]\nalerting: { alertmanagers: [{ static_configs: [{ targets: ['${host}'] }] }] }\n`,
    );
    celsius = 95;
    await expectPaged(paged, 'HotByPrometheus', 'firing');
    celsius = 20;
    await expectPaged(paged, 'HotByPrometheus', 'resolved');
  });

  test('Alertmanager calls the webhook', async () => {
    const folder = emptyFolder('alertmanager');
    const port = await freePort();
    writeFileSync(
      join(folder, 'alertmanager.yml'),
      `
route: { receiver: tocsin, group_by: [alertname], group_wait: 1s, group_interval: 1s }
receivers: [{ name: tocsin, webhook_configs: [{ url: '${paged.url}/hooks/alertmanager' }] }]
`,
    );
    const alertmanager = startProgram(join(requiredFolder('TOCSIN_PEERS'), 'prometheus-alertmanager'), [
      `--config.file=${folder}/alertmanager.yml`,
      `--storage.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ]);
    programs.push(alertmanager);
    const url = `http://127.0.0.1:${port}`;
    await eventually('alertmanager is ready', 30_000, async () => ((await fetch(`${url}/-/ready`)).ok ? true : null));
    const post = async (endsAt: string | undefined): Promise<void> => {
      const alerts = [
        { labels: { alertname: 'ByAlertmanager', severity: 'critical' }, annotations: { summary: 's' }, endsAt },
      ];
      const answer = await fetch(`${url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(alerts),
      });
      if (!answer.ok) throw new Error(await answer.text());
    };
    await post(undefined);
    await expectPaged(paged, 'ByAlertmanager', 'firing');
    await post(new Date().toISOString());
    await expectPaged(paged, 'ByAlertmanager', 'resolved');
  });
});
