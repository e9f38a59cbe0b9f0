/** How a provider is spoken to. */
export type ProviderWire = 'openai' | 'azure' | 'anthropic' | 'gemini' | 'bedrock';

export interface ProviderProfile {
  readonly wire: ProviderWire;
  /** Where it is when `api_base` is left out; null: `api_base` must be given. */
  readonly defaultBase: string | null;
  /** Appended to an `api_base` that has no path of its own. */
  readonly basePath?: string;
  /** Understands `stream_options.include_usage` (OpenAI API reference, chat/create). */
  readonly streamUsage?: boolean;
}

const openAiWire = (defaultBase: string | null, streamUsage = true): ProviderProfile => ({
  wire: 'openai',
  defaultBase,
  streamUsage,
});

const ollama: ProviderProfile = { ...openAiWire('http://localhost:11434/v1'), basePath: '/v1' };
const gemini: ProviderProfile = {
  wire: 'gemini',
  defaultBase: 'https://generativelanguage.googleapis.com/v1beta',
  basePath: '/v1beta',
};

/** Providers by the name before the slash of `litellm_params.model`. */
const providerProfiles: Readonly<Record<string, ProviderProfile>> = {
  openai: openAiWire('https://api.openai.com/v1'),
  azure: { wire: 'azure', defaultBase: null, streamUsage: true },
  anthropic: { wire: 'anthropic', defaultBase: 'https://api.anthropic.com/v1', basePath: '/v1' },
  gemini,
  google: gemini,
  bedrock: { wire: 'bedrock', defaultBase: null },
  ollama,
  ollama_chat: ollama,
  hosted_vllm: openAiWire(null),
  groq: openAiWire('https://api.groq.com/openai/v1'),
  // Sends usage in the last chunk unasked, and refuses members it does not know.
  mistral: openAiWire('https://api.mistral.ai/v1', false),
  deepseek: openAiWire('https://api.deepseek.com/v1'),
  openrouter: openAiWire('https://openrouter.ai/api/v1'),
  together_ai: openAiWire('https://api.together.xyz/v1'),
  xai: openAiWire('https://api.x.ai/v1'),
};

/** null: a provider this gateway does not know. With an `api_base` it is taken to speak OpenAI's API. */
export function profileOf(provider: string, hasApiBase: boolean): ProviderProfile | null {
  const profile = Object.hasOwn(providerProfiles, provider) ? providerProfiles[provider] : undefined;
  return profile ?? (hasApiBase ? openAiWire(null, false) : null);
}

/** The base URL without a slash at its end; null when none is known. Throws TypeError for what is no URL. */
export function baseUrlOf(profile: ProviderProfile, apiBase: string | null): URL | null {
  const base = apiBase ?? profile.defaultBase;
  if (base === null) return null;
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/+$/, '').replace(/\/(?:chat\/completions|messages)$/, '');
  if (url.pathname === '/' && profile.basePath !== undefined) url.pathname = profile.basePath;
  return url;
}
