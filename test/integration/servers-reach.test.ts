import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { UpstreamReach } from '../../src/core/upstream.js';
import { remote, upstreamConfig } from '../support/upstreams/config.js';
import { startRegistry, until } from '../support/upstreams/registry.js';

/** What was allowed when a server was stored is asked again for each socket: names resolve to something else later. */
describe('connections to stored servers', () => {
  let server: Server;
  let connections = 0;
  const port = (): number => (server.address() as AddressInfo).port;

  beforeAll(async () => {
    server = createServer((_request, response) => response.writeHead(500).end());
    server.on('connection', () => connections++);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  /** The message of the first failure to connect to `host`. */
  async function failure(
    host: string,
    transport: 'http' | 'sse',
    reach: UpstreamReach | undefined,
  ): Promise<string | undefined> {
    const endpoint = remote(`http://${host}:${port()}/mcp`, {
      transport,
      ...(reach === undefined ? {} : { reach }),
    });
    const registry = startRegistry([upstreamConfig('stored', endpoint)]);
    const status = () => registry.get('stored')?.status();
    await until('a failure', () => status()?.lastFailure != null);
    const message = status()?.lastFailure?.message;
    await registry.close();
    return message;
  }

  it.each([
    ['127.0.0.1', 'http'],
    ['127.0.0.1', 'sse'],
    ['localhost', 'http'],
    ['localhost', 'sse'],
    ['[::ffff:127.0.0.1]', 'http'],
  ] as const)(
    'open no socket to %s over %s where private addresses are not allowed',
    async (host, transport) => {
      const before = connections;
      expect(await failure(host, transport, 'public')).toBe(
        'is not connected to: its host is a private or loopback address',
      );
      expect(connections).toBe(before);
    },
  );

  it('open one where they are, and for every server of the file', async () => {
    for (const reach of ['private', undefined] as const) {
      const before = connections;
      expect(await failure('localhost', 'http', reach)).toBe('answered HTTP 500');
      expect(connections).toBeGreaterThan(before);
    }
  });

  it('never open one to a metadata address', async () => {
    expect(await failure('169.254.169.254', 'http', 'private')).toMatch(/link-local, metadata or reserved/);
  });
});
