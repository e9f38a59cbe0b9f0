/**
 * What the conformance fixture offers, the same in both eras of the protocol: definitions and what they do, without any
 * SDK. The names are those that `@modelcontextprotocol/conformance` asks for.
 */
export type Json = Readonly<Record<string, unknown>>;

/** A question to the client: sampling, elicitation or roots. */
export interface Question {
  readonly method: 'sampling/createMessage' | 'elicitation/create' | 'roots/list';
  readonly params: Json;
}

/** What a tool or prompt may do while it runs, whatever the era. */
export interface Context {
  readonly signal: AbortSignal;
  readonly clientCapabilities: Json;
  progress(step: number, total: number, message?: string): Promise<void>;
  log(data: string): Promise<void>;
  /** The client's answers by the questions' keys. In the stateless era this ends the run, and the retry runs it anew. */
  ask(questions: Readonly<Record<string, Question>>): Promise<Readonly<Record<string, Json>>>;
  /** Refuses to go on with a client that has not declared the capability. */
  require(capability: 'sampling'): void;
  /** Whoever listens is told. */
  changed(what: 'tools' | 'prompts' | { readonly uri: string }): void;
  /** Ends the stream of this request early, where the transport can be resumed. */
  disconnect(): void;
}

export type ContentBlock =
  | { type: 'text'; text: string }
  | { type: 'image'; data: string; mimeType: string }
  | { type: 'audio'; data: string; mimeType: string }
  | { type: 'resource'; resource: { uri: string; mimeType: string; text: string } };

export interface ToolResult {
  [member: string]: unknown;
  content: ContentBlock[];
  structuredContent?: Record<string, unknown>;
  isError?: boolean;
}

type ObjectSchema = { [member: string]: unknown; type: 'object' };

export interface Tool {
  readonly definition: {
    name: string;
    description: string;
    inputSchema: ObjectSchema;
    outputSchema?: ObjectSchema;
  };
  run(args: Json, context: Context): ToolResult | Promise<ToolResult>;
}

export interface Prompt {
  readonly definition: { name: string; description: string; arguments?: { name: string; required: true }[] };
  run(args: Json, context: Context): ContentBlock[] | Promise<ContentBlock[]>;
}

export const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export const text = (value: string): ContentBlock => ({ type: 'text', text: value });
export const image: ContentBlock = { type: 'image', data: pixel, mimeType: 'image/png' };
export const saying = (value: string): ToolResult => ({ content: [text(value)] });

export function tool(name: string, description: string, run: Tool['run'], properties: Json = {}): Tool {
  return { definition: { name, description, inputSchema: { type: 'object', properties } }, run };
}

/** How often the lists were changed, and how many calls were called off. */
export const counts = { tools: 0, prompts: 0, cancelled: 0 };

/** Resolves after so long, or when the call is called off. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

export const templateUri = 'test://template/{id}/data';

/** Only one of several fixtures behind a gateway has this resource. */
const ownName = process.env['FIXTURE_NAME'] ?? 'fixture';

export const resources = [
  { uri: 'test://static-text', name: 'static-text', description: 'Text', mimeType: 'text/plain' },
  { uri: 'test://static-binary', name: 'static-binary', description: 'An image', mimeType: 'image/png' },
  { uri: 'test://watched-resource', name: 'watched', description: 'To be watched', mimeType: 'text/plain' },
  { uri: `test://of/${ownName}`, name: ownName, description: 'Its own', mimeType: 'text/plain' },
];

export const resourceTemplates = [
  { uriTemplate: templateUri, name: 'template', description: 'Data by id', mimeType: 'application/json' },
];

type ResourceContents =
  { uri: string; mimeType: string; text: string } | { uri: string; mimeType: string; blob: string };

/** null for a URI that is none of ours. */
export function readResource(uri: string): ResourceContents | null {
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id !== undefined) {
    const data = { id, templateTest: true, data: `Data for ID: ${id}` };
    return { uri, mimeType: 'application/json', text: JSON.stringify(data) };
  }
  const known = resources.find((resource) => resource.uri === uri);
  if (known === undefined) return null;
  if (known.mimeType === 'image/png') return { uri, mimeType: 'image/png', blob: pixel };
  return { uri, mimeType: 'text/plain', text: `This is the content of ${known.name}.` };
}

/** Values for an argument that begin with what was typed. */
export function completions(typed: string): { values: string[]; total: number; hasMore: boolean } {
  const values = ['testValue1', 'testValue2', 'paris'].filter((value) => value.startsWith(typed));
  return { values, total: values.length, hasMore: false };
}
