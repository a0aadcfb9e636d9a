/** Queue: evaluates one rule group at one time. */
import { evaluateApp } from '../lib/app/evaluate.ts';
import { queueHandler } from '../lib/lambda/batch.ts';
import { decodeEvaluate } from '../lib/services/messages.ts';

export const handler = queueHandler(evaluateApp, { concurrency: 1 }, async ({ evaluate, log }, message) => {
  const work = decodeEvaluate(message.body);
  const report = await evaluate.evaluate(work, message.receivedAtMs);
  const failed = report.kind === 'evaluated' && report.failures.length > 0;
  log.log(failed ? 'warn' : 'debug', 'rule group evaluated', { file: work.file, group: work.group, ...report });
});
