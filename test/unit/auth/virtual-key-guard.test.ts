import { setImmediate } from 'node:timers/promises';

import { describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';

import type { Authenticator } from '../../../src/auth/authenticator.service.js';
import { VirtualKeyGuard } from '../../../src/auth/virtual-key.guard.js';
import { VirtualKeyStrategy } from '../../../src/auth/virtual-key.strategy.js';
import { masterPrincipal } from '../../../src/auth/master-principal.js';
import type { Principal } from '../../../src/core/principal.js';
import type { GatewayRequest } from '../../../src/http/gateway-request.js';

/** Answers when it is told to, so that requests can overlap as the test wants it. */
class SlowAuthenticator {
  readonly waiting = new Map<string, { resolve(principal: Principal): void; reject(error: Error): void }>();

  recall(): null {
    return null;
  }

  authenticate({ headers }: { headers: Record<string, string> }): Promise<Principal> {
    return new Promise((resolve, reject) =>
      this.waiting.set(headers['x-api-key'] ?? '', { resolve, reject }),
    );
  }
}

const principal = (keyId: string): Principal => ({ ...masterPrincipal('all'), kind: 'virtual_key', keyId });

function contextOf(key: string): { context: ExecutionContext; request: GatewayRequest } {
  const request = {
    headers: { 'x-api-key': key },
    url: '/key/info',
    method: 'GET',
  } as unknown as GatewayRequest;
  const http = { getRequest: () => request, getResponse: () => ({}) };
  const context = {
    getHandler: () => contextOf,
    getClass: () => SlowAuthenticator,
    switchToHttp: () => http,
  } as unknown as ExecutionContext;
  return { context, request };
}

const makeGuard = () => {
  const authenticator = new SlowAuthenticator();
  const real = authenticator as unknown as Authenticator;
  return { authenticator, guard: new VirtualKeyGuard(real, new Reflector(), new VirtualKeyStrategy(real)) };
};

describe('the guard', () => {
  it('gives each of many overlapping requests the principal of its own key', async () => {
    const { authenticator, guard } = makeGuard();
    const keys = Array.from({ length: 20 }, (_, index) => `sk-${index}`);
    const requests = keys.map(contextOf);
    const passing = requests.map(({ context }) => guard.canActivate(context));
    await setImmediate();
    // The first to come is the last to be answered.
    for (const key of keys.toReversed()) authenticator.waiting.get(key)?.resolve(principal(key));
    await Promise.all(passing);
    expect(requests.map(({ request }) => request.principal?.keyId)).toEqual(keys);
  });

  it('lets one request fail without failing or passing another', async () => {
    const { authenticator, guard } = makeGuard();
    const [good, bad] = [contextOf('sk-good'), contextOf('sk-bad')];
    const passing = [guard.canActivate(good.context), guard.canActivate(bad.context)];
    await setImmediate();
    authenticator.waiting.get('sk-bad')?.reject(new Error('no'));
    authenticator.waiting.get('sk-good')?.resolve(principal('sk-good'));
    expect((await Promise.allSettled(passing)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
    ]);
    expect(bad.request.principal).toBeUndefined();
  });

  it('asks its own gateway, when a process runs two', async () => {
    const [first, second] = [makeGuard(), makeGuard()];
    const { context, request } = contextOf('sk-a');
    const passing = first.guard.canActivate(context);
    await setImmediate();
    expect(second.authenticator.waiting.size).toBe(0);
    first.authenticator.waiting.get('sk-a')?.resolve(principal('sk-a'));
    expect(await passing).toBe(true);
    expect(request.principal?.keyId).toBe('sk-a');
  });
});
