import { expect, test } from '@jest/globals';

import { loadText } from './load-text.js';

interface Case {
  readonly name: string;
  readonly text: string;
  readonly warnings: readonly string[];
}

const cases: readonly Case[] = [
  {
    name: 'unknown keys, with the nearest known one of their section',
    text: `mcp_server:
  x: 1
mcp_servers:
  a: { url: "http://a/", trasport: http, colour: red }
general_settings:
  mcp_defualt_access: none
  limits: { body_byte: 5 }
audit: { log_argument: true }
model_list:
  - { model_name: a, litellm_params: { model: openai/a }, model_inf: {} }
`,
    warnings: [
      'config.yaml:1:1: unknown key "mcp_server"; did you mean "mcp_servers"?',
      'config.yaml:4:26: unknown key "trasport" in mcp_servers.a; did you mean "transport"?',
      'config.yaml:4:42: unknown key "colour" in mcp_servers.a',
      'config.yaml:6:3: unknown key "mcp_defualt_access" in general_settings; did you mean "mcp_default_access"?',
      'config.yaml:7:13: unknown key "body_byte" in general_settings.limits; did you mean "body_bytes"?',
      'config.yaml:8:10: unknown key "log_argument" in audit; did you mean "log_arguments"?',
      'config.yaml:10:59: unknown key "model_inf" in model_list[0]; did you mean "model_info"?',
    ],
  },
  {
    name: "LiteLLM's settings without effect, all in one",
    text: `guardrails: []
general_settings:
  store_model_in_db: true
litellm_settings:
  drop_params: true
  callbacks: [langfuse]
router_settings:
  routing_strategy: simple-shuffle
`,
    warnings: [
      'config.yaml:3:3: LiteLLM settings without effect here: general_settings.store_model_in_db (line 3), ' +
        'litellm_settings.drop_params (line 5), litellm_settings.callbacks (line 6), ' +
        'router_settings.routing_strategy (line 8), guardrails (line 1)',
    ],
  },
  {
    name: "LiteLLM's rules that are not kept, one by one",
    text: `general_settings:
  allowed_ips: [10.0.0.1]
mcp_servers:
  a: { url: "http://a/", allowed_params: { t: [p] } }
`,
    warnings: [
      'config.yaml:2:3: general_settings.allowed_ips is not enforced; restrict addresses in front of the gateway',
      'config.yaml:4:26: mcp_servers.a.allowed_params is not enforced: every parameter of an allowed tool passes',
    ],
  },
  {
    name: 'settings of the wrong kind of server',
    text: `mcp_servers:
  a: { url: "http://a/", args: [x], env: { A: b }, auth_value: c }
  b: { command: "npx -y thing", auth_type: bearer_token, extra_headers: [x] }
  c: { url: "http://a/", static_headers: { Content-Type: text/plain }, extra_headers: [Host] }
`,
    warnings: [
      'config.yaml:2:26: args has no effect on a server with a url',
      'config.yaml:2:37: env has no effect on a server with a url',
      'config.yaml:2:52: auth_value has no effect without auth_type; for most servers it is bearer_token',
      'config.yaml:3:8: there is no shell: put the arguments of the command into args',
      'config.yaml:3:33: auth_type has no effect on a stdio server; give it variables with env',
      'config.yaml:3:58: extra_headers has no effect on a stdio server; give it variables with env',
      'config.yaml:4:44: header Content-Type is set by the gateway itself and left out here',
      'config.yaml:4:88: header Host is set by the gateway itself and left out here',
    ],
  },
  {
    name: 'what may be a slip in a model',
    text: `model_list:
  - model_name: a
    litellm_params: { model: openai/a, api_bas: "http://a/", top_k: 5 }
  - model_name: b
    litellm_params: { model: nobody/b }
litellm_settings:
  mcp_aliases: { gh: githb }
mcp_servers:
  github: { url: "http://a/" }
`,
    warnings: [
      'config.yaml:3:40: model_list[0].litellm_params.api_bas goes to the provider; did you mean "api_base"?',
      "config.yaml:5:23: this provider is not known; with an api_base it is asked in OpenAI's way",
      'config.yaml:7:18: alias "gh" names no server of mcp_servers; did you mean "github"?',
    ],
  },
  { name: 'nothing for a file that says nothing', text: '# only a comment\n', warnings: [] },
];

test.each(cases)('$name', async ({ text, warnings }) => {
  const outcome = await loadText(text);
  expect(outcome.faults).toEqual([]);
  expect(outcome.warnings).toEqual(warnings);
});
