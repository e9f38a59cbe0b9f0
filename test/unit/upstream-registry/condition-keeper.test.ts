import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';

import type { CatalogLists, UpstreamCatalog } from '../../../src/core/catalog.js';
import type { ClientFeatures } from '../../../src/core/client-features.js';
import { ConditionKeeper } from '../../../src/upstream-registry/catalog/condition-keeper.js';

const hour = 3_600_000;
const tool = (name: string): { name: string; json: string } => ({ name, json: JSON.stringify({ name }) });

function listsOf(...names: string[]): CatalogLists {
  return { tools: names.map(tool), prompts: [], resources: [], resourceTemplates: [] };
}

function catalogOf(...names: string[]): UpstreamCatalog {
  const facts = { rejected: [], capabilities: {}, serverInfo: {}, instructions: null, readAt: new Date(0) };
  return { upstream: 'up', ...listsOf(...names), ...facts };
}

/** An upstream that offers `ask` for elicitation of either kind, `both` for sampling and roots together. */
function offer(features: ClientFeatures): CatalogLists {
  const { sampling, roots, elicitationForm, elicitationUrl } = features;
  return listsOf(
    'plain',
    ...(elicitationForm || elicitationUrl ? ['ask'] : []),
    ...(sampling && roots ? ['both'] : []),
  );
}

describe('what is offered to some clients only', () => {
  let now = 0;
  let readings: ClientFeatures[] = [];
  let told: [CatalogLists, Date | null][] = [];
  let settled = 0;
  let fails = false;
  let isToldApart = true;
  let keeper: ConditionKeeper;

  beforeEach(() => {
    jest.useFakeTimers();
    [now, readings, told, settled, fails, isToldApart] = [0, [], [], 0, false, true];
    keeper = new ConditionKeeper(
      {
        conditionSource: () => ({
          delayMs: 1_000,
          readAs: isToldApart
            ? (features) => {
                readings.push(features);
                return fails
                  ? Promise.reject(new Error('no second connection'))
                  : Promise.resolve(offer(features));
              }
            : null,
        }),
        onConditions: (lists, readAt) => told.push([lists, readAt]),
        onConditionsSettled: () => settled++,
      },
      () => now,
    );
  });

  afterEach(() => {
    keeper.close();
    jest.useRealTimers();
  });

  const needs = (): unknown => told.at(-1)?.[0].tools.map((it) => [it.name, it.needs]);

  test('is found out with what is needed for each, after a while', async () => {
    keeper.onBase(catalogOf('plain'), true);
    expect(readings).toEqual([]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(needs()).toEqual([
      ['ask', ['elicitationForm', 'elicitationUrl']],
      ['both', []],
    ]);
    expect(told.map(([, readAt]) => readAt)).toEqual([null, new Date(0)]);
    expect(readings).toHaveLength(5);
    expect(settled).toBe(1);
  });

  test('takes one reading where there is nothing of the kind', async () => {
    keeper.onBase(catalogOf('plain', 'ask', 'both'), true);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(readings).toHaveLength(1);
    expect(told.at(-1)).toEqual([listsOf(), new Date(0)]);
  });

  test('is found out at once for who wants to know', async () => {
    keeper.onBase(catalogOf('plain'), true);
    await keeper.settle();
    expect(told.at(-1)?.[1]).not.toBeNull();
  });

  test('is not looked for where no client is told apart', async () => {
    isToldApart = false;
    keeper.onBase(catalogOf('plain'), true);
    await keeper.settle();
    expect([readings, settled]).toEqual([[], 1]);
  });

  test('holds for a day, until the catalog changes', async () => {
    keeper.onBase(catalogOf('plain'), true);
    await keeper.settle();
    readings = [];
    now = 23 * hour;
    keeper.onBase(catalogOf('plain'), false);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(readings).toEqual([]);
    keeper.onBase(catalogOf('plain', 'new'), true);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(readings.length).toBeGreaterThan(0);
    readings = [];
    now = 48 * hour;
    keeper.onBase(catalogOf('plain', 'new'), false);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(readings.length).toBeGreaterThan(0);
  });

  test('is found out seldom where the catalog changes all the time', async () => {
    keeper.onBase(catalogOf('plain', 'ask', 'both'), true);
    await jest.advanceTimersByTimeAsync(1_000);
    for (let second = 1; second <= 20; second++) {
      now += 1_000;
      keeper.onBase(catalogOf('plain', 'ask', 'both', `new ${second}`), true);
      await jest.advanceTimersByTimeAsync(1_000);
    }
    expect(readings.length).toBeGreaterThan(1);
    expect(readings.length).toBeLessThanOrEqual(3);
  });

  test('is known from an earlier process', async () => {
    keeper.onBase({ ...catalogOf('plain'), conditionsReadAt: new Date(0) }, true);
    await jest.advanceTimersByTimeAsync(10_000);
    expect([readings, settled]).toEqual([[], 1]);
  });

  test('is not looked for at every word of a private connection', async () => {
    keeper.onBase(catalogOf('plain'), true);
    await keeper.settle();
    readings = [];
    keeper.hint();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(readings).toEqual([]);
    now = hour;
    keeper.hint();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(readings.length).toBeGreaterThan(0);
  });

  test('an upstream that bears no second connection is not tried again and again', async () => {
    fails = true;
    keeper.onBase(catalogOf('plain'), true);
    await keeper.settle();
    expect([readings.length, settled]).toEqual([1, 1]);
    await keeper.settle();
    await keeper.settle();
    expect(readings).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(61_000);
    expect(readings).toHaveLength(2);
    fails = false;
    await jest.advanceTimersByTimeAsync(121_000);
    expect(told.at(-1)?.[1]).not.toBeNull();
  });
});
