import { askingTools } from './asking-tools.js';
import { counts, image, pause, saying, text, tool, type Tool } from './content.js';

const audio = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA==';

/** Every kind of keyword of JSON Schema 2020-12 (SEP-1613, SEP-2106): all of them must come through. */
const schema2020 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object' as const,
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

const contentTools: readonly Tool[] = [
  tool('test_simple_text', 'Answers with text', () => saying('This is a simple text response for testing.')),
  tool('test_image_content', 'Answers with an image', () => ({ content: [image] })),
  tool('test_audio_content', 'Answers with audio', () => ({
    content: [{ type: 'audio', data: audio, mimeType: 'audio/wav' }],
  })),
  tool('test_embedded_resource', 'Answers with an embedded resource', () => ({
    content: [
      {
        type: 'resource',
        resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is embedded.' },
      },
    ],
  })),
  tool('test_multiple_content_types', 'Answers with text, image and resource', () => ({
    content: [
      text('Multiple content types test:'),
      image,
      {
        type: 'resource',
        resource: { uri: 'test://mixed', mimeType: 'application/json', text: '{"test":"data","value":123}' },
      },
    ],
  })),
  tool('test_error_handling', 'Always fails', () => ({
    ...saying('This tool intentionally returns an error for testing'),
    isError: true,
  })),
  {
    definition: {
      name: 'json_schema_2020_12_tool',
      description: 'Has a schema with everything',
      inputSchema: schema2020,
    },
    run: (args) => saying(JSON.stringify(args)),
  },
];

const busyTools: readonly Tool[] = [
  tool('test_tool_with_logging', 'Logs while it runs', async (_, context) => {
    for (const message of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await context.log(message);
      await pause(50, context.signal);
    }
    return saying('Tool with logging executed successfully');
  }),
  tool('test_logging_tool', 'Logs once', async (_, context) => {
    await context.log('Diagnostic trace');
    return saying('Logging evaluated');
  }),
  tool('test_tool_with_progress', 'Reports progress', async (_, context) => {
    for (const step of [0, 50, 100]) {
      await context.progress(step, 100);
      await pause(50, context.signal);
    }
    return saying('Tool with progress executed successfully');
  }),
  tool('test_reconnection', 'Drops its stream under the call', async (_, context) => {
    context.disconnect();
    await pause(100, context.signal);
    return saying('Reconnected.');
  }),
  tool('test_trigger_tool_change', 'Changes the list of tools', (_, context) => {
    counts.tools++;
    context.changed('tools');
    return saying('Mutation triggered');
  }),
  tool('test_trigger_prompt_change', 'Changes the list of prompts', (_, context) => {
    counts.prompts++;
    context.changed('prompts');
    return saying('Mutation triggered');
  }),
];

/** For our own tests; the suite does not know them. */
const ownTools: readonly Tool[] = [
  tool('echo', 'Says it again', ({ message }) => saying(String(message)), { message: { type: 'string' } }),
  {
    definition: {
      name: 'add',
      description: 'Adds, with structured content',
      inputSchema: {
        type: 'object',
        properties: { a: { type: 'number' }, b: { type: 'number' } },
        required: ['a', 'b'],
      },
      outputSchema: { type: 'object', properties: { sum: { type: 'number' } }, required: ['sum'] },
    },
    run: ({ a, b }) => {
      const sum = Number(a) + Number(b);
      return { ...saying(String(sum)), structuredContent: { sum } };
    },
  },
  tool(
    'wait',
    'Takes its time, and counts when it is called off',
    async ({ ms }, { signal }) => {
      signal.addEventListener('abort', () => counts.cancelled++);
      await pause(Number(ms), signal);
      return saying('waited');
    },
    { ms: { type: 'number' } },
  ),
  tool(
    'steps',
    'Reports progress, each time with the same note',
    async ({ count, note }, context) => {
      for (let step = 1; step <= Number(count); step++) {
        await context.progress(step, Number(count), String(note));
        await pause(1, context.signal);
      }
      return saying(String(note));
    },
    { count: { type: 'number' }, note: { type: 'string' } },
  ),
  tool(
    'note',
    'Logs a note',
    async ({ note }, context) => {
      await context.log(String(note));
      return saying(String(note));
    },
    { note: { type: 'string' } },
  ),
  tool('cancelled_calls', 'How many calls were called off', () => saying(String(counts.cancelled))),
  tool(
    'touch',
    'Changes a resource',
    ({ uri }, context) => {
      context.changed({ uri: String(uri) });
      return saying('touched');
    },
    { uri: { type: 'string' } },
  ),
];

/** The tools as they are now: `test_trigger_tool_change` changes the list. */
export function tools(): readonly Tool[] {
  const grown = tool(`grown_${counts.tools}`, 'Came with the last change', () => saying('grown'));
  return [...contentTools, ...busyTools, ...askingTools, ...ownTools, ...(counts.tools > 0 ? [grown] : [])];
}
