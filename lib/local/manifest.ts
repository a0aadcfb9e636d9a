/** serverless.yml as the local process needs it: which handlers there are, and what starts each. */
import { parse, type ScalarTag } from 'yaml';
import * as z from 'zod';
import { InvalidInput } from '../model/issue.ts';
import { QUEUES, type QueueName } from '../ports.ts';

export interface Route {
  readonly functionName: string;
  /** In upper case; "ANY" for all. */
  readonly method: string;
  /** "/api/v1/{path+}". */
  readonly path: string;
}

export interface Schedule {
  readonly functionName: string;
  readonly everyMs: number;
  /** The event of the function. */
  readonly input: unknown;
}

export interface Consumer {
  readonly functionName: string;
  readonly queue: QueueName;
  readonly batchSize: number;
  readonly visibilityMs: number;
}

export interface Manifest {
  readonly functionNames: readonly string[];
  readonly routes: readonly Route[];
  readonly schedules: readonly Schedule[];
  readonly consumers: readonly Consumer[];
}

const reference = z.object({ ref: z.string() });

const eventSchema = z.union([
  z.strictObject({ httpApi: z.string().regex(/^[A-Z]+ \/\S*$/) }),
  z.strictObject({
    schedule: z.object({ rate: z.string().regex(/^rate\(\d+ (minute|hour)s?\)$/), input: z.unknown() }),
  }),
  z.strictObject({ sqs: z.object({ arn: reference, batchSize: z.int().min(1).max(10) }) }),
]);

const manifestSchema = z.object({
  provider: z.object({ environment: z.record(z.string(), z.unknown()) }),
  functions: z.record(z.string(), z.object({ handler: z.string(), events: z.array(eventSchema) })),
  resources: z.object({ Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.unknown() })) }),
});

const queueProperties = z.object({ VisibilityTimeout: z.int().positive() });

/** `!Ref Table` and `!GetAtt Table.Arn` both become `{ ref: "Table" }`; other functions of CloudFormation are not looked at here. */
const tags: ScalarTag[] = ['!Ref', '!GetAtt', '!Sub'].map((tag) => ({
  tag,
  resolve: (text: string) => (tag === '!Sub' ? text : { ref: text.replace(/\..*/, '') }),
}));

/** Reads serverless.yml; throws InvalidInput when it holds an event that the local process cannot start. */
export function parseManifest(text: string, file: string): Manifest {
  const parsed = manifestSchema.safeParse(parse(text, { customTags: tags, merge: true }));
  if (!parsed.success) {
    throw new InvalidInput(
      parsed.error.issues.map(({ path, message }) => issueAt(file, path.map(String).join('.'), message)),
    );
  }
  const { functions } = parsed.data;
  const events = Object.entries(functions).flatMap(([functionName, definition]) =>
    definition.events.map((event) => ({ functionName, event })),
  );
  return {
    functionNames: Object.keys(functions),
    routes: events.flatMap(({ functionName, event }) =>
      'httpApi' in event ? [routeOf(functionName, event.httpApi)] : [],
    ),
    schedules: events.flatMap(({ functionName, event }) =>
      'schedule' in event
        ? [{ functionName, everyMs: rateInMs(event.schedule.rate), input: event.schedule.input }]
        : [],
    ),
    consumers: events.flatMap(({ functionName, event }) => {
      if (!('sqs' in event)) return [];
      const { arn, batchSize } = event.sqs;
      return [{ functionName, batchSize, ...queueOf(parsed.data, arn.ref, file) }];
    }),
  };
}

function issueAt(file: string, path: string, message: string): InvalidInput['issues'][number] {
  return { code: 'manifest', file, line: null, column: null, path, span: null, message, hint: null };
}

function routeOf(functionName: string, text: string): Route {
  const [method = '', path = ''] = text.split(' ');
  return { functionName, method, path };
}

function rateInMs(rate: string): number {
  const [, count = '', unit = ''] = /^rate\((\d+) (minute|hour)/.exec(rate) ?? [];
  return Number(count) * (unit === 'hour' ? 3_600_000 : 60_000);
}

/** The environment tells which resource is which queue, as it tells the functions. */
function queueOf(
  { provider, resources }: z.output<typeof manifestSchema>,
  resource: string,
  file: string,
): { readonly queue: QueueName; readonly visibilityMs: number } {
  const queue = QUEUES.find((name) => {
    const named = reference.safeParse(provider.environment[`TOCSIN_QUEUE_${name.toUpperCase()}`]);
    return named.success && named.data.ref === resource;
  });
  const properties = queueProperties.safeParse(resources.Resources[resource]?.Properties);
  if (queue !== undefined && properties.success) {
    return { queue, visibilityMs: properties.data.VisibilityTimeout * 1_000 };
  }
  const path = `resources.Resources.${resource}`;
  throw new InvalidInput([issueAt(file, path, 'is no queue with a VisibilityTimeout that the environment names')]);
}
