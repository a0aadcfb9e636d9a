import { readFile } from 'node:fs/promises';
import type { Outbound } from '../ports.ts';
import { withDeadline } from './deadline.ts';
import { sendHttp } from './outbound-http.ts';

const IN_PARAMETER_STORE = 'ssm:';
/** For a secret of the parameter store; what it cannot give soon is tried again with the notification. */
const SECRET_DEADLINE_MS = 5_000;

/** Everything that leaves, each client loaded on first use: a container that only posts webhooks never loads the others. */
export function createOutbound({ allowPrivate }: { readonly allowPrivate: boolean }): Outbound {
  return {
    http: (request, transport) => sendHttp(request, transport, allowPrivate),
    mail: async (mail) => (await import('./outbound-mail.ts')).sendMail(mail, allowPrivate),
    slack: async (call, transport) => (await import('./outbound-slack.ts')).callSlack(call, transport, allowPrivate),
    topic: async (message, transport) =>
      (await import('./outbound-topic.ts')).publishToTopic(message, transport, allowPrivate),
    readSecret: async (path) => (await readSecretText(path)).trim(),
  };
}

/** A file, or `ssm:NAME`: a parameter of AWS' parameter store, for functions, which have no files of their own. */
async function readSecretText(path: string): Promise<string> {
  if (!path.startsWith(IN_PARAMETER_STORE)) return readFile(path, 'utf8');
  const { readSsmParameter } = await import('./ssm-parameter.ts');
  return withDeadline(readSsmParameter(path.slice(IN_PARAMETER_STORE.length)), SECRET_DEADLINE_MS);
}
