import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';

import { GatewayHttpAdapter } from '../../../src/http/gateway-http.adapter.js';
import { refuseUnreadable } from '../../../src/http/unreadable-request.js';

const logger = pino({ level: 'silent' });

describe('GatewayHttpAdapter', () => {
  let server: Server | null = null;
  afterEach(() => void server?.close());

  const listen = async (headerTimeoutMs: number): Promise<number> => {
    const adapter = new GatewayHttpAdapter({ headerTimeoutMs });
    adapter.initHttpServer();
    adapter.onUnreadable((fault, socket) => refuseUnreadable(logger, fault, socket));
    server = adapter.getHttpServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  };

  it('tells a client that does not finish its headers in time', async () => {
    const socket = connect(await listen(100), '127.0.0.1').setEncoding('latin1');
    socket.write('GET /mcp HTTP/1.1\r\nHost: x\r\nX-Never');
    const [answer] = (await once(socket, 'data')) as [string];
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(answer).toMatch(/\r\nx-request-id: req_\w+\r\n/);
    expect(answer).toMatch(/"code":"request_timeout"/);
  });

  it('takes a time for the headers beyond the usual time for a whole request', async () => {
    expect(await listen(120_000)).toBeGreaterThan(0);
    expect(server?.requestTimeout).toBe(120_000);
  });
});
