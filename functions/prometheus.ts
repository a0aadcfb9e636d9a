/** HTTP: the read side of Prometheus' API under /api/v1: queries, series, labels, metadata, rules, alerts, status. */
import { answerPrometheus } from '../lib/api/prometheus.ts';
import { queryApp } from '../lib/app/query.ts';
import { httpHandler } from '../lib/lambda/http.ts';

export const handler = httpHandler(queryApp, { access: 'read' }, answerPrometheus);
