import { form } from './asking-tools.js';
import { counts, image, text, type ContentBlock, type Prompt } from './content.js';

function prompt(
  name: string,
  description: string,
  run: Prompt['run'],
  parameters: readonly string[] = [],
): Prompt {
  const named = parameters.map((parameter) => ({ name: parameter, required: true as const }));
  return {
    definition: { name, description, ...(named.length === 0 ? {} : { arguments: named }) },
    run,
  };
}

const embedded = (uri: string): ContentBlock => ({
  type: 'resource',
  resource: { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
});

const fixed: readonly Prompt[] = [
  prompt('test_simple_prompt', 'Has no arguments', () => [text('This is a simple prompt for testing.')]),
  prompt(
    'test_prompt_with_arguments',
    'Has two arguments',
    ({ arg1, arg2 }) => [text(`Prompt with arguments: arg1='${String(arg1)}', arg2='${String(arg2)}'`)],
    ['arg1', 'arg2'],
  ),
  prompt(
    'test_prompt_with_embedded_resource',
    'Embeds a resource',
    ({ resourceUri }) => [embedded(String(resourceUri)), text('Please process the embedded resource above.')],
    ['resourceUri'],
  ),
  prompt('test_prompt_with_image', 'Holds an image', () => [image, text('Please analyze the image above.')]),
  prompt('test_input_required_result_prompt', 'Asks first', async (_, context) => {
    const question = form('What context should the prompt use?', { context: { type: 'string' } });
    const { user_context: answer } = await context.ask({ user_context: question });
    return [text(`Prompt with context: ${JSON.stringify(answer?.['content'])}`)];
  }),
];

/** The prompts as they are now: `test_trigger_prompt_change` changes the list. */
export function prompts(): readonly Prompt[] {
  const grown = prompt(`grown_${counts.prompts}`, 'Came with the last change', () => [text('grown')]);
  return counts.prompts > 0 ? [...fixed, grown] : fixed;
}

/** The first argument that is missing; undefined when all are there. */
export function missingArgument(
  { definition }: Prompt,
  args: Readonly<Record<string, unknown>>,
): string | undefined {
  return definition.arguments?.find(({ name }) => typeof args[name] !== 'string')?.name;
}
