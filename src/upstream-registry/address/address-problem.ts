import { BlockList, isIPv4, isIPv6 } from 'node:net';

type Range = readonly [network: string, prefix: number];

/**
 * Where no stored server may live, whatever is configured: link-local (RFC 3927, RFC 4291), this host (RFC 1122),
 * multicast and reserved, and where clouds answer with credentials of the machine: AWS, Azure, GCP and most others at
 * 169.254.169.254, the rest at addresses of their own.
 */
const forbidden = blockList([
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['192.0.0.192', 32],
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
]);

/** This machine and networks that the public Internet does not reach (RFC 1918, 6598, 2544, 4193, 3879). */
const privateNetworks = blockList([
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['::1', 128],
  ['fc00::', 7],
  ['fec0::', 10],
]);

const loopback = blockList([['::1', 128]]);

/** IPv6 prefixes that lead to an IPv4 address, and the group in which that begins (RFC 4291, 6145, 6052, 8215, 3056). */
const embeddings: readonly (readonly [prefix: readonly number[], at: number])[] = [
  [[0, 0, 0, 0, 0, 0], 6],
  [[0, 0, 0, 0, 0, 0xffff], 6],
  [[0, 0, 0, 0, 0xffff, 0], 6],
  [[0x64, 0xff9b, 0, 0, 0, 0], 6],
  [[0x64, 0xff9b, 1], 6],
  [[0x2002], 1],
];

/** Teredo (RFC 4380) holds the address of the client with its bits turned around. */
const teredo = [0x2001, 0];

/**
 * Why a server that was created over HTTP may not be connected to at `ip`; null when it may (contract section 8).
 * @param ip the address really connected to, as the resolver or the URL gives it
 * @param allowPrivate `general_settings.mcp_allow_private_urls`
 */
export function addressProblem(ip: string, allowPrivate: boolean): string | null {
  const address = ip.replace(/%.*$/, '');
  if (isIPv4(address)) return problemIn(address, 'ipv4', allowPrivate);
  if (!isIPv6(address)) return 'is not an IP address';
  const own = problemIn(address, 'ipv6', allowPrivate);
  // The loopback address stands in the range of IPv4-compatible ones.
  if (own !== null || loopback.check(address, 'ipv6')) return own;
  for (const embedded of embeddedIpv4(groupsOf(address))) {
    const problem = problemIn(embedded, 'ipv4', allowPrivate);
    if (problem !== null) return problem;
  }
  return null;
}

function problemIn(address: string, family: 'ipv4' | 'ipv6', allowPrivate: boolean): string | null {
  if (forbidden.check(address, family)) return 'is a link-local, metadata or reserved address';
  if (!allowPrivate && privateNetworks.check(address, family)) return 'is a private or loopback address';
  return null;
}

function embeddedIpv4(groups: readonly number[]): string[] {
  const startsWith = (prefix: readonly number[]): boolean =>
    prefix.every((group, index) => groups[index] === group);
  const found = embeddings
    .filter(([prefix]) => startsWith(prefix))
    .map(([, at]) => dotted(groups[at] ?? 0, groups[at + 1] ?? 0));
  if (startsWith(teredo)) found.push(dotted((groups[6] ?? 0) ^ 0xffff, (groups[7] ?? 0) ^ 0xffff));
  return found;
}

const dotted = (high: number, low: number): string =>
  [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');

/** The eight groups of an IPv6 address; URL writes the shortest form of any, in hexadecimal alone. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const read = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => parseInt(group, 16));
  const front = read(head);
  if (tail === undefined) return front;
  const back = read(tail);
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
}

function blockList(ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, isIPv4(network) ? 'ipv4' : 'ipv6');
  return list;
}
