/** Ways to treat a server badly, and eyes on how it takes it. */
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Numbers from 0 up to and without 1 that look random and are the same for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The body as it is, cut off, with bytes changed, with a piece repeated, and as bytes without any sense. */
export function damaged(body: Uint8Array, random: () => number): readonly Uint8Array[] {
  const at = (): number => Math.floor(random() * body.length);
  const changed = Uint8Array.from(body);
  for (let i = 0; i < 1 + random() * 8; i++) changed[at()] = Math.floor(random() * 256);
  const [from, to] = [at(), at()].sort((a, b) => a - b);
  const piece = body.subarray(from, to);
  return [
    body,
    body.subarray(0, at()),
    changed,
    Buffer.concat([body.subarray(0, to), piece, body.subarray(to)]),
    Uint8Array.from({ length: Math.floor(random() * 2_000) }, () => Math.floor(random() * 256)),
  ];
}

export interface Attempt {
  readonly method: string;
  /** Path and query as they go over the wire. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

export interface Outcome {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly tookMs: number;
}

/** One request by node:http, which sends any method, path and header it is told to. */
export function attempt(port: number, { method, path, headers = {}, body = '' }: Attempt): Promise<Outcome> {
  const begunMs = performance.now();
  return new Promise((resolve, reject) => {
    // Said outright: for methods that seldom have a body, Node's client would send one without saying that it does.
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    const options = { method, path, headers: { ...length, ...headers }, agent: false, timeout: 60_000 };
    const outgoing = request({ host: '127.0.0.1', port, ...options });
    outgoing
      .on('timeout', () => outgoing.destroy(new Error('no answer within a minute')))
      .on('error', reject)
      .on('response', (answer) => {
        const chunks: Buffer[] = [];
        answer
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('error', reject)
          .on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              text: Buffer.concat(chunks).toString(),
              tookMs: performance.now() - begunMs,
            }),
          );
      })
      .end(body);
  });
}

/** Opens a connection and writes; what came back, when it ended or `limitMs` were over. `goOn` may go on writing until `isOver`. */
export function rawExchange(
  port: number,
  text: string,
  options: { readonly limitMs?: number; readonly goOn?: (socket: Socket, isOver: () => boolean) => void } = {},
): Promise<{ readonly text: string; readonly ended: boolean; readonly tookMs: number }> {
  const begunMs = performance.now();
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    let over = false;
    const finish = (ended: boolean): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      socket.destroy();
      resolve({ text: received, ended, tookMs: performance.now() - begunMs });
    };
    const timer = setTimeout(() => finish(false), options.limitMs ?? 5_000);
    socket
      .on('connect', () => {
        socket.write(text);
        options.goOn?.(socket, () => over);
      })
      .on('data', (chunk) => {
        received += chunk.toString('latin1');
      })
      .on('error', () => finish(true))
      .on('close', () => finish(true));
  });
}

/** What a watch has seen. */
export interface Watched {
  readonly maxRssMegabytes: number;
  /** Of GET /live, asked ten times a second from connections of its own. */
  readonly maxLiveMs: number;
  readonly failures: readonly string[];
}

/** Looks at the memory of a process, and asks whether it lives, until it is stopped. */
export function watch(pid: number, port: number): { stop(): Promise<Watched> } {
  let maxRssMegabytes = 0;
  let maxLiveMs = 0;
  const failures: string[] = [];
  let over = false;
  async function look(): Promise<void> {
    while (!over) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      maxRssMegabytes = Math.max(maxRssMegabytes, Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
      try {
        const live = await attempt(port, { method: 'GET', path: '/live' });
        if (live.status !== 200) failures.push(`/live answered ${live.status}`);
        maxLiveMs = Math.max(maxLiveMs, live.tookMs);
      } catch (error) {
        failures.push(`/live: ${String(error)}`);
      }
      await sleep(100);
    }
  }
  const looking = look().catch((error: unknown) => void failures.push(String(error)));
  return {
    stop: async () => {
      over = true;
      await looking;
      return { maxRssMegabytes, maxLiveMs, failures };
    },
  };
}
