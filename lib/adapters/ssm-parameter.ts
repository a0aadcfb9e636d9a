import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';

let client: SSMClient | null = null;

/** Value of a parameter of the parameter store, decrypted. Throws when it is absent or may not be read. */
export async function readSsmParameter(name: string): Promise<string> {
  client ??= new SSMClient({ maxAttempts: 3 });
  const { Parameter } = await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
  if (Parameter?.Value === undefined) throw new Error(`SSM parameter ${name} has no value`);
  return Parameter.Value;
}
