import type { RejectionReason } from '../ingest/rejections.ts';
import type { IngestEncoding, IngestFormat, IngestOutcome, IngestRequest } from '../services/ingest.ts';
import { type HttpReply, type HttpRequest, textReply } from './http.ts';

/** A request that can be ingested, or the answer to one that cannot. */
export type ParsedIngest =
  | { readonly kind: 'request'; readonly request: IngestRequest }
  | { readonly kind: 'reply'; readonly reply: HttpReply };

const PROTOBUF = 'application/x-protobuf';
const MESSAGES: ReadonlyMap<string, IngestFormat> = new Map([
  ['prometheus.WriteRequest', 'remote-write-1'],
  ['io.prometheus.write.v2.Request', 'remote-write-2'],
]);
const PUSH_FORMATS: ReadonlyMap<string, IngestFormat> = new Map([
  ['text/plain', 'text'],
  ['application/openmetrics-text', 'openmetrics'],
  ['application/json', 'json'],
]);
const PUSH_ENCODINGS: ReadonlyMap<string, IngestEncoding> = new Map([
  ['', 'identity'],
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['zstd', 'zstd'],
  ['snappy', 'snappy'],
]);

/** Reads the path and the headers of `POST /api/v1/write` (remote write) and `POST /api/v1/push` (text, OpenMetrics, JSON). */
export function parseIngest(request: HttpRequest): ParsedIngest {
  if (request.path === '/api/v1/write') return parseRemoteWrite(request);
  return request.path === '/api/v1/push' ? parsePush(request) : reply(404, 'not found');
}

// Texts and order of the checks as Prometheus' receiver has them; a missing header means version 1, and snappy.
function parseRemoteWrite(request: HttpRequest): ParsedIngest {
  const contentType = (request.headers.get('content-type') ?? '').trim();
  const format = remoteWriteFormat(contentType === '' ? PROTOBUF : contentType);
  if ('error' in format) return reply(415, format.error);
  const encoding = request.headers.get('content-encoding') ?? '';
  if (encoding !== '' && encoding !== 'snappy') {
    return reply(415, `${encoding} encoding (compression) is not accepted by this server; only snappy is acceptable`);
  }
  return accept(request, format.format, 'snappy');
}

function remoteWriteFormat(contentType: string): { readonly format: IngestFormat } | { readonly error: string } {
  const [mediaType, ...parameters] = contentType.split(';');
  if (mediaType?.trim() !== PROTOBUF) {
    return { error: `expected ${PROTOBUF} as the first (media) part, got ${contentType} content-type` };
  }
  for (const parameter of parameters) {
    const [name = '', value, ...more] = parameter.trim().split('=');
    if (value === undefined || more.length > 0) {
      return {
        error: `as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got ${parameter} in ${contentType} content-type`,
      };
    }
    if (name !== 'proto') continue;
    const format = MESSAGES.get(value);
    if (format !== undefined) return { format };
    const supported = [...MESSAGES.keys()].join(', ');
    return {
      error: `got ${contentType} content type; unknown remote write protobuf message ${value}, supported: ${supported}`,
    };
  }
  return { format: 'remote-write-1' };
}

function parsePush(request: HttpRequest): ParsedIngest {
  const contentType = request.headers.get('content-type') ?? 'text/plain';
  const mediaType = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  const format = PUSH_FORMATS.get(mediaType);
  if (format === undefined) {
    return reply(
      415,
      `content type ${JSON.stringify(mediaType)} is not accepted; one of ${[...PUSH_FORMATS.keys()].join(', ')}`,
    );
  }
  const encodingName = (request.headers.get('content-encoding') ?? '').trim().toLowerCase();
  const encoding = PUSH_ENCODINGS.get(encodingName);
  if (encoding === undefined) {
    const known = [...PUSH_ENCODINGS.keys()].filter((name) => name !== '').join(', ');
    return reply(415, `content encoding ${JSON.stringify(encodingName)} is not accepted; one of ${known}`);
  }
  return accept(request, format, encoding);
}

function accept(request: HttpRequest, format: IngestFormat, encoding: IngestEncoding): ParsedIngest {
  return { kind: 'request', request: { format, encoding, body: request.body, receivedAtMs: request.receivedAtMs } };
}

function reply(status: number, message: string): ParsedIngest {
  return { kind: 'reply', reply: textReply(status, `${message}\n`) };
}

// Prometheus drops such series of a version 1 request without a word, and senders rely on it.
const SILENT_IN_VERSION_1: ReadonlySet<RejectionReason> = new Set([
  'metric-name-missing',
  'label-duplicate',
  'label-invalid',
]);

/** 204 when all was taken; 400 with the reasons when a part was not (the rest is stored); 413 or 400 when nothing could be. */
export function renderIngest(outcome: IngestOutcome, format: IngestFormat): HttpReply {
  const headers = format === 'remote-write-2' ? writtenHeaders(outcome) : {};
  if (outcome.kind === 'refused') {
    const refusal = textReply(outcome.code === 'too-large' ? 413 : 400, `${outcome.message}\n`);
    return { ...refusal, headers: { ...refusal.headers, ...headers } };
  }
  const { byReason, causes, texts } = outcome.rejections;
  const isSilent =
    format === 'remote-write-1' && [...byReason.keys()].every((reason) => SILENT_IN_VERSION_1.has(reason));
  if (causes === 0 || isSilent) return { status: 204, headers, body: '' };
  const more = causes > texts.length ? [`and ${causes - texts.length} more`] : [];
  const partial = textReply(400, `${[...texts, ...more].join('\n')}\n`);
  return { ...partial, headers: { ...partial.headers, ...headers } };
}

/** Always sent for version 2: by them a sender sees that its samples were understood. */
function writtenHeaders(outcome: IngestOutcome): Readonly<Record<string, string>> {
  const { samples, histograms, exemplars } = outcome.kind === 'stored' ? outcome.written : NOTHING_WRITTEN;
  return {
    'X-Prometheus-Remote-Write-Samples-Written': String(samples),
    'X-Prometheus-Remote-Write-Histograms-Written': String(histograms),
    'X-Prometheus-Remote-Write-Exemplars-Written': String(exemplars),
  };
}

const NOTHING_WRITTEN = { samples: 0, histograms: 0, exemplars: 0 };
