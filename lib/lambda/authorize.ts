import { createHmac, randomBytes } from 'node:crypto';
import { readAccessList } from '../app/access-list.ts';
import type { App } from '../app/app.ts';
import type { AppConfig } from '../app/config.ts';
import { type Caller, type Credential, findCaller, parseCredentials, type Scope } from './credentials.ts';

/** What a route asks for; `open` asks for nothing. */
export type Access = Scope | 'open';

export type Decision =
  /** `isDeliberate`: with a credential that no browser sends of its own accord, as it does a password it once was given. */
  | { readonly kind: 'allowed'; readonly caller: string; readonly isDeliberate: boolean }
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
  readonly readAgainAtMs: number;
  /** `everyone`: none is configured (local process). `unreadable`: nobody is let in. */
  readonly callers: readonly Credential[] | 'everyone' | 'unreadable';
  readonly remembered: Map<string, Caller>;
}

/** Decides for the requests of one process; one list per process, read on first use. Several readings at once do no harm. */
export function createAuthorizer(): (app: App, access: Access, authorization: string | null) => Promise<Decision> {
  const rememberKey = randomBytes(32);
  let list: AccessList | null = null;
  return async (app, access, authorization) => {
    if (access === 'open') return { kind: 'allowed', caller: 'anyone', isDeliberate: false };
    const nowMs = app.clock.nowMs();
    if (list?.readFor !== app.config || nowMs >= list.readAgainAtMs) list = await readList(app, nowMs, list);
    const { callers, remembered } = list;
    if (callers === 'unreadable') return { kind: 'unavailable' };
    if (callers === 'everyone') return { kind: 'allowed', caller: 'local', isDeliberate: false };
    if (authorization === null) return { kind: 'unknown' };
    const rememberAs = createHmac('sha256', rememberKey).update(authorization).digest('base64');
    const caller = remembered.get(rememberAs) ?? (await findCaller(callers, authorization.slice(0, 4_096)));
    if (caller === null) return { kind: 'unknown' };
    if (remembered.size < MAX_REMEMBERED) remembered.set(rememberAs, caller);
    const isAllowed = caller.scopes.includes(access) || caller.scopes.includes('admin');
    const isDeliberate = /^bearer /i.test(authorization);
    return { kind: isAllowed ? 'allowed' : 'forbidden', caller: caller.name, isDeliberate };
  };
}

async function readList(app: App, nowMs: number, before: AccessList | null): Promise<AccessList> {
  const readFor = app.config;
  try {
    const source = await readAccessList(readFor);
    const callers = source === null ? 'everyone' : parseCredentials(source.text, source.name);
    return { readFor, readAgainAtMs: nowMs + REFRESH_INTERVAL_MS, callers, remembered: new Map() };
  } catch (error) {
    // An older list is better than none: a short outage of the parameter store must not stop ingestion.
    const kept = before !== null && sourceOf(before.readFor) === sourceOf(readFor) ? before : null;
    app.log.log('error', 'the access list cannot be read', { error: String(error), keptOlder: kept !== null });
    const readAgainAtMs = nowMs + RETRY_INTERVAL_MS;
    return { callers: 'unreadable', remembered: new Map(), ...kept, readFor, readAgainAtMs };
  }
}

function sourceOf({ place }: AppConfig): string | null {
  return place.kind === 'aws' ? place.authParameter : place.authFile;
}
