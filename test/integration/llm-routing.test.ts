import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { ModelDeployment } from '../../src/config/gateway-config.js';
import {
  deployment,
  post,
  principal,
  startLlmApp,
  type LlmApp,
  type LlmAppOptions,
} from '../support/llm-app.js';
import { completion, failure, hangUp, json, MockProvider } from '../support/mock-provider.js';

let a: MockProvider;
let b: MockProvider;
let app: LlmApp | undefined;

beforeEach(async () => {
  [a, b] = await Promise.all([MockProvider.start(), MockProvider.start()]);
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  await Promise.all([a.close(), b.close()]);
});

async function start(models: ModelDeployment[], more: Partial<LlmAppOptions> = {}): Promise<void> {
  app = await startLlmApp({ models, ...more });
}

async function ask(model = 'gpt-test', more: Record<string, unknown> = {}): Promise<Response> {
  const messages = [{ role: 'user', content: 'Hi' }];
  return post(`${app?.url ?? ''}/v1/chat/completions`, { model, messages, ...more });
}

async function askTimes(times: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < times; i += 1) statuses.push((await ask()).status);
  return statuses;
}

const on = (provider: MockProvider, fields: Partial<ModelDeployment> = {}): ModelDeployment =>
  deployment({ apiBase: provider.base, ...fields });

describe('several deployments of one model', () => {
  it('share the load by weight', async () => {
    await start([on(a, { weight: 3 }), on(b)]);
    await askTimes(20);
    expect([a.seen.length, b.seen.length]).toEqual([15, 5]);
  });

  it('leave a busy one alone', async () => {
    await start([on(a), on(b)]);
    a.otherwise(async (response, request) => {
      await sleep(500);
      await completion({ content: 'late' })(response, request);
    });
    const asked: Promise<Response>[] = [];
    for (let i = 0; i < 10; i += 1) {
      asked.push(ask());
      await sleep(20);
    }
    await Promise.all(asked);
    expect(a.seen.length).toBeLessThan(4);
    expect(a.seen.length + b.seen.length).toBe(10);
  });

  it('keep to rpm: the other one takes over, then 429 with Retry-After', async () => {
    await start([on(a, { rpm: 2 }), on(b, { rpm: 1 })]);
    expect(await askTimes(3)).toEqual([200, 200, 200]);
    expect([a.seen.length, b.seen.length]).toEqual([2, 1]);
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
  });

  it('keep to tpm', async () => {
    await start([on(a, { tpm: 20 })]);
    expect(await askTimes(3)).toEqual([200, 200, 429]);
  });
});

describe('a provider that fails before the first byte', () => {
  it.each([
    ['500', failure(500)],
    ['429', failure(429, 'slow', { 'Retry-After': '1' })],
    ['408', failure(408)],
    ['a cut connection', hangUp],
    ['HTML', json('<html>', 200, { 'Content-Type': 'text/html' })],
  ])('%s: another deployment answers, and the client sees nothing of it', async (_title, reply) => {
    await start([on(a), on(b)]);
    a.script(reply);
    const statuses = await askTimes(2);
    expect(statuses).toEqual([200, 200]);
  });

  it('is asked again after a pause when it is the only one', async () => {
    await start([on(a, { maxRetries: 2 })]);
    a.script(failure(503), hangUp);
    const response = await ask('gpt-test', { stream: true });
    expect(await response.text()).toContain('[DONE]');
    expect(a.seen).toHaveLength(3);
  });

  it('is not asked again when the request is at fault', async () => {
    await start([on(a), on(b)]);
    a.otherwise(failure(400));
    b.otherwise(failure(400));
    expect((await ask()).status).toBe(400);
    expect(a.seen.length + b.seen.length).toBe(1);
  });

  it('keeps its status and Retry-After when nobody else can', async () => {
    await start([on(a, { maxRetries: 1 })]);
    a.otherwise(failure(429, 'full', { 'Retry-After': '30' }));
    const response = await ask();
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('30');
    expect(a.seen).toHaveLength(1);
  });

  it('that is not there at all is 502', async () => {
    await start([on(a, { apiBase: 'http://127.0.0.1:9/v1', maxRetries: 0 })]);
    const response = await ask();
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain('127.0.0.1');
  });
});

describe('cool-down and fallbacks', () => {
  const fallbacks = { 'gpt-test': ['claude'] };

  it('a provider that dies is left alone, and asked again when it is back', async () => {
    const { port } = a;
    await start([on(a, { maxRetries: 1 }), on(b, { maxRetries: 1 })], {
      routing: { allowedFails: 3, cooldownMs: 1_500 },
    });
    await a.close();
    expect(await askTimes(6)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(b.seen).toHaveLength(6);
    a = await MockProvider.start(port);
    expect(await askTimes(2)).toEqual([200, 200]);
    expect(a.seen).toHaveLength(0);
    await sleep(1_600);
    await askTimes(4);
    expect(a.seen.length).toBeGreaterThan(0);
  });

  it('the fallback answers when the model cannot', async () => {
    await start([on(a, { maxRetries: 0 }), on(b, { modelName: 'claude', providerModel: 'c' })], {
      fallbacks,
    });
    a.otherwise(failure(500));
    const response = await ask();
    expect(response.status).toBe(200);
    expect(b.last.json['model']).toBe('c');
    expect(app?.usage.reports).toMatchObject([{ model: 'claude' }]);
  });

  it('a rate limit of the deployment is a reason to fall back', async () => {
    await start([on(a, { rpm: 1 }), on(b, { modelName: 'claude' })], { fallbacks });
    expect(await askTimes(2)).toEqual([200, 200]);
    expect(b.seen).toHaveLength(1);
  });

  it('is never one that the key may not use', async () => {
    await start([on(a, { maxRetries: 0 }), on(b, { modelName: 'claude' })], {
      fallbacks,
      keys: { 'sk-test': principal([['gpt-*']]) },
    });
    a.otherwise(failure(500, 'down'));
    const response = await ask();
    expect(response.status).toBe(500);
    expect(b.seen).toHaveLength(0);
  });

  it('is not tried when the request is at fault', async () => {
    await start([on(a), on(b, { modelName: 'claude' })], { fallbacks });
    a.otherwise(failure(422));
    expect((await ask()).status).toBe(422);
    expect(b.seen).toHaveLength(0);
  });

  it('works for streams that die before their first event', async () => {
    await start([on(a, { maxRetries: 0 }), on(b, { modelName: 'claude' })], { fallbacks });
    a.otherwise((response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.flushHeaders();
      setTimeout(() => response.destroy(), 20);
    });
    b.otherwise(completion({ content: 'saved' }));
    expect(await (await ask('gpt-test', { stream: true })).text()).toContain('saved');
  });
});
