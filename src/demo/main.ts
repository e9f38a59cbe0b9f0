import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

import { createDemoServer } from './demo-server.js';

const server = createDemoServer();
// Nobody is left to answer once the gateway closed its end; closing aborts what still runs, and the process ends.
process.stdin.once('end', () => void server.close());
process.stdout.once('error', () => process.exit(0));
await server.connect(new StdioServerTransport());
