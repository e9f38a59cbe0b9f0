import { describe, expect, it } from '@jest/globals';

import { GatewayError } from '../../../src/core/errors.js';
import { DeploymentState } from '../../../src/llm/routing/deployment-state.js';
import { visibleNames } from '../../../src/llm/routing/model-access.js';
import { ModelDirectory } from '../../../src/llm/routing/model-directory.js';
import { RateWindow } from '../../../src/llm/routing/rate-window.js';
import { backoffMs, judgeError, judgeStatus } from '../../../src/llm/routing/retry-policy.js';
import { wildcardCaptures } from '../../../src/llm/routing/wildcard.js';
import { deployment, principal } from '../../support/llm-app.js';

const now = 1_700_000_000_000;
const modelRouting = { allowedFails: 3, cooldownMs: 5_000 };

describe('wildcards', () => {
  it.each([
    ['openai/*', 'openai/gpt-4o', ['gpt-4o']],
    ['*', 'x/y', ['x/y']],
    ['a*c*', 'abcd', ['b', 'd']],
    ['a*a', 'a', null],
    ['gpt-4o', 'gpt-4o', []],
    ['gpt-4o', 'gpt-4', null],
    ['g.t', 'gpt', null],
  ])('%s for %s', (pattern, text, captures) => {
    expect(wildcardCaptures(pattern, text)).toEqual(captures);
  });
});

describe('the directory of models', () => {
  const directory = (...models: Parameters<typeof deployment>[0][]): ModelDirectory =>
    new ModelDirectory({
      models: models.map((fields) => deployment(fields)),
      modelFallbacks: { '*': ['spare'] },
      modelRouting,
      limits: {} as never,
    });
  const wild = { modelName: '*', providerModel: '*' };

  it('prefers an exact name to a pattern, and a longer pattern to a shorter one', () => {
    const models = directory(
      wild,
      { modelName: 'org/*', providerModel: 'o-*' },
      { modelName: 'org/x', providerModel: 'exact' },
    );
    const modelOf = (name: string): string | undefined => models.candidates(name)[0]?.providerModel;
    expect([modelOf('org/x'), modelOf('org/y'), modelOf('z')]).toEqual(['exact', 'o-y', 'z']);
  });

  it('takes the provider off a name that a catch-all matched whole', () => {
    expect(directory(wild).candidates('openai/gpt-4o')[0]?.providerModel).toBe('gpt-4o');
  });

  it('offers a fallback only to who may use it', () => {
    const models = directory({ modelName: 'main' }, { modelName: 'spare' });
    expect(models.fallbacksOf(principal(), 'main')).toEqual(['spare']);
    expect(models.fallbacksOf(principal([['main']]), 'main')).toEqual([]);
    expect(models.fallbacksOf(principal(), 'spare')).toEqual([]);
  });

  it('takes access groups of model_info for the names of their models', () => {
    const models = directory(
      { modelName: 'new', info: { access_groups: ['beta', 7] } },
      { modelName: 'lab/*', info: { access_groups: ['beta'] } },
      { modelName: 'old' },
    );
    const tester = principal([['beta', 'old'], ['*']]);
    expect(models.list(tester).map(({ id }) => id)).toEqual(['new', 'lab/*', 'old']);
    expect(['new', 'lab/x', 'old'].map((name) => models.mayUse(tester, name))).toEqual([true, true, true]);
    expect(models.mayUse(principal([['beta'], ['old']]), 'new')).toBe(false);
    expect(models.list(principal([['gamma']]))).toEqual([]);
  });

  it('keeps what it learned of deployments that a reload left alone', () => {
    const kept = deployment({ modelName: 'kept' });
    const models = new ModelDirectory({
      models: [kept],
      modelFallbacks: {},
      modelRouting,
      limits: {} as never,
    });
    models.candidates('kept')[0]?.state.failed('sure', now, null);
    models.load({
      models: [{ ...kept }, deployment({ modelName: 'new' })],
      modelFallbacks: {},
      modelRouting,
    });
    expect(models.candidates('kept')[0]?.state.isCool(now + 1)).toBe(true);
    expect(models.candidates('new')).toHaveLength(1);
  });

  it('shows patterns to who may use all of them, else the names on their list', () => {
    expect(visibleNames(principal(), 'org/*')).toEqual(['org/*']);
    expect(visibleNames(principal([['org/*']]), 'org/*')).toEqual(['org/*']);
    expect(visibleNames(principal([['org/a', 'x'], ['org/*']]), 'org/*')).toEqual(['org/a']);
    expect(visibleNames(principal([['other']]), 'org/*')).toEqual([]);
    expect(visibleNames(principal([['all-proxy-models']]), 'gpt')).toEqual(['gpt']);
    expect(visibleNames(principal([[]]), 'gpt')).toEqual([]);
  });
});

