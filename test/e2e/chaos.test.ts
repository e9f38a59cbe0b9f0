import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { isAsBefore } from '../bench/measure/counts.mjs';
import { runChaos, type ChaosReport } from '../bench/chaos/run.mjs';

/** Some answers at their cap, and garbage that is not collected yet. */
const maxGrowthMib = 400;

/**
 * The short form of `npm run chaos`: 20 calls a second over every surface, to upstreams that are well, while thirty
 * others beside them go wrong at once, each in a way of its own.
 */
describe('upstreams that cannot hurt anyone', () => {
  let folder: string;
  let report: ChaosReport;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'toolgate-chaos-'));
    report = await runChaos({ seconds: 6, isLong: false, workFolder: folder });
  }, 150_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('calls to the others are answered right', () => {
    const { calm, phases, wrong } = report;
    const all = [calm, ...phases];
    const calls = all.reduce((sum, phase) => sum + phase.calls, 0);
    const right = all.reduce((sum, phase) => sum + phase.right, 0);
    expect(calls).toBeGreaterThan(150);
    expect({ share: right / calls, wrong: wrong.calm }).toEqual({ share: 1, wrong: [] });
  });

  test('calls to them end in time, and say what is wrong without telling secrets', () => {
    expect(report.wrong.wild).toEqual([]);
    const answered = (name: string): readonly string[] => [...(report.outcomes.get(name)?.keys() ?? [])];
    expect(answered('garbage')).toContain('upstream_invalid_response');
    expect(answered('big_event')).toContain('upstream_response_too_large');
    expect(answered('http_401')).toContain('upstream_rejected_credentials');
    expect(answered('silent')).toContain('upstream_timeout');
    expect(answered('killed')).toContain('upstream_unavailable');
    expect(answered('list_storm')).toEqual(['ok']);
  });

  test('each works again without a hand', () => {
    const recoveries = report.phases.flatMap((phase) => [...phase.recoveries]);
    expect(recoveries.length).toBeGreaterThan(25);
    expect(recoveries.filter(([, tookMs]) => tookMs === Infinity)).toEqual([]);
    expect(report.counts.metrics.notReady).toEqual([]);
  });

  test('memory stays bounded', () => {
    const { calm, phases } = report;
    for (const { peakMib } of phases) expect(peakMib - calm.residentMib).toBeLessThan(maxGrowthMib);
  });

  test('nothing is left open', () => {
    const { before, after, metrics } = report.counts;
    expect(metrics).toMatchObject({ callsInFlight: 0, upstreamInFlight: 0, upstreamQueued: 0, sessions: 0 });
    expect({ before, after, isAsBefore: isAsBefore(before, after) }).toMatchObject({ isAsBefore: true });
  });
});
