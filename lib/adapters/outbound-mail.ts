import { createHmac } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createTransport, type SendMailOptions } from 'nodemailer';
import type { Options as SmtpOptions } from 'nodemailer/lib/smtp-transport/index.js';
import type { OutgoingMail, OutgoingResponse } from '../ports.ts';
import { checkHost, guardedLookup, RefusedAddress } from './address-guard.ts';
import { messageOf, tlsConnectionOptions } from './outbound-http.ts';

/** Sends one mail over SMTP: AUTH only when the server offers it, STARTTLS demanded unless the receiver says otherwise. */
export async function sendMail(mail: OutgoingMail, allowPrivate: boolean): Promise<OutgoingResponse> {
  const signal = AbortSignal.timeout(mail.timeoutMs);
  let connection: Socket | null = null;
  try {
    connection = await openConnection(mail, allowPrivate, signal);
    const transport = createTransport({ ...smtpOptions(mail), connection });
    const message: SendMailOptions & { readonly signal: AbortSignal } = { ...messageFields(mail), signal };
    const { response, rejectedErrors = [] } = await transport.sendMail(message);
    const refused = rejectedErrors.map((error) => error.message).join('; ');
    const headers = new Map(refused === '' ? [] : [['refused-recipients', refused]]);
    return { kind: 'response', status: 250, headers, body: response };
  } catch (error) {
    if (signal.aborted) return { kind: 'failure', reason: 'timeout', detail: `not sent within ${mail.timeoutMs} ms` };
    if (error instanceof RefusedAddress) return { kind: 'failure', reason: 'refused-address', detail: error.message };
    return answerOf(error);
  } finally {
    connection?.destroy();
  }
}

/** Opened here and not by the library, so that no name leads where an address may not. */
async function openConnection(
  { host, port }: OutgoingMail,
  allowPrivate: boolean,
  signal: AbortSignal,
): Promise<Socket> {
  checkHost(host, allowPrivate);
  const socket = connect({ host, port, lookup: guardedLookup(allowPrivate) });
  const giveUp = (): void => void socket.destroy(new Error('aborted'));
  signal.addEventListener('abort', giveUp, { once: true });
  return new Promise<Socket>((resolve, reject) => {
    socket.once('error', reject).once('connect', () => {
      socket.removeListener('error', reject);
      resolve(socket);
    });
  });
}

function smtpOptions(mail: OutgoingMail): SmtpOptions {
  const { auth, tlsMode, timeoutMs } = mail;
  const isOptional = tlsMode === 'starttls-if-offered';
  // Where encryption is not asked for, a certificate that nobody signed is better than none.
  const tls = isOptional && mail.tls === null ? { rejectUnauthorized: false } : tlsConnectionOptions(mail.tls);
  return {
    host: mail.host,
    port: mail.port,
    name: mail.hello,
    secure: tlsMode === 'implicit',
    requireTLS: tlsMode === 'starttls-required',
    opportunisticTLS: isOptional,
    tls,
    ...(auth === null ? {} : loginOptions(auth)),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

type Login = NonNullable<OutgoingMail['auth']>;

/** The password is for PLAIN and LOGIN, the secret for CRAM-MD5, which never shows it. */
function loginOptions({ username, password, secret, identity }: Login): SmtpOptions {
  const asOther = Buffer.from(`${identity}\0${username}\0${password}`).toString('base64');
  return {
    auth: { user: username, pass: password === '' ? secret : password },
    ...(password === '' && secret !== '' ? { authMethod: 'CRAM-MD5' } : {}),
    customAuth: {
      ...(identity === '' || identity === username
        ? {}
        : {
            PLAIN: async ({ sendCommand }: Dialogue) => {
              expectStatus(await sendCommand(`AUTH PLAIN ${asOther}`), 235);
              return true;
            },
          }),
      ...(secret === ''
        ? {}
        : {
            'CRAM-MD5': async ({ sendCommand }: Dialogue) => {
              const { text } = expectStatus(await sendCommand('AUTH CRAM-MD5'), 334);
              const proof = createHmac('md5', secret).update(Buffer.from(text, 'base64')).digest('hex');
              const response = Buffer.from(`${username} ${proof}`).toString('base64');
              expectStatus(await sendCommand(response), 235);
              return true;
            },
          }),
    },
  };
}

interface Said {
  readonly status: number;
  readonly text: string;
}

interface Dialogue {
  sendCommand(command: string): Promise<Said>;
}

function expectStatus(said: Said, status: number): Said {
  if (said.status === status) return said;
  throw new Error(`Invalid login: ${said.status} ${said.text}`);
}

function messageFields(mail: OutgoingMail): SendMailOptions {
  return {
    envelope: { from: mail.from, to: [...mail.to] },
    ...addressHeaders(mail),
    headers: mail.headers
      .filter(([name]) => !ownHeaders.has(name.toLowerCase()))
      .map(([key, value]) => ({ key, value })),
    ...(mail.text === '' ? {} : { text: mail.text }),
    ...(mail.html === '' ? {} : { html: mail.html }),
    textEncoding: 'quoted-printable',
  };
}

const ownHeaders = new Set(['from', 'to', 'subject', 'message-id', 'date']);

/** Headers that the library writes itself, under its own names. */
function addressHeaders(mail: OutgoingMail): Record<string, string> {
  const found = new Map(mail.headers.map(([name, value]) => [name.toLowerCase(), value]));
  const named: Record<string, string> = {};
  for (const [header, option] of [
    ['from', 'from'],
    ['to', 'to'],
    ['subject', 'subject'],
    ['message-id', 'messageId'],
    ['date', 'date'],
  ] as const) {
    const value = found.get(header);
    if (value !== undefined) named[option] = value;
  }
  return named;
}

/** An SMTP refusal as a response with its code (5xx is final, 4xx is not), anything else as a failure. */
function answerOf(error: unknown): OutgoingResponse {
  const detail = messageOf(error);
  const code =
    error instanceof Error && 'responseCode' in error && typeof error.responseCode === 'number'
      ? error.responseCode
      : null;
  if (code !== null) return { kind: 'response', status: code, headers: new Map(), body: detail };
  const isTimeout = error instanceof Error && 'code' in error && error.code === 'ETIMEDOUT';
  return { kind: 'failure', reason: isTimeout ? 'timeout' : 'network', detail };
}
