import { type FetchFunction, LogLevel, WebClient } from '@slack/web-api';
import type { HttpTransport, OutgoingResponse, SlackCall } from '../ports.ts';
import { sendHttp } from './outbound-http.ts';

type FetchResponse = Awaited<ReturnType<FetchFunction>>;

/**
 * Calls Slack's Web API through Slack's own client, which knows how its methods are spoken to. The way out and the verdict stay ours: the
 * client sends by `sendHttp`, and what came back is given on as it came. Its retries are off: those are the queue's.
 */
export async function callSlack(
  call: SlackCall,
  transport: HttpTransport,
  allowPrivate: boolean,
): Promise<OutgoingResponse> {
  let answer: OutgoingResponse | null = null;
  const fetch: FetchFunction = async (_url, init) => {
    answer = await sendHttp(
      {
        method: 'POST',
        url: call.url,
        headers: Object.entries(init?.headers ?? {}),
        body: typeof init?.body === 'string' ? init.body : '',
        timeoutMs: call.timeoutMs,
      },
      { ...transport, followRedirects: false },
      allowPrivate,
    );
    if (answer.kind === 'failure') throw new Error(answer.detail);
    return asFetched(answer, call.url);
  };
  const client = new WebClient(call.token, {
    fetch,
    headers: Object.fromEntries(call.headers),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: silent,
  });
  try {
    await client.apiCall(call.method, { ...call.payload });
  } catch (error) {
    // The client throws for every answer that is no success; the answer itself says more.
    answer ??= { kind: 'failure', reason: 'network', detail: error instanceof Error ? error.message : String(error) };
  }
  return answer ?? { kind: 'failure', reason: 'network', detail: 'the Slack client sent nothing' };
}

function asFetched(answer: Extract<OutgoingResponse, { kind: 'response' }>, url: string): FetchResponse {
  const { status, headers, body } = answer;
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText: '',
    url,
    headers: { get: (name) => headers.get(name.toLowerCase()) ?? null, entries: () => headers.entries() },
    arrayBuffer: async () => new TextEncoder().encode(body).buffer,
    json: async (): Promise<unknown> => JSON.parse(body),
    text: async () => body,
  };
}

const nothing = (): void => undefined;
const silent = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  getLevel: () => LogLevel.ERROR,
  setName: nothing,
};
