/** The whole outside world, as the services see it. Each sentence of a contract has one test in test/contract. */

/** Reads the time once per unit of work, at its edge. */
export interface Clock {
  nowMs(): number;
}

export interface Key {
  /** Partition: 1 to 1,024 bytes. */
  readonly pk: string;
  /** Sorted bytewise within its partition: 1 to 1,000 bytes. */
  readonly sk: string;
}

/** What is stored: opaque text or bytes, at most 350 KB (`MAX_BODY_BYTES`). */
export interface TableRecord extends Key {
  readonly body: string | Uint8Array;
  /** The record is gone for readers from this instant on, and removed some time later; null keeps it. */
  readonly expiresAtMs: number | null;
}

export interface StoredRecord extends TableRecord {
  /** Grows by one with each write of the key through `putIf` or `commit`; 1 for the first, and for `putAll`. */
  readonly version: number;
}

export type Saved = { readonly kind: 'saved'; readonly version: number };
/** Nothing changed. `current` is what stands there now; null when nothing does. */
export type Conflict = { readonly kind: 'conflict'; readonly key: Key; readonly current: StoredRecord | null };

/** One step of a `commit`. `expected: 'any'` skips the comparison. */
export type TableWrite =
  | { readonly kind: 'put'; readonly record: TableRecord; readonly expected: 'absent' | 'any' | number }
  | { readonly kind: 'delete'; readonly key: Key; readonly expected: 'any' | number };

export interface TableQuery {
  readonly pk: string;
  /** Only keys with this beginning; "" for all. */
  readonly skPrefix: string;
  /** Only keys greater than this; null from the beginning. */
  readonly after: string | null;
  readonly limit: number;
  /** Keys that the caller has already: their records are left out, and need not be read where an engine can avoid it. */
  readonly except?: ReadonlySet<string>;
}

export const MAX_BODY_BYTES = 350_000;
export const MAX_COMMIT_WRITES = 100;

export interface Table {
  /** Strongly consistent: sees every write that was acknowledged before the call. Null when absent or expired. */
  load(key: Key, nowMs: number): Promise<StoredRecord | null>;
  /**
   * Records of one partition in ascending order of `sk`, strongly consistent. A page ends at `limit` records or about 1 MB;
   * `next` is then the `after` of the following call, and null at the end. Expired records are left out.
   */
  query(
    query: TableQuery,
    nowMs: number,
  ): Promise<{ readonly records: readonly StoredRecord[]; readonly next: string | null }>;
  /** Writes only if the stored version is `expected`. On conflict nothing changed and the stored record comes back to decide again. An expired record counts as present until it is removed. */
  putIf(record: TableRecord, expected: 'absent' | number): Promise<Saved | Conflict>;
  /** Writes whole records whatever stands there, any number of them, each durable on return. Not atomic: after an error some may be written, and a repeat is harmless. */
  putAll(records: readonly TableRecord[]): Promise<void>;
  /** All writes or none, at most MAX_COMMIT_WRITES, each key once. The first failed comparison comes back. */
  commit(writes: readonly TableWrite[]): Promise<{ readonly kind: 'committed' } | Conflict>;
  /** Removes keys whatever stands there; absent keys are fine. Not atomic; a repeat is harmless. */
  deleteAll(keys: readonly Key[]): Promise<void>;
  /**
   * A number that has grown when anything was written and acknowledged since it was last asked for, by other processes up to ten
   * milliseconds before: what was read before needs no second look while it stands still. Only engines have it that know without a
   * request.
   */
  readonly changes?: () => number;
}

export const QUEUES = ['evaluate', 'dispatch', 'flush', 'notify'] as const;
export type QueueName = (typeof QUEUES)[number];

/** Longest delay a queue takes; later work is delayed again when it arrives. */
export const MAX_DELAY_MS = 900_000;
export const MAX_MESSAGE_BYTES = 200_000;

export interface OutgoingMessage {
  /** JSON text, at most MAX_MESSAGE_BYTES. */
  readonly body: string;
  /** Whole milliseconds, at most MAX_DELAY_MS; engines may round up to a second. */
  readonly delayMs: number;
}

export interface ReceivedMessage {
  readonly id: string;
  /** Valid for this delivery only. */
  readonly receipt: string;
  readonly body: string;
  /** 1 for the first delivery. */
  readonly attempt: number;
}

