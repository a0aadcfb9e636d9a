import { readFile } from 'node:fs/promises';
import type { Outbound, OutboundClient } from '../ports.ts';
import { withDeadline } from './deadline.ts';

const IN_PARAMETER_STORE = 'ssm:';
/** For a secret of the parameter store; what it cannot give soon is tried again with the notification. */
const SECRET_DEADLINE_MS = 5_000;

const clients = {
  http: () => import('./outbound-http.ts'),
  mail: () => import('./outbound-mail.ts'),
  slack: () => import('./outbound-slack.ts'),
  topic: () => import('./outbound-topic.ts'),
};

/**
 * Everything that leaves, each client loaded on first use: a container that only posts webhooks never loads the others, and a process
 * that has nobody to tell no TLS, which takes 5 MB.
 */
export function createOutbound({ allowPrivate }: { readonly allowPrivate: boolean }): Outbound {
  return {
    http: async (request, transport) => (await clients.http()).sendHttp(request, transport, allowPrivate),
    mail: async (mail) => (await clients.mail()).sendMail(mail, allowPrivate),
    slack: async (call, transport) => (await clients.slack()).callSlack(call, transport, allowPrivate),
    topic: async (message, transport) => (await clients.topic()).publishToTopic(message, transport, allowPrivate),
    readSecret: async (path) => (await readSecretText(path)).trim(),
  };
}

/** Loads them before they are needed: a process that runs for long may find its files replaced by then. */
export async function loadClients(names: Iterable<OutboundClient>): Promise<void> {
  await Promise.all(Array.from(names, (name) => clients[name]()));
}

/** A file, or `ssm:NAME`: a parameter of AWS' parameter store, for functions, which have no files of their own. */
async function readSecretText(path: string): Promise<string> {
  if (!path.startsWith(IN_PARAMETER_STORE)) return readFile(path, 'utf8');
  const { readSsmParameter } = await import('./ssm-parameter.ts');
  return withDeadline(readSsmParameter(path.slice(IN_PARAMETER_STORE.length)), SECRET_DEADLINE_MS);
}
