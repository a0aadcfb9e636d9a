import { readFile } from 'node:fs/promises';
import type { Outbound } from '../ports.ts';
import { sendHttp } from './outbound-http.ts';

/** Everything that leaves, each client loaded on first use: a container that only posts webhooks never loads the others. */
export function createOutbound({ allowPrivate }: { readonly allowPrivate: boolean }): Outbound {
  return {
    http: (request, transport) => sendHttp(request, transport, allowPrivate),
    mail: async (mail) => (await import('./outbound-mail.ts')).sendMail(mail, allowPrivate),
    slack: async (call, transport) => (await import('./outbound-slack.ts')).callSlack(call, transport, allowPrivate),
    topic: async (message, transport) =>
      (await import('./outbound-topic.ts')).publishToTopic(message, transport, allowPrivate),
    readSecret: async (path) => (await readFile(path, 'utf8')).trim(),
  };
}
