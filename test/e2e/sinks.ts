import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { SMTPServer } from 'smtp-server';

/** One request that a sink received. */
export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed JSON, a form as a record, or the text. */
  readonly body: unknown;
}

export interface HttpSink {
  readonly port: number;
  readonly received: readonly Received[];
  /** What to answer for a path; the default is 200 and "ok". */
  answer: (path: string) => { readonly status: number; readonly body: string; readonly afterMs?: number };
  close(): void;
}

/** An HTTP server that keeps every request. */
export async function startHttpSink(): Promise<HttpSink> {
  const received: Received[] = [];
  const sink = { answer: (_path: string) => ({ status: 200, body: 'ok' }) };
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const path = request.url ?? '';
      received.push({ path, headers: request.headers, body });
      const { status, body: text, afterMs = 0 } = current.answer(path);
      const type = text.startsWith('{') ? 'application/json' : 'text/plain';
      setTimeout(() => response.writeHead(status, { 'content-type': type }).end(text), afterMs);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const current: HttpSink = { ...sink, port: address.port, received, close: () => void server.close() };
  return current;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  try {
    return JSON.parse(text) as unknown; // What a receiver was sent; each test checks what it reads of it.
  } catch {
    return text;
  }
}

/** One mail that the SMTP sink accepted. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string | null;
  readonly secure: boolean;
  readonly source: string;
}

export interface MailSink {
  readonly port: number;
  readonly received: readonly ReceivedMail[];
  close(): void;
}

/** A real SMTP server with STARTTLS and login. */
export async function startMailSink(login: { readonly user: string; readonly password: string }): Promise<MailSink> {
  const received: ReceivedMail[] = [];
  const server = new SMTPServer({
    authMethods: ['PLAIN', 'LOGIN'],
    onAuth: ({ username, password }, _session, callback) => {
      if (username === login.user && password === login.password) callback(null, { user: username });
      else callback(new Error('wrong user or password'));
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map((each) => each.address),
          user: typeof session.user === 'string' ? session.user : null,
          secure: session.secure,
          source: Buffer.concat(chunks).toString('utf8'),
        });
        callback();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, received, close: () => void server.close(() => undefined) };
}
