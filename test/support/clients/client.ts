/** A question of a server to the client's user or model. */
export interface AskedQuestion {
  readonly method: 'sampling/createMessage' | 'elicitation/create' | 'roots/list';
  readonly params: Readonly<Record<string, unknown>>;
}

export interface CallOptions {
  readonly onProgress?: (step: number) => void;
  readonly signal?: AbortSignal;
}

export interface ToolResult {
  readonly content?: readonly { readonly type: string; readonly text?: string; readonly data?: string }[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean | undefined;
}

/** What the tests do with an MCP client, whichever it is. Results are as the client gives them. */
export interface TestClient {
  tools(): Promise<readonly string[]>;
  call(name: string, args?: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<ToolResult>;
  prompt(name: string): Promise<{ readonly messages: readonly { readonly content: unknown }[] }>;
  resource(uri: string): Promise<{ readonly contents: readonly unknown[] }>;
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly url: string;
  readonly key: string;
  /** Answers what servers ask; with it the client declares sampling, elicitation and roots. */
  readonly answer?: (question: AskedQuestion) => Readonly<Record<string, unknown>>;
}

export function textOf({ content }: ToolResult): string {
  return content?.[0]?.text ?? '';
}

export const clientInfo = { name: 'test-client', version: '1.0.0' };

/** What a client that answers everything declares. */
export const everyCapability = {
  sampling: { tools: {} },
  elicitation: { form: {}, url: {} },
  roots: { listChanged: true },
};
