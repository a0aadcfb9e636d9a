import type { OutgoingMail, OutgoingRequest, SlackCall, TopicMessage } from '../ports.ts';

/** What is to be done for one notification, fully built: an adapter performs it and nothing else. */
export type Delivery =
  | { readonly kind: 'http'; readonly request: OutgoingRequest }
  | { readonly kind: 'mail'; readonly mail: OutgoingMail }
  | { readonly kind: 'slack'; readonly call: SlackCall }
  | { readonly kind: 'topic'; readonly message: TopicMessage }
  /** A line in the process log, for receivers that want no more. */
  | { readonly kind: 'log'; readonly fields: Readonly<Record<string, unknown>> };

/** The same with the receiver's own time-out, or all that is left where that is less or there is none: whole milliseconds, at least one. */
export function limitTime(delivery: Delivery, limitMs: number): Delivery {
  const within = <T extends { readonly timeoutMs: number }>(sent: T): T => {
    const ownMs = sent.timeoutMs > 0 ? Math.ceil(sent.timeoutMs) : limitMs;
    return { ...sent, timeoutMs: Math.max(1, Math.min(ownMs, limitMs)) };
  };
  switch (delivery.kind) {
    case 'http':
      return { ...delivery, request: within(delivery.request) };
    case 'mail':
      return { ...delivery, mail: within(delivery.mail) };
    case 'slack':
      return { ...delivery, call: within(delivery.call) };
    case 'topic':
      return { ...delivery, message: within(delivery.message) };
    case 'log':
      return delivery;
  }
}
