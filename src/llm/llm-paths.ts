import { GatewayError } from '../core/errors.js';

/** Paths that name the model: OpenAI's old engines, and Azure's deployments. */
const modelPath =
  /^\/(?:v1\/)?(?:engines|openai\/deployments)\/([^/]+)\/(?:chat\/completions|completions|embeddings)$/;

/** The model a path names; null when the body does. Throws INVALID_REQUEST for a name that cannot be decoded. */
export function modelOfPath(path: string): string | null {
  const name = modelPath.exec(path)?.[1];
  if (name === undefined) return null;
  try {
    return decodeURIComponent(name);
  } catch (cause) {
    throw new GatewayError(
      'INVALID_REQUEST',
      { param: 'model', message: 'The model in the path is malformed.' },
      { cause },
    );
  }
}
