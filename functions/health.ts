/** HTTP: liveness, readiness and health of this installation, its own metrics, and the reload of its configuration. */
import { renderAlive, renderHealthAt, renderOwnMetrics } from '../lib/api/health.ts';
import { healthApp } from '../lib/app/health.ts';
import { httpHandler } from '../lib/lambda/http.ts';
import { reloadReply } from '../lib/lambda/reload.ts';

export const handler = httpHandler(
  healthApp,
  { access: ({ path }) => (renderAlive(path) !== null ? 'open' : path === '/-/reload' ? 'admin' : 'read') },
  async ({ health, config, loadedAtMs }, { path, receivedAtMs }) => {
    const alive = renderAlive(path);
    if (alive !== null) return alive;
    if (path === '/-/reload') return reloadReply(config);
    const report = await health.report(receivedAtMs);
    if (path !== '/metrics') return renderHealthAt(path, report);
    return renderOwnMetrics(report, { evaluations: await health.evaluations(receivedAtMs), loadedAtMs });
  },
);
