import { afterAll, describe, expect, test } from '@jest/globals';

import { startKeyProxy } from '../support/key-proxy.js';
import { startLab } from '../support/mcp-lab.js';
import { startConformanceFixture } from '../support/upstreams/fixture.js';
import { readmeTable } from '../unit/docs/readme.js';
import {
  failures,
  isPassed,
  lost,
  revisions,
  runSuite,
  scoredScenarios,
  type Revision,
  type SuiteResults,
} from './suite.js';

/**
 * `npm run conformance`: the official suite against our fixture directly, against the gateway with that fixture behind
 * it, and against the gateway with the fixture of the other era behind it. What the fixture can the gateway must not
 * lose.
 */
type Era = 'legacy' | 'modern';

const eras = { '2025-11-25': 'legacy', '2026-07-28': 'modern' } as const satisfies Record<Revision, Era>;
const others = { legacy: 'modern', modern: 'legacy' } as const satisfies Record<Era, Era>;

const fixtures = {
  legacy: await startConformanceFixture('legacy'),
  modern: await startConformanceFixture('modern'),
};
const lab = await startLab({
  legacy: { url: fixtures.legacy.url.href },
  modern: { url: fixtures.modern.url.href },
});

interface Comparison {
  readonly revision: Revision;
  readonly scored: readonly string[];
  readonly direct: SuiteResults;
  readonly through: SuiteResults;
  readonly across: SuiteResults;
}

/** Scoped to one upstream, so that bare names are unambiguous. */
async function runThrough(revision: Revision, upstream: Era): Promise<SuiteResults> {
  const proxy = await startKeyProxy({
    target: `${lab.url}/mcp/${upstream}`,
    key: lab.key,
    prefix: `${upstream}__`,
  });
  const results = await runSuite(proxy.url, revision);
  proxy.close();
  return results;
}

async function compare(revision: Revision): Promise<Comparison> {
  const era = eras[revision];
  const [direct, through] = await Promise.all([
    runSuite(fixtures[era].url.href, revision),
    runThrough(revision, era),
  ]);
  // Not at the same time: the suite changes the lists of the fixture.
  const across = await runThrough(revision, others[era]);
  return { revision, scored: await scoredScenarios(revision), direct, through, across };
}

const comparisons: Comparison[] = [];
for (const revision of revisions) comparisons.push(await compare(revision));

afterAll(async () => {
  await lab.stop();
  for (const fixture of Object.values(fixtures)) await fixture.kill();
});

const mark = (results: SuiteResults, scenario: string): string => (isPassed(results, scenario) ? '✓' : '✗');

function totals({ scored, direct, through, across }: Comparison): string[] {
  return [direct, through, across].map((results) => {
    const passed = scored.filter((scenario) => isPassed(results, scenario));
    return `${passed.length} of ${scored.length}`;
  });
}

function show(comparison: Comparison): string {
  const { revision, scored, direct, through, across } = comparison;
  const line = (name: string, cells: readonly string[]): string =>
    name.padEnd(54) + cells.map((cell) => cell.padEnd(14)).join('');
  const marks = (scenario: string): string[] =>
    [direct, through, across].map((results) => {
      const passed = results.get(scenario)?.filter(({ status }) => status === 'SUCCESS').length ?? 0;
      return `${mark(results, scenario)} ${passed} checks`;
    });
  const unscored = [...direct.keys()].filter((scenario) => !scored.includes(scenario));
  return [
    line(revision, ['direct', 'through', 'across eras']),
    ...scored.map((scenario) => line(scenario, marks(scenario))),
    line('SCORED', totals(comparison)),
    ...unscored.map((scenario) => line(`not scored: ${scenario}`, marks(scenario))),
  ].join('\n');
}

describe.each(comparisons)('$revision', ({ scored, direct, through }) => {
  test.each(scored)('%s', (scenario) => {
    expect(failures(direct, scenario)).toEqual([]);
    expect(failures(through, scenario)).toEqual([]);
    expect(lost(direct, through, scenario)).toEqual([]);
  });
});

describe('the README', () => {
  test('has the totals', () => {
    console.log(comparisons.map(show).join('\n\n'));
    const rows = comparisons.map((comparison) => [`\`${comparison.revision}\``, ...totals(comparison)]);
    expect(readmeTable('conformance')).toEqual(rows);
  });

  test('has every scenario', () => {
    const scenarios = [...new Set(comparisons.flatMap(({ scored }) => scored))];
    const rows = scenarios.map((scenario) => [
      `\`${scenario}\``,
      ...comparisons.flatMap(({ scored, direct, through, across }) =>
        scored.includes(scenario)
          ? [direct, through, across].map((results) => mark(results, scenario))
          : ['', '', ''],
      ),
    ]);
    expect(readmeTable('conformance scenarios')).toEqual(rows);
  });
});
