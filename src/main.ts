#!/usr/bin/env node
import { runCli } from './cli.js';

const exitCode = await runCli(process.argv.slice(2), process.env, {
  serve: async (options) => {
    const { serve } = await import('./serve.js');
    const { ended } = await serve(options);
    // Whatever still holds the process after an orderly end has been told to let go.
    ended.then(
      () => process.exit(0),
      () => process.exit(1),
    );
  },
});
if (exitCode !== 0) process.exit(exitCode);
