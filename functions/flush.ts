/** Queue: decides what one aggregation group sends now. */
import { flushApp } from '../lib/app/flush.ts';
import { queueHandler } from '../lib/lambda/batch.ts';
import { decodeFlush } from '../lib/services/messages.ts';

export const handler = queueHandler(flushApp, { concurrency: 10 }, async ({ flush, log }, message) => {
  const { groupId, dueAtMs } = decodeFlush(message.body);
  const report = await flush.flush({ groupId, dueAtMs }, message.receivedAtMs);
  const hasSent = report.kind === 'flushed' && report.notifications > 0;
  log.log(hasSent ? 'info' : 'debug', 'group looked at', { groupId, dueAtMs, ...report });
});
