import type { LabelPair, Labels } from './labels.ts';

/** An alert as somebody reported it: a rule of ours, a Prometheus, a peer Alertmanager, a person with amtool. */
export interface PostedAlert {
  readonly labels: Labels;
  /** Sorted by name; empty values are kept. */
  readonly annotations: readonly LabelPair[];
  /** Null when the report did not say. */
  readonly startsAtMs: number | null;
  /** Null when the report did not say: the alert then ends `resolve_timeout` after it was received. */
  readonly endsAtMs: number | null;
  readonly generatorUrl: string;
}
