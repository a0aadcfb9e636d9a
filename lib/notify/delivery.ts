import type { OutgoingMail, OutgoingRequest, SlackCall, TopicMessage } from '../ports.ts';

/** What is to be done for one notification, fully built: an adapter performs it and nothing else. */
export type Delivery =
  | { readonly kind: 'http'; readonly request: OutgoingRequest }
  | { readonly kind: 'mail'; readonly mail: OutgoingMail }
  | { readonly kind: 'slack'; readonly call: SlackCall }
  | { readonly kind: 'topic'; readonly message: TopicMessage }
  /** A line in the process log, for receivers that want no more. */
  | { readonly kind: 'log'; readonly fields: Readonly<Record<string, unknown>> };

/** The same with no more time than is left for it: at least a millisecond. */
export function limitTime(delivery: Delivery, limitMs: number): Delivery {
  const within = <T extends { readonly timeoutMs: number }>(sent: T): T => ({
    ...sent,
    timeoutMs: Math.max(1, Math.min(sent.timeoutMs, limitMs)),
  });
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
