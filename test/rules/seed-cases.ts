/** For one alert of the users' rule files: series on which it fires, and series on which it never does. Values are 15 s apart. */
export interface SeedCase {
  readonly seed: string;
  readonly alert: string;
  readonly fires: readonly string[];
  readonly quiet: readonly string[];
}

const steady = (series: string, value: number): string => `${series} ${value}x120`;
const rising = (series: string, step: number): string => `${series} 0+${step}x120`;

/** Buckets of which those from `slow` on count up. */
function buckets(name: string, labels: string, bounds: readonly string[], slow: string): readonly string[] {
  const from = bounds.indexOf(slow);
  return bounds.map((le, i) => rising(`${name}_bucket{${labels}le="${le}"}`, i < from ? 1 : 20));
}

const jafBounds = ['0.5', '1', '5', '10', '+Inf'];
const mistralBounds = ['0.1', '0.25', '0.5', '1', '+Inf'];
const gigabytes = (count: number): number => count * 1024 ** 3;

export const seedCases: readonly SeedCase[] = [
  {
    seed: 'clusterdb',
    alert: 'high_latency',
    fires: [
      steady('http_request_duration_p99{instance="a"}', 1.5),
      steady('http_request_duration_p99{instance="b"}', 0.2),
    ],
    quiet: [
      'http_request_duration_p99{instance="a"} 1.5x18 0.9x100',
      steady('http_request_duration_p99{instance="b"}', 1),
    ],
  },
  {
    seed: 'clusterdb',
    alert: 'error_rate',
    fires: [rising('http_errors_total{instance="a"}', 3)],
    quiet: [rising('http_errors_total{instance="a"}', 0.1), 'http_errors_total{instance="b"} 0+3x20 60x100'],
  },
  {
    seed: 'jaf',
    alert: 'HighErrorRate',
    fires: [
      rising('jaf_agent_requests_total{agent_name="x",status="error"}', 2),
      rising('jaf_agent_requests_total{agent_name="x",status="success"}', 8),
    ],
    quiet: [
      steady('jaf_agent_requests_total{agent_name="x",status="error"}', 7),
      rising('jaf_agent_requests_total{agent_name="x",status="success"}', 8),
    ],
  },
  {
    seed: 'jaf',
    alert: 'SlowResponseTime',
    fires: buckets('jaf_response_time_seconds', 'agent_name="x",', jafBounds, '10'),
    quiet: buckets('jaf_response_time_seconds', 'agent_name="x",', jafBounds, '5'),
  },
  {
    seed: 'jaf',
    alert: 'HighMemoryUsage',
    fires: [
      steady('jaf_memory_usage_bytes{component="core"}', gigabytes(3)),
      steady('jaf_memory_usage_bytes{component="ui"}', 5),
    ],
    quiet: [steady('jaf_memory_usage_bytes{component="core"}', gigabytes(2))],
  },
  {
    seed: 'jaf',
    alert: 'AgentDown',
    fires: ['up{job="jaf-agents",instance="a:1"} 1x10 0x110', steady('up{job="jaf-agents",instance="b:1"}', 1)],
    quiet: ['up{job="jaf-agents",instance="a:1"} 1x10 0 1x100', steady('up{job="other",instance="c:1"}', 0)],
  },
  {
    seed: 'jaf',
    alert: 'TooManyActiveConversations',
    fires: [steady('jaf_active_conversations{instance="a"}', 1001.5)],
    quiet: [steady('jaf_active_conversations{instance="a"}', 1000)],
  },
  {
    seed: 'mistralrs',
    alert: 'HighLatencyP95Critical',
    fires: buckets('mistralrs_request_duration_seconds', '', mistralBounds, '1'),
    quiet: buckets('mistralrs_request_duration_seconds', '', mistralBounds, '0.5'),
  },
  {
    seed: 'mistralrs',
    alert: 'HighMemoryUsageWarning',
    fires: [steady('process_resident_memory_bytes{job="mistralrs"}', gigabytes(2.6))],
    quiet: [
      steady('process_resident_memory_bytes{job="mistralrs"}', gigabytes(2.5)),
      steady('process_resident_memory_bytes{job="other"}', gigabytes(9)),
    ],
  },
  {
    seed: 'rustchain',
    alert: 'HighMissionFailureRate',
    fires: [
      rising('rustchain_missions_total{status="failure"}', 2),
      rising('rustchain_missions_total{status="success"}', 9),
    ],
    quiet: [
      rising('rustchain_missions_total{status="failure"}', 1),
      rising('rustchain_missions_total{status="success"}', 9),
    ],
  },
  {
    seed: 'rustchain',
    alert: 'HighMemoryUsage',
    fires: [steady('rustchain_memory_usage_bytes', gigabytes(2.25))],
    quiet: [steady('rustchain_memory_usage_bytes', gigabytes(1.75))],
  },
  {
    seed: 'rustchain',
    alert: 'LLMProviderDown',
    fires: [
      'up{job="rustchain",instance="a"} 1x30 0x90',
      rising('rustchain_llm_errors_total{provider="openai"}', 9),
      rising('rustchain_llm_errors_total{provider="local"}', 1),
    ],
    quiet: [steady('up{job="rustchain",instance="a"}', 1), rising('rustchain_llm_errors_total{provider="openai"}', 7)],
  },
  {
    seed: 'rustchain',
    alert: 'PolicyViolations',
    fires: ['rustchain_policy_violations_total{policy="no-root"} 0x20 0+1x30 30x70'],
    quiet: ['rustchain_policy_violations_total{policy="no-root"} 0x20 0+1x3 3x90'],
  },
];
