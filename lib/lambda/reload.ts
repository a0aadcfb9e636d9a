import { type HttpReply, textReply } from '../api/http.ts';
import type { AppConfig } from '../app/config.ts';
import { reloadAndReroute } from '../app/reload.ts';
import { InvalidInput } from '../model/issue.ts';

/** POST /-/reload: reads the configuration again. 500 with every mistake when it is wrong, and the running one stays. */
export async function reloadReply({ place }: AppConfig): Promise<HttpReply> {
  if (place.kind === 'aws') {
    return textReply(403, 'the configuration of a deployed installation changes with a deployment: npm run deploy\n');
  }
  try {
    await reloadAndReroute();
    return textReply(200, '');
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return textReply(500, `failed to reload config:\n${error.message}\n`);
  }
}
