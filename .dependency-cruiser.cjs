/**
 * The table of rooms, from the README's architecture section, as rules. A room may import itself, npm packages and
 * the rooms named beside it; the composition root (main, cli, app.module) may import every room.
 */
const rooms = {
  core: [],
  sdk: ['core'],
  demo: [],
  config: ['core'],
  http: ['core'],
  'http-client': ['core'],
  database: ['core', 'config'],
  directory: ['core', 'config', 'http', 'database'],
  limits: ['core', 'config', 'http', 'database'],
  audit: ['core', 'config', 'http', 'database'],
  metrics: ['core', 'config', 'http', 'database'],
  permissions: ['core', 'config', 'http', 'database'],
  auth: ['core', 'config', 'http', 'database', 'directory'],
  'upstream-registry': ['core', 'config', 'http-client', 'database', 'metrics'],
  gateway: ['core', 'permissions', 'limits', 'audit', 'metrics', 'upstream-registry'],
  mcp: ['core', 'config', 'http', 'auth', 'permissions', 'limits', 'metrics', 'gateway'],
  rest: ['core', 'config', 'http', 'auth', 'permissions', 'limits', 'metrics', 'gateway'],
  llm: ['core', 'config', 'http', 'http-client', 'auth', 'permissions', 'limits', 'metrics', 'gateway'],
  admin: [
    'core',
    'config',
    'http',
    'database',
    'directory',
    'permissions',
    'auth',
    'limits',
    'audit',
    'metrics',
    'upstream-registry',
    'gateway',
  ],
};

const roomRules = Object.entries(rooms).map(([room, allowed]) => ({
  name: `room-${room}`,
  comment: `${room} may import: ${allowed.join(', ') || 'nothing'}`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: `^src/(${[room, ...allowed].join('|')})/` },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...roomRules,
    {
      name: 'core-is-plain',
      comment: 'The domain is plain TypeScript: no framework, database or SDK; of Node only node:crypto.',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'only-stores-touch-prisma',
      comment: 'Prisma lives in the database room and in *.store.ts files.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/database/', '\\.store\\.ts$'] },
      to: { path: ['^src/database/generated/', '@prisma/client'] },
    },
    {
      name: 'wire-transports-stay-at-the-wire',
      comment: 'HTTP clients and child processes that speak MCP live in upstream-registry; providers in llm.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(upstream-registry|mcp|sdk|llm|demo)/'] },
      to: { path: ['undici', '@modelcontextprotocol'] },
    },
    {
      name: 'edges-stay-apart',
      severity: 'error',
      from: { path: '^src/(mcp|rest|llm)/' },
      to: { path: '^src/(mcp|rest|llm)/', pathNot: '^src/$1/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
