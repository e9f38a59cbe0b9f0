/** `npm run chaos`: the gateway under load while upstreams go wrong. README.md says how to read it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { faultsOfChaos, chaosTable } from './chaos/report.mjs';
import { runChaos } from './chaos/run.mjs';
import { machine, writeJson } from './report.mjs';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    short: { type: 'boolean', default: false },
    only: { type: 'string' },
    profile: { type: 'string' },
    database: { type: 'string' },
    json: { type: 'string' },
  },
});

const workFolder = path.join(os.tmpdir(), `toolgate-chaos-${process.pid}`);
const report = await runChaos({
  seconds: Number(options.seconds),
  isLong: !options.short,
  only: options.only?.split(',') ?? null,
  profileFolder: options.profile ?? null,
  databaseUrl: options.database ?? null,
  workFolder,
  say: ({ title, calls, right, p99 }) =>
    process.stderr.write(`${title}: ${right} of ${calls} right, p99 ${p99.toFixed(1)} ms\n`),
});
if (options.json !== undefined) writeJson(options.json, report);
console.log(
  `${machine(options.database === undefined ? 'embedded' : 'Postgres')}\n\n${chaosTable(report)}\n`,
);
const faults = faultsOfChaos(report);
console.log(faults.length === 0 ? 'All went well.' : faults.map((fault) => `- ${fault}`).join('\n'));
if (faults.length === 0) fs.rmSync(workFolder, { recursive: true, force: true });
process.exit(faults.length === 0 ? 0 : 1);
