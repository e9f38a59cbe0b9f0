import { isJsonObject, type JsonObject } from '../json.js';

/** Average of English prose with the tokenizers in use; good enough for what no provider counted. */
const charactersPerToken = 4;

/** Fields of a request that a model reads. */
const promptFields = ['messages', 'input', 'prompt', 'instructions', 'tools'] as const;

/** Fields that hold images, audio and files, whose cost is not that of their text. */
const mediaFields = new Set(['data', 'file_data', 'image_url', 'url']);

export function estimateTokens(text: string): number {
  return tokensOfCharacters(text.length);
}

export function tokensOfCharacters(characters: number): number {
  return Math.ceil(characters / charactersPerToken);
}

/** Rough number of tokens of a request's prompt. Images, audio and files are not counted. */
export function estimateInputTokens(request: JsonObject): number {
  let characters = 0;
  for (const field of promptFields) characters += countCharacters(request[field]);
  return tokensOfCharacters(characters);
}

function countCharacters(root: unknown): number {
  let characters = 0;
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === 'string') characters += value.startsWith('data:') ? 0 : value.length;
    // Prompts may be given as token ids.
    else if (typeof value === 'number') characters += charactersPerToken;
    else if (Array.isArray(value)) for (const entry of value as unknown[]) pending.push(entry);
    else if (isJsonObject(value)) {
      for (const [name, entry] of Object.entries(value)) if (!mediaFields.has(name)) pending.push(entry);
    }
  }
  return characters;
}
