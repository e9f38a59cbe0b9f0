/** `npm run soak`: the gateway through ten minutes of churn. README.md says how to read it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { machine, writeJson } from './report.mjs';
import { faultsOfSoak, soakTable } from './soak/report.mjs';
import { runSoak } from './soak/run.mjs';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    database: { type: 'string' },
    json: { type: 'string' },
  },
});

const workFolder = path.join(os.tmpdir(), `toolgate-soak-${process.pid}`);
const report = await runSoak({
  minutes: Number(options.minutes),
  databaseUrl: options.database ?? null,
  workFolder,
  say: ({ minute, mib, calls }) =>
    process.stderr.write(`${minute.toFixed(1)} min: ${mib.toFixed(0)} MiB, ${calls} calls\n`),
});
if (options.json !== undefined) writeJson(options.json, report);
console.log(`${machine(options.database === undefined ? 'embedded' : 'Postgres')}\n\n${soakTable(report)}\n`);
const faults = faultsOfSoak(report);
console.log(faults.length === 0 ? 'All went well.' : faults.map((fault) => `- ${fault}`).join('\n'));
if (faults.length === 0) fs.rmSync(workFolder, { recursive: true, force: true });
process.exit(faults.length === 0 ? 0 : 1);
