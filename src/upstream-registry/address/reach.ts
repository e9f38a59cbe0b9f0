import { lookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

import type { UpstreamReach } from '../../core/upstream.js';
import type { AddressGate } from '../../http-client/address-gate.js';
import { addressProblem } from './address-problem.js';

/** An address that a stored server may not be connected to. Names neither host nor address: clients may see it. */
export class AddressNotAllowedError extends Error {
  override readonly name = 'AddressNotAllowedError';
}

type Resolve = (
  host: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Names of this machine whatever a resolver says (RFC 6761, section 6.3). */
const localName = /(?:^|\.)localhost\.?$/i;

/** Why `host` of a URL may not be connected to when it is an IP address or names this machine; null for any other host. */
export function literalProblem(host: string, reach: UpstreamReach): string | null {
  const bare = host.startsWith('[') ? host.slice(1, -1) : host;
  const address = localName.test(bare) ? '127.0.0.1' : bare;
  return isIP(address) === 0 ? null : addressProblem(address, reach === 'private');
}

/**
 * A resolver for sockets that gives only those addresses of a name that may be connected to. What it gives is what the
 * socket connects to, so no later answer of the name's DNS server comes in between.
 */
export function lookupWithin(reach: UpstreamReach, resolve: Resolve = lookup): LookupFunction {
  return (host, options, done) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        done(error, []);
        return;
      }
      const { allowed, problem } = within(addresses, reach);
      const [first] = allowed;
      if (first === undefined) {
        done(new AddressNotAllowedError(problem ?? 'has no address'), []);
        return;
      }
      if (options.all === true) done(null, allowed);
      else done(null, first.address, first.family);
    });
  };
}

/** The gate of a server's sockets; undefined: it may be anywhere. */
export function gateOf(reach: UpstreamReach | undefined): AddressGate | undefined {
  if (reach === undefined) return undefined;
  return {
    refusalOf(host) {
      const problem = literalProblem(host, reach);
      return problem === null ? null : new AddressNotAllowedError(problem);
    },
    lookup: lookupWithin(reach),
  };
}

/**
 * Why a URL may not be stored, at this moment; null when it may, and when its name does not resolve: each connection
 * asks again.
 */
export async function urlProblem(
  url: URL,
  reach: UpstreamReach,
  resolve: Resolve = lookup,
): Promise<string | null> {
  const literal = literalProblem(url.hostname, reach);
  if (literal !== null || isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) return literal;
  return new Promise((answer) => {
    const timer = setTimeout(() => answer(null), resolveMs);
    resolve(url.hostname, { all: true }, (error, addresses) => {
      clearTimeout(timer);
      const { allowed, problem } = within(error === null ? addresses : [], reach);
      answer(allowed.length > 0 ? null : problem);
    });
  });
}

const resolveMs = 2_000;

function within(
  addresses: readonly LookupAddress[],
  reach: UpstreamReach,
): { readonly allowed: LookupAddress[]; readonly problem: string | null } {
  const problems = addresses.map(({ address }) => addressProblem(address, reach === 'private'));
  return {
    allowed: addresses.filter((_, index) => problems[index] === null),
    problem: problems.find((problem) => problem !== null) ?? null,
  };
}
