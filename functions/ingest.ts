/** HTTP: samples in, by Prometheus remote write, as exposition text, or as JSON. */
import { parseIngest, renderIngest } from '../lib/api/ingest.ts';
import { ingestApp } from '../lib/app/ingest.ts';
import { httpHandler } from '../lib/lambda/http.ts';

export const handler = httpHandler(ingestApp, { access: 'ingest' }, async ({ ingest, log }, request) => {
  const parsed = parseIngest(request);
  if (parsed.kind === 'reply') return parsed.reply;
  const outcome = await ingest.ingest(parsed.request);
  if (outcome.kind === 'stored' && outcome.rejections.causes > 0) {
    const { byReason, texts } = outcome.rejections;
    log.log('warn', 'samples rejected', { ...Object.fromEntries(byReason), first: texts[0] });
  }
  if (outcome.kind === 'stored') {
    const { written, unselectedRows, blocks, storedBytes } = outcome;
    log.log('debug', 'samples stored', { ...written, unselectedRows, blocks, storedBytes });
  }
  return renderIngest(outcome, parsed.request.format);
});
