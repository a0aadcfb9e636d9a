/** Forward proxies: when one is used, and how a request gets through it. */
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP, type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { HttpProxy } from '../ports.ts';
import { checkHost, guardedLookup, plainHost } from './address-guard.ts';

/** A port of the proxy and how it is reached; headers are for the proxy alone. */
export interface ProxyRoute {
  readonly options: RequestOptions & ConnectionOptions;
  readonly isTls: boolean;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/**
 * The proxy as somebody to connect to. An operator chose it, so it may stand at a private address whatever receivers may; link-local
 * ones are refused here as well. Names of receivers are resolved by the proxy then, and not checked.
 */
export function routeToProxy(proxy: HttpProxy, tls: ConnectionOptions): ProxyRoute {
  const url = new URL(proxy.url);
  checkHost(url.hostname, true);
  const { servername: _ofTheReceiver, ...proxyTls } = tls;
  const isTls = url.protocol === 'https:';
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    isTls,
    options: {
      ...proxyTls,
      host: plainHost(url.hostname),
      port: Number(url.port || (isTls ? 443 : 80)),
      lookup: guardedLookup(true),
      agent: false,
    },
    headers:
      credentials === ':' ? [] : [['Proxy-Authorization', `Basic ${Buffer.from(credentials).toString('base64')}`]],
  };
}

/** A tunnel through the proxy to the receiver. Rejects when the proxy does not open one. */
export async function openTunnel(
  target: URL,
  proxy: HttpProxy,
  route: ProxyRoute,
  signal: AbortSignal,
): Promise<Socket> {
  const place = `${target.hostname}:${target.port || 443}`;
  const headers = [['Host', place] as const, ...route.headers, ...proxy.connectHeaders].flat();
  const connect = route.isTls ? httpsRequest : httpRequest;
  return new Promise<Socket>((resolve, reject) => {
    connect({ ...route.options, method: 'CONNECT', path: place, headers, signal })
      .on('connect', (answer, socket) => {
        const { statusCode = 0 } = answer;
        if (statusCode >= 200 && statusCode < 300) return resolve(socket);
        socket.destroy();
        reject(new Error(`the proxy answered ${statusCode} when asked for a tunnel`));
      })
      .on('error', reject)
      .end();
  });
}

/** Whether a list as in NO_PROXY names the host: "*", a domain with what is below it, ".domain" for only that, an address, a range; each with an optional port. */
export function bypassesProxy(bypass: string, url: URL): boolean {
  const host = plainHost(url.hostname).toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const entries = bypass.split(',').map((entry) => entry.trim().toLowerCase());
  return entries.filter((entry) => entry !== '').some((entry) => namesHost(entry, host, port));
}

function namesHost(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return holdsAddress(entry, host);
  const [, name = '', onlyPort = ''] = isIP(entry) === 6 ? [entry, entry] : (/^(.*?)(?::(\d+))?$/.exec(entry) ?? []);
  if (onlyPort !== '' && onlyPort !== port) return false;
  const plain = plainHost(name).replace(/^\*(?=\.)/, '');
  return plain.startsWith('.') ? host.endsWith(plain) : host === plain || host.endsWith(`.${plain}`);
}

function holdsAddress(range: string, host: string): boolean {
  const [net = '', bits = ''] = range.split('/');
  const [family, own] = [isIP(net), isIP(host)];
  if (family === 0 || own === 0 || !/^\d+$/.test(bits) || Number(bits) > (family === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(net, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  return list.check(host, own === 6 ? 'ipv6' : 'ipv4');
}
