import type { OutgoingMail, OutgoingRequest, SlackCall, TopicMessage } from '../ports.ts';

/** What is to be done for one notification, fully built: an adapter performs it and nothing else. */
export type Delivery =
  | { readonly kind: 'http'; readonly request: OutgoingRequest }
  | { readonly kind: 'mail'; readonly mail: OutgoingMail }
  | { readonly kind: 'slack'; readonly call: SlackCall }
  | { readonly kind: 'topic'; readonly message: TopicMessage }
  /** A line in the process log, for receivers that want no more. */
  | { readonly kind: 'log'; readonly fields: Readonly<Record<string, unknown>> };
