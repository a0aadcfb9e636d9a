import { createTransport } from 'nodemailer';
import type { OutgoingMail, OutgoingResponse } from '../ports.ts';
import { checkAddress, RefusedAddress } from './address-guard.ts';
import { tlsConnectionOptions } from './outbound-http.ts';

/** Sends one mail over SMTP: AUTH only when the server offers it, STARTTLS demanded unless the receiver says otherwise. */
export async function sendMail(mail: OutgoingMail, allowPrivate: boolean): Promise<OutgoingResponse> {
  const { auth } = mail;
  const tls = await tlsConnectionOptions(mail.tls);
  const transport = createTransport({
    host: mail.host,
    port: mail.port,
    name: mail.hello,
    secure: mail.tlsMode === 'implicit',
    requireTLS: mail.tlsMode === 'starttls-required',
    tls,
    ...(auth === null
      ? {}
      : { auth: { user: auth.username, pass: auth.password === '' ? auth.secret : auth.password } }),
    connectionTimeout: mail.timeoutMs,
    greetingTimeout: mail.timeoutMs,
    socketTimeout: mail.timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    if (/^[\d.]+$|:/.test(mail.host)) checkAddress(mail.host, allowPrivate);
    const sent = await transport.sendMail({
      envelope: { from: mail.from, to: [...mail.to] },
      ...addressHeaders(mail),
      headers: mail.headers
        .filter(([name]) => !ownHeaders.has(name.toLowerCase()))
        .map(([key, value]) => ({ key, value })),
      ...(mail.text === '' ? {} : { text: mail.text }),
      ...(mail.html === '' ? {} : { html: mail.html }),
      textEncoding: 'quoted-printable',
    });
    return { kind: 'response', status: 250, headers: new Map(), body: sent.response };
  } catch (error) {
    if (error instanceof RefusedAddress) return { kind: 'failure', reason: 'refused-address', detail: error.message };
    return answerOf(error);
  } finally {
    transport.close();
  }
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
  const detail = error instanceof Error ? error.message : String(error);
  const code =
    error instanceof Error && 'responseCode' in error && typeof error.responseCode === 'number'
      ? error.responseCode
      : null;
  if (code !== null) return { kind: 'response', status: code, headers: new Map(), body: detail };
  const isTimeout = error instanceof Error && 'code' in error && error.code === 'ETIMEDOUT';
  return { kind: 'failure', reason: isTimeout ? 'timeout' : 'network', detail };
}
