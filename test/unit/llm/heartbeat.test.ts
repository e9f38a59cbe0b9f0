import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import type { GatewayRequest } from '../../../src/http/gateway-request.js';
import { Heartbeat } from '../../../src/llm/loop/heartbeat.js';
import { ClientConnection } from '../../../src/llm/relay/client-connection.js';

describe('signs of life on a stream', () => {
  let server: Server;
  let url: string;
  let answer: (client: ClientConnection) => void;
  let closed: Promise<unknown>;

  beforeEach(async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'queueMicrotask'] });
    server = createServer((request, response) => {
      closed = new Promise((resolve) => response.once('close', resolve));
      answer(new ClientConnection(request as GatewayRequest, response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });

  afterEach(async () => {
    jest.useRealTimers();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('are written until the answer ends, whoever ends it', async () => {
    answer = (client) => {
      const { response } = client;
      const heartbeat = new Heartbeat(client, 1_000);
      response.write('first\n');
      heartbeat.start();
      jest.advanceTimersByTime(2_000);
      // Nobody stops the heartbeat: what went wrong is answered elsewhere.
      response.end('last\n');
    };
    const text = await (await fetch(url)).text();
    expect(text).toBe('first\n' + ': tools are running\n\n'.repeat(2) + 'last\n');
    await closed;
    expect(jest.getTimerCount()).toBe(0);
  });

  it('do not begin once it has ended', async () => {
    let late: Heartbeat | undefined;
    answer = (client) => {
      late = new Heartbeat(client, 1_000);
      client.response.end('done');
    };
    await (await fetch(url)).text();
    await closed;
    late?.start();
    expect(jest.getTimerCount()).toBe(0);
  });
});
