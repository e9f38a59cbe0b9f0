import { describe, expect, test } from '@jest/globals';

import { formatProblem } from '../../../src/config/config-problem.js';
import { loadText } from './load-text.js';

interface Case {
  readonly name: string;
  readonly text: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The whole messages, in order. */
  readonly faults: readonly string[];
}

const yamlFaults: readonly Case[] = [
  {
    name: 'a bracket that is never closed',
    text: 'mcp_servers: [a,\n',
    faults: [
      'config.yaml:2:1: YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  },
  {
    name: 'a quote that is never closed',
    text: 'general_settings:\n  master_key: "sk-secret\n',
    faults: ['config.yaml:3:1: YAML: Missing closing "quote'],
  },
  {
    name: 'a tab as indentation',
    text: 'general_settings:\n\tport: 1\n',
    faults: ['config.yaml:2:1: YAML: tabs cannot be used as indentation; use spaces'],
  },
  {
    name: 'an alias without its anchor',
    text: 'mcp_servers:\n  a: *nope\n',
    faults: ['config.yaml:2:6: YAML: the alias *nope has no anchor before it'],
  },
  {
    name: 'an alias within its own anchor',
    text: 'mcp_servers: &all\n  a: *all\n',
    faults: ['config.yaml:2:6: YAML: the alias *all stands inside the value it repeats'],
  },
  {
    name: 'an unknown tag',
    text: 'general_settings:\n  master_key: !vault sk-1\n',
    faults: ['config.yaml:2:15: YAML: this tag (!...) is not known; only plain values are read'],
  },
  {
    name: 'several documents',
    text: 'mcp_servers:\n---\nmodel_list:\n',
    faults: ['config.yaml:2:1: YAML: the file holds several documents (---); put everything into one'],
  },
  {
    name: 'the same key twice',
    text: 'general_settings:\n  port: 1\n  host: a\n  port: 2\n',
    faults: ['config.yaml:4:3: duplicate key "port" (first on line 2)'],
  },
  {
    name: 'a map as a key',
    text: '? { a: 1 }\n: 2\n',
    faults: ['config.yaml:1:3: YAML: a key must be plain text'],
  },
  {
    name: 'a key that would reach into the program',
    text: 'mcp_servers:\n  __proto__: { url: "http://a/" }\n',
    faults: ['config.yaml:2:3: the key "__proto__" is not allowed'],
  },
  {
    name: 'a list instead of settings',
    text: '- a\n',
    faults: ['config.yaml:1:1: the file must hold a map of settings ("name: value" lines)'],
  },
  {
    name: 'text instead of settings',
    text: 'hello\n',
    faults: ['config.yaml:1:1: the file must hold a map of settings ("name: value" lines)'],
  },
];

const typeFaults: readonly Case[] = [
  {
    name: 'wrong types, all of them',
    text: `general_settings:
  port: high
  metrics_public: maybe
  allowed_origins: 5
  limits: 3
  host: [a]
model_list:
  a: b
`,
    faults: [
      'config.yaml:2:9: general_settings.port must be a number, not text',
      'config.yaml:3:19: general_settings.metrics_public must be true or false, not text',
      'config.yaml:4:20: general_settings.allowed_origins must be a list, not a number',
      'config.yaml:5:11: general_settings.limits must be a map of settings, not a number',
      'config.yaml:6:9: general_settings.host must be text, not a list',
      'config.yaml:8:3: model_list must be a list, not a map',
    ],
  },
  {
    name: 'a number where text is wanted',
    text: 'mcp_servers:\n  a:\n    command: x\n    args: [-p, 3000]\n    env: { DEBUG: true }\n',
    faults: [
      'config.yaml:4:16: mcp_servers.a.args[1] must be text, not a number; put it in quotes',
      'config.yaml:5:19: mcp_servers.a.env.DEBUG must be text, not true or false; put it in quotes',
    ],
  },
  {
    name: 'text where a list is wanted',
    text: `mcp_servers:
  a:
    command: x
    allowed_tools: search
    disallowed_tools: delete_*
    access_groups: staff
`,
    faults: [
      'config.yaml:4:20: mcp_servers.a.allowed_tools must be a list, not text',
      'config.yaml:5:23: mcp_servers.a.disallowed_tools must be a list, not text',
      'config.yaml:6:20: mcp_servers.a.access_groups must be a list, not text',
    ],
  },
  {
    name: 'numbers out of range',
    text: `general_settings:
  port: 65536
  shutdown_timeout_ms: 99999999999
  limits:
    body_bytes: 1.5
    list_pages: 0
`,
    faults: [
      'config.yaml:2:9: general_settings.port must be at most 65535',
      'config.yaml:3:24: general_settings.shutdown_timeout_ms must be at most 2147483647',
      'config.yaml:5:17: general_settings.limits.body_bytes must be a whole number, not a fraction',
      'config.yaml:6:17: general_settings.limits.list_pages must be at least 1',
    ],
  },
  {
    name: 'a word that is not one of the choices',
    text: 'general_settings:\n  mcp_default_access: alll\n  log_level: infos\n',
    faults: [
      'config.yaml:2:23: general_settings.mcp_default_access must be one of all, none, not "alll"; did you mean "all"?',
      'config.yaml:3:14: general_settings.log_level must be one of trace, debug, info, warn, error, silent, not "infos"; did you mean "info"?',
    ],
  },
  {
    name: 'models without what they need',
    text: 'model_list:\n  - litellm_params: { model: openai/a }\n  - model_name: b\n  - model_name: c\n    litellm_params: { api_key: k }\n  - just text\n',
    faults: [
      'config.yaml:2:5: model_list[0].model_name is missing; it must be text',
      'config.yaml:3:5: model_list[1].litellm_params is missing; it must be a map of settings',
      'config.yaml:5:5: model_list[2].litellm_params.model is missing; it must be text',
      'config.yaml:6:5: model_list[3] must be a map of settings, not text',
    ],
  },
];

const serverFaults: readonly Case[] = [
  {
    name: 'names that differ only in case',
    text: 'mcp_servers:\n  github: { url: "http://a/" }\n  GitHub: { url: "http://b/" }\n',
    faults: [
      'config.yaml:3:3: duplicate server name "GitHub": "github" stands on line 2, and names count without regard to case',
    ],
  },
  {
    name: 'an alias that is the name of another server',
    text: 'mcp_servers:\n  a: { url: "http://a/" }\n  b: { url: "http://b/", alias: A }\n',
    faults: [
      'config.yaml:3:26: duplicate server name "A": "a" stands on line 2, and names count without regard to case',
    ],
  },
  {
    name: 'an alias that is the key of a server further down, whatever that is called',
    text: 'mcp_servers:\n  a: { url: "http://a/", alias: B }\n  b: { url: "http://b/", alias: c }\n',
    faults: [
      'config.yaml:2:26: duplicate server name "B": "b" stands on line 3, and names count without regard to case',
    ],
  },
  {
    name: 'the same name in a list',
    text: 'mcp_servers:\n  - { server_name: a, url: "http://a/" }\n  - { server_name: a, url: "http://b/" }\n  - { url: "http://c/" }\n',
    faults: [
      'config.yaml:3:20: duplicate server "a" (first on line 2)',
      'config.yaml:4:5: a server in a list needs a server_name',
    ],
  },
  {
    name: 'names that cannot be used',
    text: 'mcp_servers:\n  a__b: { url: "http://a/" }\n  v1: { url: "http://a/" }\n  "a/b": { url: "http://a/" }\n',
    faults: [
      'config.yaml:2:3: mcp_servers.a__b: A server name must not contain "__", which stands between server and tool in tool names.',
      'config.yaml:3:3: mcp_servers.v1: "v1" is reserved; choose another server name.',
      'config.yaml:4:3: mcp_servers.a/b: A server name is 1 to 64 of the characters A-Z a-z 0-9 _ . -',
    ],
  },
  {
    name: 'nothing to connect to',
    text: 'mcp_servers:\n  a:\n  b: {}\n  c: { transport: stdio }\n  d: { transport: http }\n  e: { url: "" }\n',
    faults: [
      'config.yaml:2:3: a needs a url or a command',
      'config.yaml:3:3: b needs a url or a command',
      'config.yaml:4:3: c has transport stdio and needs a command',
      'config.yaml:5:3: d needs a url or a command',
      'config.yaml:6:3: e needs a url or a command',
    ],
  },
  {
    name: 'both or the wrong one of url and command',
    text: 'mcp_servers:\n  a: { url: "http://a/", command: b }\n  c: { transport: sse, command: d }\n',
    faults: [
      'config.yaml:2:8: a has both a url and a command; a server has one of them',
      'config.yaml:3:24: c has transport sse, which takes a url, not a command',
    ],
  },
  {
    name: 'unknown transports',
    text: 'mcp_servers:\n  a: { url: "http://a/", transport: streamable-http }\n  b: { url: "http://a/", transport: carrier-pigeon }\n  c: { command: a, transport: sdtio }\n',
    faults: [
      'config.yaml:2:37: unknown transport "streamable-http": use http, sse or stdio; did you mean "http"?',
      'config.yaml:3:37: unknown transport "carrier-pigeon": use http, sse or stdio',
      'config.yaml:4:31: unknown transport "sdtio": use http, sse or stdio; did you mean "stdio"?',
    ],
  },
  {
    name: 'addresses that are none',
    text: 'mcp_servers:\n  a: { url: "localhost:8000" }\n  b: { url: "ftp://a/" }\n  c: { url: "not a url" }\n  d: { url: "https://user:secret@a/" }\n',
    faults: [
      'config.yaml:2:13: url must begin with http:// or https://',
      'config.yaml:3:13: url must begin with http:// or https://',
      'config.yaml:4:13: url is not a URL; it must look like https://host/path',
      'config.yaml:5:13: url must not hold user:password@; use auth_type: basic with auth_value: user:password',
    ],
  },
  {
    name: 'credentials that cannot be sent',
    text: `mcp_servers:
  a: { url: "http://a/", auth_type: bearer_token }
  b: { url: "http://a/", auth_type: api_key, auth_value: "" }
  c: { url: "http://a/", auth_type: oauth2, client_id: x }
  d: { url: "http://a/", auth_type: aws_sigv4 }
  e: { url: "http://a/", auth_type: bearer }
  f: { url: "http://a/", auth_type: bearer_token, auth_value: "to\\nken" }
`,
    faults: [
      'config.yaml:2:37: auth_type bearer_token needs an auth_value, which is missing',
      'config.yaml:3:37: auth_type api_key needs an auth_value, which is empty',
      'config.yaml:4:37: auth_type oauth2 is not supported; use none, bearer_token, api_key, basic, authorization, token',
      'config.yaml:5:37: auth_type aws_sigv4 is not supported; use none, bearer_token, api_key, basic, authorization, token',
      'config.yaml:6:37: unknown auth_type "bearer": use none, bearer_token, api_key, basic, authorization, token; did you mean "bearer_token"?',
      'config.yaml:7:63: auth_value holds a line break or another character that headers cannot have',
    ],
  },
  {
    name: 'headers that cannot be sent',
    text: `mcp_servers:
  a:
    url: http://a/
    static_headers: { "X Team": a, X-Ok: "a\\r\\nb", x-twice: a, X-Twice: b }
    extra_headers: ["x\\ny", ok, "a:b"]
`,
    faults: [
      'config.yaml:4:23: "X Team" is not the name of a header; spaces, colons and line breaks cannot be in one',
      'config.yaml:4:42: the value of header X-Ok holds a line break or another character that headers cannot have',
      'config.yaml:4:64: duplicate header "X-Twice"; header names count without regard to case',
      'config.yaml:5:21: mcp_servers.a.extra_headers[0] is not the name of a header; spaces, colons and line breaks cannot be in one',
      'config.yaml:5:33: mcp_servers.a.extra_headers[2] is not the name of a header; spaces, colons and line breaks cannot be in one',
    ],
  },
  {
    name: 'NUL characters for a child process',
    text: 'mcp_servers:\n  a: { command: "a\\0", args: ["b\\0"], env: { C: "d\\0", "": e } }\n',
    faults: [
      'config.yaml:2:17: command holds a NUL character',
      'config.yaml:2:31: an argument holds a NUL character',
      'config.yaml:2:49: the value of C holds a NUL character',
      'config.yaml:2:56: mcp_servers.a.env. is not a name that an environment variable can have',
    ],
  },
  {
    name: 'an OpenAPI document instead of a server',
    text: 'mcp_servers:\n  a: { url: "http://a/", spec_path: a.json }\n',
    faults: ['config.yaml:2:26: OpenAPI documents (spec_path) are not supported; name an MCP server'],
  },
];

const settingFaults: readonly Case[] = [
  {
    name: 'keys and addresses in the file',
    text: 'general_settings:\n  master_key: secret\n  database_url: mysql://u:secret@h/d\n  redis_url: http://secret\n  host: a b\n',
    faults: [
      'config.yaml:2:15: master_key must begin with "sk-"',
      'config.yaml:3:17: database_url must begin with postgres:// or postgresql://',
      'config.yaml:4:14: redis_url must begin with redis:// or rediss://',
      'config.yaml:5:9: host must be the name or address of an interface, e.g. 127.0.0.1 or 0.0.0.0',
    ],
  },
  {
    name: 'keys and addresses in the environment',
    text: '',
    env: {
      TOOLGATE_MASTER_KEY: 'secret',
      DATABASE_URL: 'mysql://u:secret@h/d',
      REDIS_URL: 'secret',
      PORT: '4000x',
      LOG_LEVEL: 'loud',
      HOST: 'a b',
    },
    faults: [
      'HOST: must be the name or address of an interface, e.g. 127.0.0.1 or 0.0.0.0',
      'PORT: must be a port between 0 and 65535',
      'LOG_LEVEL: must be one of trace, debug, info, warn, error, silent',
      'DATABASE_URL: must begin with postgres:// or postgresql://',
      'REDIS_URL: must begin with redis:// or rediss://',
      'TOOLGATE_MASTER_KEY: must begin with "sk-"',
    ],
  },
  {
    name: 'a master key that no header can carry',
    text: '',
    env: { LITELLM_MASTER_KEY: 'sk-line\n' },
    faults: ['LITELLM_MASTER_KEY: must not hold spaces, line breaks or characters beyond ASCII'],
  },
  {
    name: 'origins and separators',
    text: 'general_settings:\n  allowed_origins: ["https://a.example/path", "*"]\n  tool_name_separator: "/"\n',
    faults: [
      'config.yaml:2:21: allowed_origins: must be an origin as browsers send it, e.g. https://app.example.com, or *',
      'config.yaml:3:24: tool_name_separator must be 1 to 8 of the characters A-Z a-z 0-9 _ . -',
    ],
  },
  {
    name: "a model's address and key",
    text: 'model_list:\n  - model_name: a\n    litellm_params: { model: openai/a, api_base: "localhost:1", api_key: "a\\nb" }\n',
    faults: [
      'config.yaml:3:50: api_base must be a URL that begins with http:// or https://',
      'config.yaml:3:74: api_key holds a line break or another character that headers cannot have',
    ],
  },
];

const variableFaults: readonly Case[] = [
  {
    name: 'missing variables, in lists and maps and within text',
    text: `mcp_servers:
  a:
    command: x
    args: [os.environ/GONE, "--key=\${LOST}"]
    env: { A: "\${FOUND}", B: "\${}", C: "\${OPEN" }
general_settings:
  master_key: os.environ/MASTER
  database_url: os.environ/not-a-name
`,
    env: { FOUND: 'x' },
    faults: [
      'config.yaml:4:12: environment variable GONE is not set; set it, or write ${GONE:-default}',
      'config.yaml:4:29: environment variable LOST is not set; set it, or write ${LOST:-default}',
      'config.yaml:5:30: "${...}" must hold the name of an environment variable (letters, digits, _); write "$${" for a literal "${"',
      'config.yaml:5:40: "${" is never closed; write "$${" for a literal "${"',
      'config.yaml:7:15: environment variable MASTER is not set; set it, or write ${MASTER:-default}',
      'config.yaml:8:17: "os.environ/" must be followed by the name of a variable',
    ],
  },
  {
    name: "a client's header where only variables can be",
    text: 'mcp_servers:\n  a: { command: x, env: { TOKEN: "${X-GITHUB-TOKEN}" } }\n',
    faults: [
      'config.yaml:2:34: values are not filled from request headers; name the header in extra_headers of an HTTP upstream, or write "$${" for a literal "${"',
    ],
  },
];

describe.each([
  ['YAML', yamlFaults],
  ['types', typeFaults],
  ['servers', serverFaults],
  ['settings', settingFaults],
  ['variables', variableFaults],
] as const)('faults of %s are told with line and column', (_, cases) => {
  test.each(cases)('$name', async ({ text, env = {}, faults }) => {
    const outcome = await loadText(text, { env });
    expect(outcome.faults).toEqual(faults);
  });
});

test('faults of every kind are told in one go, in the order of the file', async () => {
  const { faults } = await loadText(`mcp_servers:
  a: { url: 5, timeout_ms: soon }
  b: { url: "ftp://b/", auth_type: oauth2 }
  c: { url: "\${NOPE}" }
general_settings:
  port: 99999
  master_key: secret
`);
  expect(faults.map((fault) => fault.split(':').slice(0, 3).join(':'))).toEqual([
    'config.yaml:2:13',
    'config.yaml:2:28',
    'config.yaml:3:13',
    'config.yaml:3:36',
    'config.yaml:4:13',
    'config.yaml:6:9',
    'config.yaml:7:15',
  ]);
});

test('a fault is one line, also where a name holds a line break', () => {
  const problem = { file: 'config.yaml', line: 1, column: 2, message: 'x\ny\u001b[31m must be text' };
  expect(formatProblem(problem)).toBe('config.yaml:1:2: x y [31m must be text');
});

test('no message holds a value that could be secret', async () => {
  const secret = 'sk-0123456789-do-not-print';
  const env = {
    S: secret,
    PORT: secret,
    HOST: `${secret} `,
    LOG_LEVEL: secret,
    REDIS_URL: secret,
    DATABASE_URL: secret,
  };
  const { faults } = await loadText(
    `mcp_servers:
  a: { url: "${secret}", transport: "${secret}", auth_type: "${secret}" }
  b: { url: "\${S}", transport: "\${S}", auth_type: "\${S}", session: "\${S}" }
  c: { url: "http://x:${secret}@h/", auth_type: bearer_token, auth_value: ["${secret}"], timeout_ms: "${secret}" }
  d: { url: "http://h/", static_headers: { X: "${secret}\\n" }, session: "${secret}" }
  e: { command: "${secret}\\0", args: ["${secret}\\0"], env: { X: "${secret}\\0" } }
general_settings: { master_key: "\${S} ", port: "\${S}", metrics_public: "${secret}", mcp_default_access: "${secret}" }
model_list: [{ model_name: a, litellm_params: { model: x, api_base: "${secret}", api_key: "${secret}\\n" } }]
`,
    { env },
  );
  expect(faults.length).toBeGreaterThan(20);
  expect(faults.join('\n')).not.toContain(secret);
});

test.each([
  '"sk-secret" trailing',
  'sk-secret: : :',
  '{sk-secret',
  '"sk-\\qsecret"',
  '|x sk-secret',
  '%sk-secret\n---',
])('broken YAML is told without the line it is on: %s', async (line) => {
  const { faults } = await loadText(`general_settings:\n  master_key: ${line}\n`);
  expect(faults.length).toBeGreaterThan(0);
  expect(faults.join('\n')).not.toMatch(/secret/);
});
