import type { ConfigFlags } from '../config/config-options.js';
import { version } from '../core/version.js';
import { UsageError, type Command, type CommandLine } from './command-line.js';
import { complain, exitCodes, type CliContext, type ServeOptions } from './context.js';
import { helpText } from './help.js';
import { isReaderGone, toStream } from './output-stream.js';
import { parseSince } from './since.js';

type RunCommand = (line: CommandLine, context: CliContext) => Promise<number>;

/** Each command's work; resolves to the exit code. */
export const commandTable: Readonly<Record<Command, RunCommand>> = {
  serve,
  check,
  plan,
  audit,
  help,
  version: printVersion,
};

async function serve({ flags, warnings }: CommandLine, context: CliContext): Promise<number> {
  const loaded = await load(flags, context);
  await context.serve({ ...loaded, warnings: [...warnings, ...loaded.warnings] });
  return exitCodes.done;
}

async function check({ flags, warnings }: CommandLine, context: CliContext): Promise<number> {
  const { config, warnings: found } = await load(flags, context);
  complain(context.stderr, [...warnings, ...found], 'warning: ');
  const content = `${counted(config.upstreams, 'upstream')}, ${counted(config.models, 'model')}`;
  const name =
    config.file === null ? 'No config.yaml here; the built-in demo' : (flags.config ?? 'config.yaml');
  context.stdout.write(`${name} is valid: ${content}\n`);
  return exitCodes.done;
}

async function plan({ flags, current, warnings }: CommandLine, context: CliContext): Promise<number> {
  if (flags.config === undefined)
    throw new UsageError('plan needs the new file: toolgate plan --config new.yaml');
  const { planOf } = await import('./plan.js');
  const next = await load(flags, context);
  const previous = await load({ ...flags, config: current ?? 'config.yaml' }, context);
  complain(context.stderr, [...warnings, ...next.warnings], 'warning: ');
  const { lines, hasChanges } = planOf(previous.config, next.config);
  const { planTools } = await import('./plan-database.js');
  const tools = await planTools(previous.config, next.config);
  context.stdout.write(`${[...tools, ...lines].join('\n')}\n`);
  return hasChanges ? exitCodes.changes : exitCodes.done;
}

async function audit({ flags, since, warnings }: CommandLine, context: CliContext): Promise<number> {
  const from = since === null ? new Date(0) : parseSince(since, Date.now());
  const { config, warnings: found } = await load(flags, context);
  complain(context.stderr, [...warnings, ...found], 'warning: ');
  const { exportTrail } = await import('../audit/export/export-trail.js');
  try {
    await exportTrail(config.database, from, toStream(context.stdout));
  } catch (error) {
    if (!isReaderGone(error)) throw error;
  }
  return exitCodes.done;
}

function help(_line: CommandLine, { stdout }: CliContext): Promise<number> {
  stdout.write(helpText());
  return Promise.resolve(exitCodes.done);
}

function printVersion(_line: CommandLine, { stdout }: CliContext): Promise<number> {
  stdout.write(`${version}\n`);
  return Promise.resolve(exitCodes.done);
}

async function load(argvFlags: ConfigFlags, { env, cwd }: CliContext): Promise<ServeOptions> {
  // Reading a configuration takes longer to load than --version takes to print.
  const { loadConfig } = await import('../config/load-config.js');
  const options = { argvFlags, env, cwd };
  return { ...(await loadConfig(options)), options };
}

function counted({ length }: readonly unknown[], noun: string): string {
  return `${length} ${noun}${length === 1 ? '' : 's'}`;
}
