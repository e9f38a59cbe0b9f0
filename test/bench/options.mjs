import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

export const usage = `npm run bench -- [options]

  --scenario NAME[,NAME]  only these; a prefix such as "call" or "growth" names all that begin with it
  --list                  print the names of the scenarios
  --rounds N              rounds, each visiting every target once (5)
  --duration SECONDS      measured time of one visit (3)
  --warmup SECONDS        time before measuring in each visit (1)
  --sessions N            sessions of the idle scenarios (5000)
  --only NAME[,NAME]      targets to run: direct, nodeproxy, nginx, toolgate, and those of --targets
  --targets FILE[,FILE]   further targets, as JSON (see README.md)
  --database URL          a Postgres server to make fresh databases on; left out: embedded databases
  --short                 a minute's check: fails on a wrong answer, never on a ratio
  --profile FOLDER        record a CPU profile of each gateway there and print its dearest functions
  --json FILE             write every measurement to FILE
  --work FOLDER           keep logs and data folders in FOLDER (a temporary one, kept when something fails)`;

const definitions = {
  scenario: { type: 'string' },
  list: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  duration: { type: 'string' },
  warmup: { type: 'string' },
  sessions: { type: 'string' },
  only: { type: 'string' },
  targets: { type: 'string' },
  database: { type: 'string' },
  short: { type: 'boolean', default: false },
  profile: { type: 'string' },
  json: { type: 'string' },
  work: { type: 'string' },
  help: { type: 'boolean', default: false },
};

const full = { rounds: 5, duration: 3, warmup: 1, sessions: 5000 };
const short = { rounds: 1, duration: 0.6, warmup: 0.2, sessions: 100 };

const names = (text) => text?.split(',').filter(Boolean) ?? null;

function number(values, name, fallback) {
  if (values[name] === undefined) return fallback;
  const value = Number(values[name]);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not "${values[name]}"`);
  return value;
}

export function readOptions(args) {
  const { values } = parseArgs({ args, options: definitions });
  const defaults = values.short ? short : full;
  return {
    help: values.help,
    list: values.list,
    isShort: values.short,
    scenarios: names(values.scenario),
    rounds: number(values, 'rounds', defaults.rounds),
    durationMs: number(values, 'duration', defaults.duration) * 1000,
    warmupMs: number(values, 'warmup', defaults.warmup) * 1000,
    sessions: number(values, 'sessions', defaults.sessions),
    only: names(values.only),
    targetFiles: names(values.targets) ?? [],
    databaseUrl: values.database ?? null,
    profileFolder: values.profile === undefined ? null : path.resolve(values.profile),
    jsonFile: values.json ?? null,
    isWorkTemporary: values.work === undefined,
    workFolder: path.resolve(values.work ?? path.join(os.tmpdir(), `toolgate-bench-${process.pid}`)),
  };
}
