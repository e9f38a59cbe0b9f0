import { saying, tool, type Context, type Json, type Question, type Tool } from './content.js';

type Properties = Readonly<Record<string, Json>>;

export function form(message: string, properties: Properties, required = Object.keys(properties)): Question {
  const requestedSchema = { type: 'object', properties, required };
  return { method: 'elicitation/create', params: { message, requestedSchema } };
}

function sample(prompt: string, maxTokens = 100): Question {
  const messages = [{ role: 'user', content: { type: 'text', text: prompt } }];
  return { method: 'sampling/createMessage', params: { messages, maxTokens } };
}

const roots: Question = { method: 'roots/list', params: {} };
const anyText = { type: 'string' };

/** A tool that asks once and tells what it was answered. */
function asking(
  name: string,
  description: string,
  questions:
    Readonly<Record<string, Question>> | ((args: Json, context: Context) => Record<string, Question>),
  say: (answers: Readonly<Record<string, Json>>) => string,
): Tool {
  return tool(name, description, async (args, context) => {
    const asked = typeof questions === 'function' ? questions(args, context) : questions;
    return saying(say(await context.ask(asked)));
  });
}

const tell =
  (prefix: string) =>
  ({ answer }: Readonly<Record<string, Json>>): string =>
    `${prefix}: action=${String(answer?.['action'])}, content=${JSON.stringify(answer?.['content'] ?? {})}`;

const sampled = (answer: Json | undefined): string =>
  (answer?.['content'] as { text?: string } | undefined)?.text ?? 'nothing';

/** SEP-1034: a default for every primitive type. */
const defaults: Properties = {
  name: { type: 'string', description: 'User name', default: 'John Doe' },
  age: { type: 'integer', description: 'User age', default: 30 },
  score: { type: 'number', description: 'User score', default: 95.5 },
  status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
  verified: { type: 'boolean', description: 'Verification status', default: true },
};

const titled = (word: string): Json[] =>
  ['First', 'Second', 'Third'].map((place, i) => ({ const: `value${i + 1}`, title: `${place} ${word}` }));

/** SEP-1330: every way to write an enumeration. */
const enumerations: Properties = {
  untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
  titledSingle: { type: 'string', oneOf: titled('Option') },
  legacyEnum: {
    type: 'string',
    enum: ['opt1', 'opt2', 'opt3'],
    enumNames: ['Option One', 'Option Two', 'Option Three'],
  },
  untitledMulti: {
    type: 'array',
    minItems: 1,
    maxItems: 3,
    items: { type: 'string', enum: ['option1', 'option2', 'option3'] },
  },
  titledMulti: { type: 'array', minItems: 1, maxItems: 3, items: { anyOf: titled('Choice') } },
};

const confirm = { confirm: form('Please confirm', { ok: { type: 'boolean' } }) };
const name = form('What is your name?', { name: anyText });

export const askingTools: readonly Tool[] = [
  asking(
    'test_sampling',
    'Samples a model of the client',
    ({ prompt }) => ({ answer: sample(String(prompt)) }),
    ({ answer }) => `LLM response: ${sampled(answer)}`,
  ),
  asking(
    'test_elicitation',
    'Asks the user',
    ({ message }) => ({ answer: form(String(message), { username: anyText, email: anyText }) }),
    tell('User response'),
  ),
  asking(
    'test_elicitation_sep1034_defaults',
    'Asks with defaults',
    { answer: form('Please review the defaults', defaults, []) },
    tell('Elicitation completed'),
  ),
  asking(
    'test_elicitation_sep1330_enums',
    'Asks for choices',
    { answer: form('Please choose', enumerations, []) },
    tell('Elicitation completed'),
  ),
  asking(
    'test_roots',
    'Asks for the roots',
    { answer: roots },
    ({ answer }) => `Roots: ${JSON.stringify(answer?.['roots'])}`,
  ),
  asking('test_streaming_elicitation', 'Asks, and nothing else', { answer: name }, tell('User response')),
  tool('test_missing_capability', 'Needs sampling', (_, context) => {
    context.require('sampling');
    return saying('Success');
  }),
  asking(
    'test_input_required_result_elicitation',
    'Asks the user for a name',
    { user_name: name },
    (answers) => greeting(answers['user_name']),
  ),
  asking(
    'test_input_required_result_sampling',
    'Samples a model of the client',
    { capital_question: sample('What is the capital of France?') },
    ({ capital_question: answer }) => sampled(answer),
  ),
  asking(
    'test_input_required_result_list_roots',
    'Asks for the roots',
    { client_roots: roots },
    ({ client_roots: answer }) => `Roots: ${JSON.stringify(answer?.['roots'])}`,
  ),
  asking('test_input_required_result_request_state', 'Keeps a state', confirm, () => 'state-ok'),
  asking('test_input_required_result_tampered_state', 'Keeps a sealed state', confirm, () => 'integrity-ok'),
  asking(
    'test_input_required_result_multiple_inputs',
    'Asks three things at once',
    { user_name: name, greeting: sample('Generate a greeting', 50), client_roots: roots },
    (answers) => `${greeting(answers['user_name'])} ${sampled(answers['greeting'])}`,
  ),
  tool('test_input_required_result_multi_round', 'Asks one thing after the other', async (_, context) => {
    await context.ask({ step1: form('Step 1: What is your name?', { name: anyText }) });
    await context.ask({ step2: form('Step 2: What is your favorite color?', { color: anyText }) });
    return saying('Both steps are done.');
  }),
  asking(
    'test_input_required_result_capabilities',
    'Asks only what the client can answer',
    (_, { clientCapabilities }) => ({
      ...('elicitation' in clientCapabilities ? { user_name: name } : {}),
      ...('sampling' in clientCapabilities ? { sample_input: sample('Sample request', 50) } : {}),
    }),
    (answers) => `Answered: ${Object.keys(answers).join(', ')}`,
  ),
];

function greeting(answer: Json | undefined): string {
  const content = answer?.['content'] as { name?: string } | undefined;
  return `Hello, ${content?.name ?? 'stranger'}!`;
}
