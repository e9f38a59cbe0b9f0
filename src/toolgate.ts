#!/usr/bin/env node
import { runCli } from './cli.js';

const exitCode = await runCli(process.argv.slice(2), process.env, {
  serve: async (options) => {
    const { checkPort } = await import('./check-port.js');
    await checkPort(options.config);
    const { earlyBackend } = await import('./database/early-backend.js');
    const backend = earlyBackend(options.config.database);
    const { serve } = await import('./serve.js');
    const { ended } = await serve(options, backend);
    // Whatever still holds the process after an orderly end has been told to let go.
    ended.then(
      () => process.exit(0),
      () => process.exit(1),
    );
  },
});
if (exitCode !== 0) process.exit(exitCode);
