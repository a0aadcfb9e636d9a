/** Queue: delivers one notification through one integration. */
import { deliverApp } from '../lib/app/deliver.ts';
import { queueHandler } from '../lib/lambda/batch.ts';
import { decodeNotify } from '../lib/services/messages.ts';

export const handler = queueHandler(deliverApp, { concurrency: 10 }, async ({ deliver, log }, message) => {
  const { pk, sk } = decodeNotify(message.body);
  const report = await deliver.deliver({ pk, sk }, message.receivedAtMs);
  const failed = report.kind === 'failed' || report.kind === 'retrying';
  log.log(failed ? 'warn' : 'info', 'notification attempted', { ...report });
});
