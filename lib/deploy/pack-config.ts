import { readCheckedConfig } from '../app/check-config.ts';
import { printIssue } from '../model/issue.ts';

/**
 * The config folder as it is deployed, by path in the zip. It is checked first: throws InvalidInput with every mistake. Typed rules
 * (`rules/x.ts`) run here, once, and are deployed as what they export (`rules/x.ts.json`): a function compiles nothing.
 */
export async function packConfig(
  folder: string,
  onWarning: (warning: string) => void,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { config, warnings } = await readCheckedConfig({ TOCSIN_CONFIG: folder }, 'v=0');
  for (const warning of warnings) onWarning(printIssue(warning));
  const { texts, modules } = config.files;
  const encoder = new TextEncoder();
  const plain = [...texts].map(([path, text]): [string, Uint8Array] => [`config/${path}`, encoder.encode(text)]);
  const typed = [...modules].map(([path, exported]): [string, Uint8Array] => [
    `config/${path}.json`,
    encoder.encode(JSON.stringify(exported, null, 1)),
  ]);
  return new Map([...plain, ...typed]);
}
