import { lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const never = new BlockList();
never.addSubnet('169.254.0.0', 16, 'ipv4');
never.addSubnet('fe80::', 10, 'ipv6');
never.addAddress('fd00:ec2::254', 'ipv6');

const privateRanges = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  privateRanges.addSubnet(net, bits, 'ipv4');
}
privateRanges.addAddress('::1', 'ipv6');
privateRanges.addAddress('::', 'ipv6');
privateRanges.addSubnet('fc00::', 7, 'ipv6');

/** The reason for which a connection was not even tried. */
export class RefusedAddress extends Error {
  override name = 'RefusedAddress';
}

/** Throws RefusedAddress for link-local addresses (cloud metadata) always, and for private ones unless they are allowed. */
export function checkAddress(address: string, allowPrivate: boolean): void {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
  if (never.check(plain, family)) throw new RefusedAddress(`address ${plain} is link-local, which is never allowed`);
  if (!allowPrivate && privateRanges.check(plain, family)) {
    throw new RefusedAddress(
      `address ${plain} is private; outbound.allow_private_addresses in tocsin.yml would allow it`,
    );
  }
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
