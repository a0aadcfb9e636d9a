import { lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

type Ranges = readonly (readonly [net: string, bits: number])[];

function rangesOf(ipv4: Ranges, ipv6: Ranges): BlockList {
  const list = new BlockList();
  // IPv4 ranges also hold their addresses as IPv6 writes them (::ffff:169.254.169.254).
  for (const [net, bits] of ipv4) list.addSubnet(net, bits, 'ipv4');
  for (const [net, bits] of ipv6) list.addSubnet(net, bits, 'ipv6');
  return list;
}

// Where clouds tell machines their credentials: link-local, also through NAT64, and Amazon's own in IPv6.
const linkLocal = rangesOf(
  [['169.254.0.0', 16]],
  [
    ['fe80::', 10],
    ['fd00:ec2::', 32],
    ['64:ff9b::a9fe:0', 112],
  ],
);

const privateRanges = rangesOf(
  [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['224.0.0.0', 3],
  ],
  [
    ['::', 127],
    ['64:ff9b::', 96],
    ['fc00::', 7],
    ['ff00::', 8],
  ],
);

/** The reason for which a connection was not even tried. */
export class RefusedAddress extends Error {
  override name = 'RefusedAddress';
}

/** Throws RefusedAddress for link-local addresses (cloud metadata) always, and for private ones unless they are allowed. */
function checkAddress(address: string, allowPrivate: boolean): void {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (linkLocal.check(address, family)) {
    throw new RefusedAddress(`address ${address} is link-local, which is never allowed`);
  }
  if (!allowPrivate && privateRanges.check(address, family)) {
    throw new RefusedAddress(
      `address ${address} is private; outbound.allow_private_addresses in tocsin.yml would allow it`,
    );
  }
}

/** Checks a host that may be an address, as a URL writes it; names are checked where they are resolved. */
export function checkHost(host: string, allowPrivate: boolean): void {
  const plain = plainHost(host);
  if (isIP(plain) !== 0) checkAddress(plain, allowPrivate);
}

/** A host of a URL without the brackets of IPv6. */
export function plainHost(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

/** A resolver for sockets that refuses what `checkAddress` refuses, so that a name cannot lead where an address may not. */
export function guardedLookup(allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 4);
      try {
        for (const { address } of addresses) checkAddress(address, allowPrivate);
      } catch (refused) {
        return callback(refused instanceof Error ? refused : new Error(String(refused)), '', 4);
      }
      const [first] = addresses;
      if (first === undefined) return callback(new Error(`no address for ${hostname}`), '', 4);
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}
