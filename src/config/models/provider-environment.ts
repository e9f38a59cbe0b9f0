import type { Environment } from '../source/variables.js';

interface ProviderVariables {
  readonly apiKey?: readonly string[];
  readonly apiBase?: readonly string[];
  readonly apiVersion?: readonly string[];
}

/**
 * Providers the gateway knows, and the variables LiteLLM reads for each when `litellm_params` says nothing. Other
 * names work when they have an `api_base` that speaks OpenAI's API.
 */
export const modelProviders = {
  openai: { apiKey: ['OPENAI_API_KEY'], apiBase: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'] },
  azure: { apiKey: ['AZURE_API_KEY'], apiBase: ['AZURE_API_BASE'], apiVersion: ['AZURE_API_VERSION'] },
  ollama: { apiKey: ['OLLAMA_API_KEY'], apiBase: ['OLLAMA_API_BASE'] },
  ollama_chat: { apiKey: ['OLLAMA_API_KEY'], apiBase: ['OLLAMA_API_BASE'] },
  hosted_vllm: { apiKey: ['HOSTED_VLLM_API_KEY'], apiBase: ['HOSTED_VLLM_API_BASE'] },
  groq: { apiKey: ['GROQ_API_KEY'], apiBase: ['GROQ_API_BASE'] },
  mistral: { apiKey: ['MISTRAL_API_KEY'], apiBase: ['MISTRAL_API_BASE'] },
  deepseek: { apiKey: ['DEEPSEEK_API_KEY'], apiBase: ['DEEPSEEK_API_BASE'] },
  openrouter: { apiKey: ['OPENROUTER_API_KEY', 'OR_API_KEY'], apiBase: ['OPENROUTER_API_BASE'] },
  together_ai: { apiKey: ['TOGETHERAI_API_KEY', 'TOGETHER_API_KEY', 'TOGETHER_AI_API_KEY'] },
  xai: { apiKey: ['XAI_API_KEY'], apiBase: ['XAI_API_BASE'] },
  anthropic: { apiKey: ['ANTHROPIC_API_KEY'], apiBase: ['ANTHROPIC_API_BASE', 'ANTHROPIC_BASE_URL'] },
  gemini: { apiKey: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'], apiBase: ['GEMINI_API_BASE'] },
  google: { apiKey: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'], apiBase: ['GEMINI_API_BASE'] },
  bedrock: {},
} as const satisfies Record<string, ProviderVariables>;

export type ModelProvider = keyof typeof modelProviders;

/** Credentials of AWS as its own tools name them, to the names in `litellm_params`. */
const awsVariables: Readonly<Record<string, readonly string[]>> = {
  aws_access_key_id: ['AWS_ACCESS_KEY_ID'],
  aws_secret_access_key: ['AWS_SECRET_ACCESS_KEY'],
  aws_session_token: ['AWS_SESSION_TOKEN'],
  aws_region_name: ['AWS_REGION_NAME', 'AWS_REGION', 'AWS_DEFAULT_REGION'],
  aws_bearer_token_bedrock: ['AWS_BEARER_TOKEN_BEDROCK'],
};

export interface ProviderSettings {
  readonly apiKey?: string;
  readonly apiBase?: string;
  readonly apiVersion?: string;
  readonly extra: Readonly<Record<string, string>>;
}

export function isModelProvider(name: string): name is ModelProvider {
  return Object.hasOwn(modelProviders, name);
}

/** What the environment says for a provider. */
export function providerSettings(provider: string, env: Environment): ProviderSettings {
  if (!isModelProvider(provider)) return { extra: {} };
  const variables: ProviderVariables = modelProviders[provider];
  const find = (names: readonly string[] | undefined): string | undefined =>
    names?.map((name) => env[name]).find((value) => value !== undefined && value !== '');
  const apiKey = find(variables.apiKey);
  const apiBase = find(variables.apiBase);
  const apiVersion = find(variables.apiVersion);
  const extra: Record<string, string> = {};
  if (provider === 'bedrock') {
    for (const [param, names] of Object.entries(awsVariables)) {
      const value = find(names);
      if (value !== undefined) extra[param] = value;
    }
  }
  return {
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(apiBase === undefined ? {} : { apiBase }),
    ...(apiVersion === undefined ? {} : { apiVersion }),
    extra,
  };
}