describe('the rate of the last minute', () => {
  it('forgets a minute gradually', () => {
    const window = new RateWindow();
    window.add(10, now);
    expect(window.count(now + 1)).toBe(10);
    const half = window.count(now + 90_000);
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(10);
    expect(window.count(now + 180_000)).toBe(0);
  });

  it('says when there is room again, and is right', () => {
    const window = new RateWindow();
    window.add(4, now);
    const seconds = window.secondsUntilBelow(4, now);
    expect(window.count(now + seconds * 1000)).toBeLessThan(4);
    expect(seconds).toBeLessThanOrEqual(61);
  });
});

describe('cool-down', () => {
  it('starts at the third failure in a row, at once when nobody is there, and grows', () => {
    const state = new DeploymentState(deployment(), modelRouting);
    state.failed('perhaps', now, null);
    state.failed('perhaps', now, null);
    expect(state.isCool(now)).toBe(false);
    state.succeeded();
    state.failed('sure', now, null);
    expect([state.isCool(now + 4_999), state.isCool(now + 5_000)]).toEqual([true, false]);
    state.failed('sure', now, null);
    expect([state.isCool(now + 9_999), state.isCool(now + 10_000)]).toEqual([true, false]);
    state.failed('sure', now, 30);
    expect(state.isCool(now + 29_999)).toBe(true);
  });

  it('is as the configuration says, also after a reload', () => {
    const state = new DeploymentState(deployment(), { allowedFails: 1, cooldownMs: 90_000 });
    state.failed('perhaps', now, null);
    expect([state.isCool(now + 89_999), state.isCool(now + 90_000)]).toEqual([true, false]);
    state.renew(deployment(), { allowedFails: 1, cooldownMs: 100 });
    state.succeeded();
    state.failed('perhaps', now, null);
    expect(state.isCool(now + 100)).toBe(false);
  });

  it('does not count failures that lie a minute apart', () => {
    const state = new DeploymentState(deployment(), modelRouting);
    for (const minutes of [0, 2, 4, 6]) state.failed('perhaps', now + minutes * 60_000, null);
    expect(state.isCool(now + 6 * 60_000)).toBe(false);
  });
});

describe('judging failures', () => {
  it.each([
    [400, 'final'],
    [401, 'elsewhere'],
    [404, 'elsewhere'],
    [408, 'again'],
    [409, 'again'],
    [422, 'final'],
    [429, 'again'],
    [500, 'again'],
    [529, 'again'],
  ])('%d is %s', (status, verdict) => {
    expect(judgeStatus(status).verdict).toBe(verdict);
  });

  it('a refused connection cools down at once, a lost one when it repeats', () => {
    const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    const wrapped = new Error('outer', { cause: new AggregateError([refused]) });
    expect(judgeError(new GatewayError('UPSTREAM_UNAVAILABLE', {}, { cause: wrapped })).weight).toBe('sure');
    expect(judgeError(new GatewayError('UPSTREAM_UNAVAILABLE')).weight).toBe('perhaps');
    expect(judgeError(new GatewayError('CANCELLED')).verdict).toBe('final');
  });

  it('waits longer each time, but as long as it was asked to', () => {
    expect(backoffMs(0, null)).toBeLessThanOrEqual(250);
    expect(backoffMs(20, null)).toBeLessThanOrEqual(8_000);
    expect(backoffMs(0, 3)).toBe(3_000);
  });
});
