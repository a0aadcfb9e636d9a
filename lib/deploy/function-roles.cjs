'use strict';
/**
 * Gives every function a role of its own. `allow:` of a function lists what it may do, in short form:
 *
 *     allow: [{ on: !GetAtt Table.Arn, actions: ['dynamodb:GetItem'] }]
 *
 * What the function's events need (polling a queue, being started by EventBridge Scheduler) and its log group are added here.
 * `serverless invoke local` has no stack to resolve `!Ref` from, so there the function runs on the embedded store.
 */

const allow = (Action, Resource) => ({ Effect: 'Allow', Action, Resource });

const arnOf = (service, name) => ({
  'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${name}`,
});

const allowSchema = {
  type: 'array',
  items: {
    type: 'object',
    required: ['on', 'actions'],
    additionalProperties: false,
    properties: { on: {}, actions: { type: 'array', items: { type: 'string' } } },
  },
};

module.exports = class FunctionRoles {
  constructor(serverless) {
    serverless.configSchemaHandler.defineFunctionProperties('aws', { properties: { allow: allowSchema } });
    this.hooks = {
      'before:package:setupProviderConfiguration': () => addRoles(serverless.service),
      initialize: () => {
        if (serverless.processedInput.commands.join(' ') === 'invoke local') keepPlainEnvironment(serverless.service);
      },
    };
  }
};

function addRoles(service) {
  service.resources ??= {};
  service.resources.Resources ??= {};
  for (const [key, definition] of Object.entries(service.functions)) {
    const id = `${key[0].toUpperCase()}${key.slice(1)}Role`;
    service.resources.Resources[id] = roleOf(definition);
    definition.role = id;
  }
}

function roleOf(definition) {
  const events = definition.events ?? [];
  const isScheduled = events.some(({ schedule }) => schedule?.method === 'scheduler');
  const pollActions = [
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    'sqs:ChangeMessageVisibility',
  ];
  const Statement = [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], arnOf('logs', `log-group:/aws/lambda/${definition.name}:*`)),
    ...events.filter(({ sqs }) => sqs).map(({ sqs }) => allow(pollActions, sqs.arn ?? sqs)),
    ...(isScheduled ? [allow('lambda:InvokeFunction', arnOf('lambda', `function:${definition.name}`))] : []),
    ...(definition.allow ?? []).map(({ on, actions }) => allow(actions, on)),
  ];
  const Service = ['lambda.amazonaws.com', ...(isScheduled ? ['scheduler.amazonaws.com'] : [])];
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service } }],
      },
      Policies: [{ PolicyName: 'function', PolicyDocument: { Version: '2012-10-17', Statement } }],
    },
  };
}

function keepPlainEnvironment(service) {
  const environments = [service.provider, ...Object.values(service.functions)].map(
    ({ environment }) => environment ?? {},
  );
  for (const environment of environments) {
    for (const [name, value] of Object.entries(environment)) {
      if (typeof value === 'object') delete environment[name];
    }
  }
}
