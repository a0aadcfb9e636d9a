import { createHmac, randomBytes } from 'node:crypto';
import { readAccessList } from '../app/access-list.ts';
import type { App } from '../app/app.ts';
import type { AppConfig } from '../app/config.ts';
import { type Caller, type Credential, findCaller, parseCredentials, type Scope } from './credentials.ts';

/** What a route asks for; `open` asks for nothing. */
export type Access = Scope | 'open';

export type Decision =
  | { readonly kind: 'allowed'; readonly caller: string }
  /** No credentials, or none that are listed. */
  | { readonly kind: 'unknown' }
  /** Known, without the scope. */
  | { readonly kind: 'forbidden'; readonly caller: string }
  /** The list of callers cannot be read, so nobody is let in. */
  | { readonly kind: 'unavailable' };

/** The list is read again after this time, so that a revoked token stops working without a deployment. */
const REFRESH_INTERVAL_MS = 180_000;
const RETRY_INTERVAL_MS = 5_000;
/** Callers remembered between two readings; saves the deliberate slowness of scrypt on each request. */
const MAX_REMEMBERED = 1_000;

interface AccessList {
  /** A reload of the configuration reads the list again, too. */
  readonly readFor: AppConfig;
  /** Null: no list is configured (local process), everyone may do everything. */
  readonly credentials: readonly Credential[] | null;
  readonly remembered: Map<string, Caller>;
}

/** Decides for the requests of one process; one list per process, read on first use. Several readings at once do no harm. */
export function createAuthorizer(): (app: App, access: Access, authorization: string | null) => Promise<Decision> {
  const rememberKey = randomBytes(32);
  let list: AccessList | null = null;
  let readAgainAtMs = 0;

  async function currentList(app: App): Promise<AccessList | null> {
    const nowMs = app.clock.nowMs();
    if (list?.readFor === app.config && nowMs < readAgainAtMs) return list;
    try {
      const source = await readAccessList(app.config);
      const credentials = source === null ? null : parseCredentials(source.text, source.name);
      list = { readFor: app.config, credentials, remembered: new Map() };
      readAgainAtMs = nowMs + REFRESH_INTERVAL_MS;
    } catch (error) {
      // An older list is better than none: a short outage of the parameter store must not stop ingestion.
      if (list !== null) list = { ...list, readFor: app.config };
      app.log.log('error', 'the access list cannot be read', { error: String(error), keptOlder: list !== null });
      readAgainAtMs = nowMs + RETRY_INTERVAL_MS;
    }
    return list;
  }

  return async (app, access, authorization) => {
    if (access === 'open') return { kind: 'allowed', caller: 'anyone' };
    const current = await currentList(app);
    if (current === null) return { kind: 'unavailable' };
    if (current.credentials === null) return { kind: 'allowed', caller: 'local' };
    if (authorization === null) return { kind: 'unknown' };
    const rememberAs = createHmac('sha256', rememberKey).update(authorization).digest('base64');
    const caller =
      current.remembered.get(rememberAs) ?? (await findCaller(current.credentials, authorization.slice(0, 4_096)));
    if (caller === null) return { kind: 'unknown' };
    if (current.remembered.size < MAX_REMEMBERED) current.remembered.set(rememberAs, caller);
    const isAllowed = caller.scopes.includes(access) || caller.scopes.includes('admin');
    return isAllowed ? { kind: 'allowed', caller: caller.name } : { kind: 'forbidden', caller: caller.name };
  };
}
