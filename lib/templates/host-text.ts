/** `[::1]:6006` → `::1`; a text that is no host with a port comes back unchanged. */
export function stripPort(text: string): string {
  return splitHostPort(text)?.host ?? text;
}

/** `host.example.com:80` → `host:80`; IP addresses come back unchanged. */
export function stripDomain(text: string): string {
  const split = splitHostPort(text);
  const host = split?.host ?? text;
  if (isIpAddress(host)) return text;
  const name = host.slice(0, host.includes('.') ? host.indexOf('.') : host.length);
  if (split === null) return name;
  return name.includes(':') ? `[${name}]:${split.port}` : `${name}:${split.port}`;
}

function splitHostPort(text: string): { readonly host: string; readonly port: string } | null {
  const bracketed = /^\[([^[\]]*)\]:([^:[\]]*)$/.exec(text);
  const [, host, port] = bracketed ?? /^([^:[\]]*):([^:[\]]*)$/.exec(text) ?? [];
  return host === undefined || port === undefined ? null : { host, port };
}

function isIpAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

/** Eight groups of hexadecimal digits, with one `::` for any number of zeros; the last two may be written as IPv4. */
function isIpv6(text: string): boolean {
  if (!text.includes(':')) return false;
  const tail = text.slice(text.lastIndexOf(':') + 1);
  const plain = isIpv4(tail) ? `${text.slice(0, -tail.length)}0:0` : text;
  const halves = plain.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const isComplete = halves.length === 2 ? groups.length < 8 : groups.length === 8;
  return isComplete && groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group));
}
