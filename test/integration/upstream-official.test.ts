import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, test } from '@jest/globals';

import type { UpstreamEndpoint } from '../../src/core/upstream.js';
import type { UpstreamRegistry } from '../../src/upstream-registry/upstream-registry.service.js';
import type { UpstreamNotification } from '../../src/upstream-registry/upstream.js';
import { everythingStdio, filesystemServer, startEverything } from '../support/everything.js';
import { remote, stdio, upstreamConfig } from '../support/upstreams/config.js';
import { callTool, readyUpstream, startRegistry, textOf } from '../support/upstreams/registry.js';

describe('official servers as upstreams', () => {
  let registry: UpstreamRegistry | undefined;
  const ends: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    await registry?.close();
    for (const end of ends.splice(0)) await end();
  });

  async function everything(mode: 'sse' | 'streamableHttp'): Promise<UpstreamEndpoint> {
    const server = await startEverything(mode);
    ends.push(() => server.kill('SIGKILL'));
    return remote(server.url);
  }

  test.each([
    ['stdio', () => Promise.resolve(stdio(everythingStdio))],
    ['sse', () => everything('sse')],
    ['http', () => everything('streamableHttp')],
  ] as const)('server-everything over %s', async (transport, endpoint) => {
    registry = startRegistry([upstreamConfig('everything', await endpoint())]);
    const upstream = await readyUpstream(registry, 'everything');
    expect(upstream.status()).toMatchObject({ transport, protocolVersion: '2025-11-25' });
    expect(upstream.catalog?.rejected).toEqual([]);
    expect(upstream.catalog?.resources.length).toBeGreaterThan(0);
    expect(upstream.catalog?.prompts.length).toBeGreaterThan(0);
    expect(textOf(await callTool(upstream.shared, 'echo', { message: 'hello' }))).toContain('hello');
    const told: UpstreamNotification[] = [];
    const onNotification = (notification: UpstreamNotification): void => void told.push(notification);
    const args = { duration: 0.2, steps: 4 };
    await callTool(upstream.shared, 'trigger-long-running-operation', args, { onNotification });
    expect(told.filter(({ method }) => method === 'notifications/progress')).toHaveLength(4);
  });

  test('server-filesystem over stdio', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'toolgate-files-'));
    ends.push(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'note.txt'), 'A note.');
    const endpoint = stdio({ command: process.execPath, args: [filesystemServer, folder] });
    registry = startRegistry([upstreamConfig('files', endpoint)]);
    const upstream = await readyUpstream(registry, 'files');
    const path = join(folder, 'note.txt');
    expect(textOf(await callTool(upstream.shared, 'read_text_file', { path }))).toBe('A note.');
    expect(await callTool(upstream.shared, 'read_text_file', { path: '/etc/passwd' })).toMatchObject({
      isError: true,
    });
  });
});
