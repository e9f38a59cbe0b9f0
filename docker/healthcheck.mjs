// Whether the gateway in this container answers. The port may have been given on its command line.
import { readFileSync } from 'node:fs';

const commandLine = readFileSync('/proc/1/cmdline', 'latin1');
const port = /\0(?:--port|-p)[\0=](\d+)/.exec(commandLine)?.[1] ?? process.env.PORT ?? 4000;
try {
  const { ok } = await fetch(`http://127.0.0.1:${port}/health/liveliness`);
  process.exit(ok ? 0 : 1);
} catch {
  process.exit(1);
}
