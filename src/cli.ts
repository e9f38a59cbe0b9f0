import { readCommandLine } from './cli/command-line.js';
import { commandTable } from './cli/commands.js';
import { complain, exitCodes, type CliContext } from './cli/context.js';
import { explainError } from './cli/explain-error.js';
import { ConfigError } from './config/config-problem.js';

export type { CliContext, ServeOptions } from './cli/context.js';

type Defaults = Omit<CliContext, 'serve' | 'env'>;

/**
 * Carries out a command line and resolves to the exit code; never rejects. Results go to stdout, complaints to stderr,
 * each one line and never a stack trace. With code 0 after `serve` the process goes on for as long as the gateway
 * does; with any other code what was begun may still hold the process, so that the caller should exit.
 */
export async function runCli(
  argv: readonly string[],
  env: CliContext['env'],
  { serve, ...given }: Pick<CliContext, 'serve'> & Partial<Defaults>,
): Promise<number> {
  const context: CliContext = {
    serve,
    env,
    cwd: given.cwd ?? process.cwd(),
    stdout: given.stdout ?? process.stdout,
    stderr: given.stderr ?? process.stderr,
  };
  try {
    const line = readCommandLine(argv);
    return await commandTable[line.command](line, context);
  } catch (error) {
    if (error instanceof ConfigError) {
      complain(context.stderr, error.problems);
      return exitCodes.badInput;
    }
    const { message, isUsers } = explainError(error);
    context.stderr.write(`toolgate: ${message}\n`);
    return isUsers ? exitCodes.badInput : exitCodes.failed;
  }
}
