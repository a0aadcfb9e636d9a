import { ErrorCode, LogLevel, type WebAPICallError, WebClient } from '@slack/web-api';
import type { OutgoingResponse, SlackCall } from '../ports.ts';

/** Calls Slack's Web API through Slack's own client, without its retries: those are the queue's. */
export async function callSlack(call: SlackCall): Promise<OutgoingResponse> {
  const client = new WebClient(call.token, {
    slackApiUrl: call.url.slice(0, call.url.length - call.method.length),
    allowAbsoluteUrls: false,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: call.timeoutMs,
    logLevel: LogLevel.ERROR,
  });
  try {
    const answer = await client.apiCall(call.method, { ...call.payload });
    return { kind: 'response', status: 200, headers: new Map(), body: JSON.stringify(answer) };
  } catch (error) {
    return answerOf(error);
  }
}

function isSlackError(error: unknown): error is WebAPICallError {
  return error instanceof Error && 'code' in error && Object.values<unknown>(ErrorCode).includes(error.code);
}

function answerOf(error: unknown): OutgoingResponse {
  if (!isSlackError(error)) return { kind: 'failure', reason: 'network', detail: String(error) };
  if (error.code === ErrorCode.PlatformError) {
    return { kind: 'response', status: 200, headers: new Map(), body: JSON.stringify(error.data) };
  }
  if (error.code === ErrorCode.RateLimitedError) {
    return { kind: 'response', status: 429, headers: new Map([['retry-after', String(error.retryAfter)]]), body: '' };
  }
  if (error.code === ErrorCode.HTTPError) {
    return { kind: 'response', status: error.statusCode, headers: new Map(), body: String(error.body ?? '') };
  }
  return {
    kind: 'failure',
    reason: /timeout|timed out/i.test(error.message) ? 'timeout' : 'network',
    detail: error.message,
  };
}
