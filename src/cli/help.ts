import { flags, type Flag } from './flags.js';

/** What `toolgate --help` prints. */
export function helpText(): string {
  return `Toolgate: one address for every MCP tool a company has, and for its models.

Usage: toolgate [serve] [flags]    start the gateway
       toolgate check  [flags]     validate a configuration: exit code 0, or 2 with every fault
       toolgate plan   [flags]     compare a configuration with the current one: exit code 0 when
                                   nothing would change for upstreams, 1 when something would,
                                   2 when one of them has faults
       toolgate audit export [--since TIME] [flags]
                                   print the audit trail as JSON lines, oldest first

Flags:
${Object.values(flags).map(flagLine).join('\n')}

Environment: TOOLGATE_MASTER_KEY, DATABASE_URL, REDIS_URL, TOOLGATE_DATA_DIR, TOOLGATE_SALT_KEY,
PORT, HOST, LOG_LEVEL. Flags beat the environment, which beats the file. The command line of
LiteLLM's proxy works too; flags without a meaning here are warned about.
`;
}

function flagLine({ name, short, value, description }: Flag): string {
  const left = `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
  return `  ${left.padEnd(25)}${description}`;
}
