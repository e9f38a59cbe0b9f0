import { parseArgs } from 'node:util';

import { nearestName } from '../core/nearest-name.js';
import type { ConfigFlags } from '../config/config-options.js';
import type { ConfigProblem } from '../config/config-problem.js';
import { flags, litellmFlags, refusedFlags, type Flag } from './flags.js';

export const commands = ['serve', 'check', 'plan', 'audit', 'help', 'version'] as const;
export type Command = (typeof commands)[number];

export interface CommandLine {
  readonly command: Command;
  readonly flags: ConfigFlags;
  /** `--current` of plan. */
  readonly current: string | null;
  /** `--since` of audit export. */
  readonly since: string | null;
  readonly warnings: readonly ConfigProblem[];
}

/** The command line cannot be understood; the message is one line for its user. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type KnownFlag = Omit<Flag, 'description'>;

const known: readonly KnownFlag[] = [
  ...Object.values(flags),
  ...litellmFlags,
  ...Object.keys(refusedFlags).map((name) => ({ name, value: 'VALUE' })),
];

/** Throws UsageError. Flags may be written with `-` for `_`, and the last of a repeated one counts. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const { tokens } = parseArgs({
    args: argv.map(underscored),
    options: Object.fromEntries(known.map((flag) => [flag.name, optionOf(flag)])),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values = new Map<string, string>();
  const warnings: ConfigProblem[] = [];
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = known.find(({ name }) => name === token.name);
    if (flag === undefined) throw new UsageError(`unknown flag ${token.rawName}${nearestFlag(token.name)}`);
    const refused = refusedFlags[flag.name];
    if (refused !== undefined) throw new UsageError(`--${flag.name} is not supported: ${refused}`);
    if (flag.value !== undefined && (token.value === undefined || isFlagLike(token))) {
      throw new UsageError(`--${flag.name} needs a value: --${flag.name} ${flag.value}`);
    }
    if (flag.value === undefined && token.value !== undefined) {
      throw new UsageError(`--${flag.name} takes no value`);
    }
    if (flag.value !== undefined && token.value === '')
      throw new UsageError(`--${flag.name} must not be empty`);
    if (litellmFlags.includes(flag)) {
      warnings.push({ file: `--${flag.name}`, line: 0, column: 0, message: 'has no effect' });
    }
    values.set(flag.name, token.value ?? '');
  }
  return {
    command: readCommand(words, values),
    flags: configFlags(values),
    current: values.get('current') ?? null,
    since: values.get('since') ?? null,
    warnings,
  };
}

function optionOf({ short, value }: KnownFlag): { type: 'string' | 'boolean'; short?: string } {
  return { type: value === undefined ? 'boolean' : 'string', ...(short === undefined ? {} : { short }) };
}

/** `--detailed-debug` is `--detailed_debug`; what stands behind a `=` stays. */
function underscored(argument: string): string {
  return argument.replace(/^--[A-Za-z][^=]*/, (name) => `--${name.slice(2).replaceAll('-', '_')}`);
}

/** `--config --port 1` lacks a value; `--config=--port` says that it is one. */
function isFlagLike({
  value,
  inlineValue,
}: {
  value?: string | undefined;
  inlineValue?: boolean | undefined;
}): boolean {
  return inlineValue !== true && /^-./.test(value ?? '');
}

function nearestFlag(name: string): string {
  const near = nearestName(
    name,
    known.map((flag) => flag.name),
  );
  return near === null ? '; see toolgate --help' : `; did you mean --${near}?`;
}

function readCommand(words: readonly string[], values: ReadonlyMap<string, string>): Command {
  if (values.has('help')) return 'help';
  if (values.has('version')) return 'version';
  const [word = 'serve', ...rest] = words;
  const command = commands.find((name) => name === word);
  if (command === undefined) {
    const near = nearestName(word, commands);
    throw new UsageError(
      `unknown command ${word}${near === null ? '; see toolgate --help' : `; did you mean ${near}?`}`,
    );
  }
  if (command === 'audit') {
    if (rest.join(' ') !== 'export') throw new UsageError('audit knows one thing: toolgate audit export');
  } else if (rest.length > 0) {
    throw new UsageError(`${command} takes no argument; name the file with --config`);
  }
  if (values.has('current') && command !== 'plan') throw new UsageError('--current belongs to toolgate plan');
  if (values.has('since') && command !== 'audit')
    throw new UsageError('--since belongs to toolgate audit export');
  return command;
}

function configFlags(values: ReadonlyMap<string, string>): ConfigFlags {
  const config = values.get('config');
  const port = values.get('port');
  const host = values.get('host');
  return {
    ...(config === undefined ? {} : { config }),
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
    debug: values.has('debug'),
    detailedDebug: values.has('detailed_debug'),
  };
}
