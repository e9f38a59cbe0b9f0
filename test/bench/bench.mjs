/** `npm run bench`: what the gateway costs, measured against a plain reverse proxy. README.md says how to read it. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Lab } from './lab.mjs';
import { printProfiles } from './measure/profile.mjs';
import { readOptions, usage } from './options.mjs';
import { details, faultsOf, machine, tableHead, tableRow, writeJson } from './report.mjs';
import { verdict } from './rows.mjs';
import { chooseScenarios, scenarioNames } from './scenarios/index.mjs';

const say = (text) => process.stderr.write(`${text}\n`);

function build() {
  const script = path.resolve(import.meta.dirname, '../../scripts/build.mjs');
  const { status } = spawnSync(process.execPath, [script], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('the build failed');
}

async function runScenario(scenario, lab) {
  try {
    return await scenario.run(lab);
  } catch (error) {
    const cells = new Map([['toolgate', [{ faults: 1, firstFault: `not measured: ${error.message}` }]]]);
    return { cells, rows: [] };
  }
}

/** @returns the exit code: 1 for a wrong answer, and, in the full form, for a figure that misses what it must reach */
async function run(options) {
  const scenarios = chooseScenarios(options.scenarios, options.isShort);
  if (options.only === null || options.only.includes('toolgate')) build();
  fs.mkdirSync(options.workFolder, { recursive: true });
  const lab = new Lab(options, say);
  const table = [];
  const faults = [];
  try {
    await lab.open();
    say(`${machine(lab.databases.kind)}; logs in ${options.workFolder}`);
    for (const scenario of scenarios) {
      const { cells, rows } = await runScenario(scenario, lab);
      say(`${scenario.name}\n${details(cells)}`);
      for (const fault of faultsOf(cells)) faults.push(`${scenario.name}: ${fault}`);
      for (const row of rows) {
        say(tableRow(scenario, row));
        table.push({ scenario, row });
      }
    }
  } finally {
    await lab.close();
  }
  if (options.profileFolder !== null) printProfiles(options.profileFolder);
  const exitCode = report(table, faults, lab, options);
  if (exitCode === 0 && options.isWorkTemporary) fs.rmSync(options.workFolder, { recursive: true });
  return exitCode;
}

function report(table, faults, lab, options) {
  const failed = table.filter(({ row }) => verdict(row) === 'FAIL');
  console.log(`${machine(lab.databases.kind)}\n`);
  console.log([tableHead, ...table.map(({ scenario, row }) => tableRow(scenario, row))].join('\n'));
  console.log(`\n${faults.length === 0 ? 'Every answer was right.' : 'Wrong answers:'}`);
  for (const fault of faults) console.log(`- ${fault}`);
  if (failed.length > 0)
    console.log(`${failed.length} of ${table.length} figures miss what they must reach.`);
  if (options.jsonFile !== null) {
    const rows = table.map(({ scenario, row }) => ({
      scenario: scenario.name,
      ...row,
      verdict: verdict(row),
    }));
    const { rounds, durationMs, warmupMs, sessions } = options;
    const settings = { rounds, durationMs, warmupMs, sessions };
    writeJson(options.jsonFile, {
      machine: machine(lab.databases.kind),
      settings,
      rows,
      faults,
      measurements: lab.measurements,
    });
  }
  return faults.length > 0 || (failed.length > 0 && !options.isShort) ? 1 : 0;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(usage);
  else if (options.list) console.log(scenarioNames.join('\n'));
  else process.exit(await run(options));
} catch (error) {
  say(`bench: ${error.message}`);
  process.exit(2);
}