/** At least once, in no promised order. A message delivered `maxReceives` times without a delete moves to the dead letters. */
export interface Queue {
  /** Durable on return. After an error some may have been sent; a repeat doubles those. */
  send(queue: QueueName, messages: readonly OutgoingMessage[]): Promise<void>;
  /** Up to `limit` (at most 10) messages that are due, hidden from others for `visibilityMs`. Returns at once when there is none. */
  receive(queue: QueueName, limit: number, visibilityMs: number): Promise<readonly ReceivedMessage[]>;
  /** Ends the life of a message. An outdated receipt is ignored. */
  delete(queue: QueueName, receipts: readonly string[]): Promise<void>;
  /** Makes a received message due again after `delayMs`. */
  release(queue: QueueName, receipt: string, delayMs: number): Promise<void>;
  /** Messages waiting (delayed ones included) and dead letters, approximately. */
  depth(queue: QueueName): Promise<{ readonly waiting: number; readonly dead: number }>;
}

/** A request to the outside, fully built. `headers` are in sending order; secrets are already revealed in it, so it is never logged. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Of one attempt, connection included. 0 while the receiver sets none; the service that sends puts its own limit there. */
  readonly timeoutMs: number;
}

/** What came back, or why nothing did. Bodies are cut at 64 KB. */
export type OutgoingResponse =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: ReadonlyMap<string, string>;
      readonly body: string;
    }
  | { readonly kind: 'failure'; readonly reason: 'timeout' | 'network' | 'refused-address'; readonly detail: string };

/** How requests of a receiver are sent, from its `http_config`. */
export interface HttpTransport {
  readonly followRedirects: boolean;
  readonly proxy: HttpProxy | null;
  readonly tls: TlsOptions | null;
}

/** A forward proxy: requests for http in absolute form, tunnels for https. */
export interface HttpProxy {
  /** http or https; a user and password in it are sent to the proxy. */
  readonly url: string;
  /** Where the proxy is not used, as in the variable NO_PROXY: "internal, .example.com, 10.0.0.0/8, db:8080"; "" for nowhere. */
  readonly bypass: string;
  /** Of requests for a tunnel. */
  readonly connectHeaders: readonly (readonly [name: string, value: string])[];
}

/** Certificates and keys as PEM text. */
export interface TlsOptions {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly serverName: string | null;
  readonly insecureSkipVerify: boolean;
  readonly minVersion: TlsVersion | null;
  readonly maxVersion: TlsVersion | null;
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** One mail to one server. Headers are in order and not yet encoded. */
export interface OutgoingMail {
  readonly host: string;
  readonly port: number;
  readonly hello: string;
  readonly tlsMode: 'implicit' | 'starttls-required' | 'starttls-if-offered';
  readonly tls: TlsOptions | null;
  /** Null when no user name is configured. */
  readonly auth: {
    readonly username: string;
    readonly password: string;
    readonly secret: string;
    readonly identity: string;
  } | null;
  readonly from: string;
  readonly to: readonly string[];
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** "" leaves the part out. */
  readonly text: string;
  readonly html: string;
  readonly timeoutMs: number;
}

/** One call of Slack's Web API at `url`. */
export interface SlackCall {
  readonly url: string;
  readonly method: 'chat.postMessage' | 'chat.update';
  readonly token: string;
  /** Beside those that the client sends. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly payload: Readonly<Record<string, unknown>>;
  readonly timeoutMs: number;
}

/** One message to an SNS topic, target or phone. */
export interface TopicMessage {
  readonly target: { readonly kind: 'topic' | 'endpoint' | 'phone'; readonly value: string };
  readonly endpoint: string | null;
  readonly region: string | null;
  readonly credentials: { readonly accessKey: string; readonly secretKey: string } | null;
  readonly subject: string | null;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly fifo: { readonly groupId: string; readonly deduplicationId: string } | null;
  readonly timeoutMs: number;
}

/**
 * The only way out. Never throws for what the world says: that is in the answer, and there is one `timeoutMs` after the call, whatever
 * the other side does. Mail answers with the SMTP code as status (250), topics and Slack with HTTP's.
 */
export interface Outbound {
  http(request: OutgoingRequest, transport: HttpTransport): Promise<OutgoingResponse>;
  mail(mail: OutgoingMail): Promise<OutgoingResponse>;
  slack(call: SlackCall, transport: HttpTransport): Promise<OutgoingResponse>;
  topic(message: TopicMessage, transport: HttpTransport): Promise<OutgoingResponse>;
  /** Text of a secret file (or `ssm:PARAMETER`) named in the configuration, without blanks around it. Throws when it cannot be read. */
  readSecret(path: string): Promise<string>;
}

/** Ways out. */
export type OutboundClient = Exclude<keyof Outbound, 'readSecret'>;

/** What became of a compressed body. `too-large`: it has more than the limit, and inflating it was given up there. */
export type Inflated =
  | { readonly kind: 'inflated'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'corrupt' };

/** Decompresses, never to more than `maxBytes`. Synchronous: bodies are small. */
export type Inflate = (body: Uint8Array, encoding: 'gzip' | 'deflate' | 'zstd', maxBytes: number) => Inflated;

export interface Logger {
  /** One structured line per unit of work. Never given a secret. */
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>): void;
}
