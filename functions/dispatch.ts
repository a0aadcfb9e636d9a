/** Queue: routes alerts into aggregation groups. */
import { dispatchApp } from '../lib/app/dispatch.ts';
import { queueHandler } from '../lib/lambda/batch.ts';
import { decodeDispatch } from '../lib/services/messages.ts';

export const handler = queueHandler(dispatchApp, { concurrency: 4 }, async ({ dispatch, log }, message) => {
  const { alerts, receivedAtMs } = decodeDispatch(message.body);
  const { accepted, refused } = await dispatch.dispatch(alerts, { receivedAtMs, nowMs: message.receivedAtMs });
  if (refused.length > 0) log.log('warn', 'alerts refused', { refused: refused.length, first: refused[0] });
  log.log('debug', 'alerts dispatched', { accepted, receivedAtMs });
});
