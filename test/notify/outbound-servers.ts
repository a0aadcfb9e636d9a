/** Servers on loopback for what leaves: HTTP that misbehaves, a forward proxy, SMTP, and SMTP by script. */
import { once } from 'node:events';
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createSocketServer, type Server, type Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** Closed by the test that started it. */
export interface Running {
  readonly port: number;
  close(): void;
}

/** One request as it came. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Web extends Running {
  readonly received: readonly Received[];
}

async function listening(server: Server, host = '127.0.0.1'): Promise<Running> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    // A client that gives up is part of these tests.
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  return {
    port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** HTTP, or HTTPS with `tls`. */
export async function startWeb(
  answer: (request: Received, response: ServerResponse) => void,
  tls: TlsOptions | null = null,
): Promise<Web> {
  const received: Received[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    const whole = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
    received.push(whole);
    answer(whole, response);
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => void handle(request, response);
  const server: HttpServer | ReturnType<typeof createTlsServer> =
    tls === null ? createServer(listener) : createTlsServer(tls, listener);
  return { ...(await listening(server)), received };
}

export interface Proxy extends Running {
  /** Request lines and the headers that came with them. */
  readonly asked: readonly Received[];
}

/** A forward proxy that leads every name to loopback. Without the right login it answers 407. */
export async function startProxy(login: string | null): Promise<Proxy> {
  const asked: Received[] = [];
  const isKnown = (headers: IncomingMessage['headers']): boolean =>
    login === null || headers['proxy-authorization'] === `Basic ${Buffer.from(login).toString('base64')}`;
  const note = ({ method = '', url = '', headers }: IncomingMessage): void =>
    void asked.push({ method, url, headers, body: '' });
  const server = createServer((request, response) => {
    note(request);
    response.writeHead(isKnown(request.headers) ? 200 : 407).end('by the proxy');
  });
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    note(request);
    if (!isKnown(request.headers)) return client.end('HTTP/1.1 407 Who are you\r\n\r\n');
    const port = Number(request.url?.split(':').at(-1));
    const upstream = connect({ host: '127.0.0.1', port }, () => {
      client.write('HTTP/1.1 200 Go on\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  return { ...(await listening(server)), asked };
}

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly source: string;
  readonly isEncrypted: boolean;
  readonly login: string | null;
}

export interface MailServer extends Running {
  readonly mails: readonly Mail[];
}

/** A real SMTP server that keeps every mail. */
export async function startMail(options: SMTPServerOptions): Promise<MailServer> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    onAuth: ({ method, username = '', password, validatePassword }, _session, callback) => {
      const isRight = method === 'CRAM-MD5' ? validatePassword('cram-secret') : password === 'right';
      if (isRight) callback(null, { user: `${username} by ${method}` });
      else callback(new Error('wrong user or password'));
    },
    onData: (stream, { envelope, secure, user }, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const source = Buffer.concat(chunks).toString('utf8');
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push({ from, to, source, isEncrypted: secure, login: typeof user === 'string' ? user : null });
        callback();
      });
    },
    ...options,
  });
  // Clients that refuse the certificate are part of these tests.
  server.on('error', () => undefined);
  return { ...(await listening(server.server)), mails };
}

export interface ScriptedMail extends Running {
  /** Lines of the client. */
  readonly said: readonly string[];
}

/** An SMTP server that greets, and then answers each line of the client by its first word ("." ends a mail); null says nothing. */
export async function startScriptedMail(
  greeting: string,
  answers: Readonly<Record<string, string | null>>,
): Promise<ScriptedMail> {
  const said: string[] = [];
  const server = createSocketServer((socket) => {
    socket.write(`${greeting}\r\n`);
    let left = '';
    let isInMail = false;
    socket.on('data', (chunk) => {
      const lines = `${left}${chunk.toString('utf8')}`.split('\r\n');
      left = lines.pop() ?? '';
      for (const line of lines) {
        said.push(line);
        if (isInMail && line !== '.') continue;
        const answer = answers[line.split(/[ :]/)[0]?.toUpperCase() ?? ''];
        if (answer !== null) socket.write(`${answer ?? '250 fine'}\r\n`);
        isInMail = answer?.startsWith('354') ?? false;
      }
    });
  });
  return { ...(await listening(server)), said };
}
