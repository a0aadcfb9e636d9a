import { readFile } from 'node:fs/promises';
import type { AppConfig } from './config.ts';

/** The list of callers as it is written down (see lib/lambda/credentials.ts), with the name of its place. Null: no list, the local process is open. */
export async function readAccessList({
  place,
}: AppConfig): Promise<{ readonly name: string; readonly text: string } | null> {
  if (place.kind === 'aws') {
    const { readSsmParameter } = await import('../adapters/ssm-parameter.ts');
    return { name: place.authParameter, text: await readSsmParameter(place.authParameter) };
  }
  return place.authFile === null ? null : { name: place.authFile, text: await readFile(place.authFile, 'utf8') };
}
