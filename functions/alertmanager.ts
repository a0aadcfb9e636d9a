/** HTTP: Alertmanager's API v2, and the webhook of an Alertmanager in front. */
import { answerAlertmanager } from '../lib/api/alertmanager.ts';
import { answerAlertmanagerWebhook } from '../lib/api/alertmanager-webhook.ts';
import type { HttpRequest } from '../lib/api/http.ts';
import { alertmanagerApp } from '../lib/app/alertmanager.ts';
import type { Access } from '../lib/lambda/authorize.ts';
import { httpHandler } from '../lib/lambda/http.ts';

/** A browser asks with OPTIONS before it sends credentials. */
function access({ method, path }: HttpRequest): Access {
  if (method === 'OPTIONS') return 'open';
  if (method === 'GET' || method === 'HEAD') return 'read';
  return path.startsWith('/api/v2/silence') ? 'silence' : 'ingest';
}

export const handler = httpHandler(alertmanagerApp, { access }, async ({ alertmanager, about }, request) =>
  request.path === '/hooks/alertmanager'
    ? answerAlertmanagerWebhook(alertmanager, request)
    : answerAlertmanager(alertmanager, request, about),
);
