/**
 * The same kind of rules in TypeScript: names, severities and durations are checked where they are written, by the editor and by
 * `npm run check`, and once more when Tocsin starts. This file watches Tocsin's own queues by its /metrics.
 */
import { defineGroups } from '../../lib/rules/typed-rules.ts';

export const groups = defineGroups([
  {
    name: 'queues',
    interval: '1m',
    labels: { component: 'tocsin' },
    rules: [
      {
        // Somebody was not told something: this is the one to be woken for.
        name: 'NotificationsGivenUp',
        query: 'tocsin_queue_dead_letters{queue="notify"} > 0',
        severity: 'critical',
        annotations: {
          summary: '{{ $value }} notifications could not be delivered',
          description:
            'The function died over them again and again; they are kept as dead letters. Its log says at what.',
        },
      },
      {
        name: 'MessagesGivenUp',
        query: 'tocsin_queue_dead_letters{queue!="notify"} > 0',
        severity: 'warning',
        annotations: {
          summary: '{{ $value }} messages of the queue {{ $labels.queue }} could not be worked off',
          description: 'They are kept as dead letters. The log of the function {{ $labels.queue }} says what failed.',
        },
      },
      {
        name: 'QueueGrows',
        query: 'tocsin_queue_messages > 1000 and delta(tocsin_queue_messages[15m]) > 0',
        duration: '10m',
        severity: 'warning',
        annotations: { summary: '{{ $value }} messages wait in the queue {{ $labels.queue }}, and they become more' },
      },
      // A recording rule: all queues in one series, for a dashboard.
      { record: 'tocsin:queue_messages:sum', query: 'sum(tocsin_queue_messages)' },
    ],
  },
]);
