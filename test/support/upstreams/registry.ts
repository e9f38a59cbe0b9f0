import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';

import type { SafetyLimits } from '../../../src/config/gateway-config.js';
import type { RpcOutcome } from '../../../src/core/rpc.js';
import type { UpstreamConfig } from '../../../src/core/upstream.js';
import type { CatalogStore } from '../../../src/upstream-registry/catalog/catalog-store.js';
import { MemoryCatalogStore } from '../../../src/upstream-registry/catalog/memory-catalog-store.js';
import { UpstreamRegistry } from '../../../src/upstream-registry/upstream-registry.service.js';
import type {
  RequestClient,
  Upstream,
  UpstreamCall,
  UpstreamLink,
  UpstreamNotification,
} from '../../../src/upstream-registry/upstream.js';
import { registryConfig } from './config.js';

Logger.overrideLogger(process.env['TEST_LOG'] === undefined ? false : ['log', 'warn', 'error', 'debug']);

export interface RegistryOptions {
  readonly limits?: Partial<SafetyLimits>;
  readonly store?: CatalogStore;
}

/** A registry that has started; close it. */
export function startRegistry(
  upstreams: readonly UpstreamConfig[],
  options: RegistryOptions = {},
): UpstreamRegistry {
  const config = registryConfig(upstreams, options.limits);
  const registry = new UpstreamRegistry(config, options.store ?? new MemoryCatalogStore());
  registry.onApplicationBootstrap();
  return registry;
}

/** Waits until the condition holds; fails with what was waited for. */
export async function until(what: string, holds: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}`);
    await sleep(10);
  }
}

/** The upstream once it is connected and its catalog was read. */
export async function readyUpstream(registry: UpstreamRegistry, name: string): Promise<Upstream> {
  const upstream = registry.get(name);
  if (upstream === undefined) throw new Error(`No upstream ${name}`);
  await until(
    `${name} ready, is ${JSON.stringify(upstream.status())}`,
    () => upstream.status().state === 'ready' && upstream.catalog !== null,
    20_000,
  );
  return upstream;
}

export interface ToolCallOptions {
  readonly onNotification?: (notification: UpstreamNotification) => void;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isRepeatable?: boolean;
  readonly client?: RequestClient;
}

/** A tools/call as the gateway makes it, with a progress token when notifications are wanted. */
export function startCall(
  link: UpstreamLink,
  name: string,
  args: Readonly<Record<string, unknown>> = {},
  options: ToolCallOptions = {},
): UpstreamCall {
  const wantsProgress = options.onNotification !== undefined;
  return link.request({
    method: 'tools/call',
    name,
    encodeParams: (token) =>
      JSON.stringify({
        name,
        arguments: args,
        ...(wantsProgress ? { _meta: { progressToken: token } } : {}),
      }),
    ...options,
  });
}

export interface ToolResult {
  readonly content?: readonly { readonly type: string; readonly text?: string }[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean;
}

export function resultOf(outcome: RpcOutcome): ToolResult {
  if (outcome.kind !== 'result') throw new Error(`Not a result: ${JSON.stringify(outcome.error)}`);
  const { chunks, byteLength } = outcome.result;
  const bytes = Buffer.concat(chunks);
  if (bytes.length !== byteLength) throw new Error(`${bytes.length} bytes, said to be ${byteLength}`);
  return JSON.parse(bytes.toString()) as ToolResult;
}

export async function callTool(
  link: UpstreamLink,
  name: string,
  args: Readonly<Record<string, unknown>> = {},
  options: ToolCallOptions = {},
): Promise<ToolResult> {
  return resultOf(await startCall(link, name, args, options).outcome);
}

export function textOf(result: ToolResult): string {
  return result.content?.[0]?.text ?? '';
}
