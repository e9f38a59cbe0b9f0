/** The tools that the benchmark's upstream offers, and the texts they answer. The load generator checks against them. */
const text = { type: 'string' };
const integer = { type: 'integer' };

const workingTools = [
  {
    name: 'echo',
    description: 'Echo the message back',
    inputSchema: { type: 'object', properties: { message: text }, required: ['message'] },
  },
  {
    name: 'payload',
    description: 'Return a text of the given size',
    inputSchema: { type: 'object', properties: { size: integer }, required: ['size'] },
  },
  {
    name: 'sleep',
    description: 'Answer after ms milliseconds',
    inputSchema: { type: 'object', properties: { ms: integer } },
  },
  {
    name: 'progress',
    description: 'Send n progress notifications, ms apart',
    inputSchema: { type: 'object', properties: { n: integer, ms: integer } },
  },
];

const dummyTool = (number) => ({
  name: `dummy_${number}`,
  description: `Dummy tool number ${number}: looks up records of kind ${number} and returns the first matches as text`,
  inputSchema: {
    type: 'object',
    properties: {
      message: { type: 'string', description: `Query for kind ${number}` },
      limit: { type: 'integer', minimum: 1, maximum: 100 },
    },
    required: [],
  },
});

export function toolsOf(count) {
  const dummies = Array.from({ length: Math.max(0, count - workingTools.length) }, (_, index) =>
    dummyTool(workingTools.length + index + 1),
  );
  return [...workingTools, ...dummies];
}

const sentence =
  'The quick brown fox said "hello" to the lazy dog;\nline two has a tab\t and a price of 12.50 EUR. ';

/** A text of exactly `size` characters with quotes, newlines and tabs now and then, so that escaping is exercised. */
export const payloadText = (size) => sentence.repeat(Math.ceil(size / sentence.length)).slice(0, size);
