import type { LookupAddress } from 'node:dns';

import { describe, expect, it } from '@jest/globals';

import { literalProblem, lookupWithin, urlProblem } from '../../../src/upstream-registry/address/reach.js';

type Resolve = NonNullable<Parameters<typeof urlProblem>[2]>;

const answering =
  (...addresses: string[]): Resolve =>
  (_host, _options, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

const unknown: Resolve = (_host, _options, done) =>
  done(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }), []);

/** As a socket asks. */
function looked(resolve: Resolve, all: boolean): Promise<{ error: Error | null; address: unknown }> {
  return new Promise((answer) =>
    lookupWithin('public', resolve)('host.example', { all }, (error, address) => answer({ error, address })),
  );
}

describe('hosts of URLs', () => {
  // Each of these is 127.0.0.1 or 169.254.169.254 once the URL is read.
  it.each([
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://127.0.0.1./',
    'http://[::ffff:127.0.0.1]/',
    'http://[::1]/',
    'http://%31%32%37.0.0.1/',
    'http://１２７.0.0.1/',
    'http://0xa9fea9fe/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://localhost./',
    'http://api.LOCALHOST:8080/',
  ])('%s is refused however it is written', async (text) => {
    const url = new URL(text);
    expect(literalProblem(url.hostname, 'public')).not.toBeNull();
    expect(await urlProblem(url, 'public', unknown)).not.toBeNull();
  });

  it('judges a name by what it resolves to', async () => {
    const url = new URL('http://host.example/mcp');
    expect(await urlProblem(url, 'public', answering('127.0.0.1'))).toMatch(/loopback/);
    expect(await urlProblem(url, 'private', answering('127.0.0.1'))).toBeNull();
    expect(await urlProblem(url, 'private', answering('169.254.169.254'))).toMatch(/metadata/);
    expect(await urlProblem(url, 'public', answering('1.1.1.1'))).toBeNull();
    expect(await urlProblem(url, 'public', answering('::ffff:10.0.0.1', '10.0.0.1'))).toMatch(/private/);
    expect(await urlProblem(url, 'public', unknown)).toBeNull();
    for (const name of ['localhost.example', 'notlocalhost'])
      expect(await urlProblem(new URL(`http://${name}/`), 'public', answering('1.1.1.1'))).toBeNull();
  });
});

describe('the resolver of sockets', () => {
  it('gives a socket only what it may connect to', async () => {
    const both = answering('10.0.0.1', '1.1.1.1', '169.254.169.254');
    const { error, address } = await looked(both, true);
    expect(error).toBeNull();
    expect((address as LookupAddress[]).map((it) => it.address)).toEqual(['1.1.1.1']);
    expect(await looked(both, false)).toEqual({ error: null, address: '1.1.1.1' });
  });

  it('fails when nothing is left', async () => {
    const { error } = await looked(answering('127.0.0.1', '::1'), true);
    expect(error?.name).toBe('AddressNotAllowedError');
  });

  it('passes on that there is no such host', async () => {
    expect((await looked(unknown, true)).error).toMatchObject({ code: 'ENOTFOUND' });
  });
});
