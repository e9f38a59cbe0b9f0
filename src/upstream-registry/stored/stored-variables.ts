import type { Environment } from '../../config/source/variables.js';

/** Which variables of ours values that came over HTTP may name. */
export interface StoredVariables {
  readonly allowList: readonly string[];
  readonly env: Environment;
}

/** A stored value that names a variable it may not have. `message` continues a sentence about the value. */
export class StoredVariableError extends Error {
  override readonly name = 'StoredVariableError';
}

/** As in the file: `os.environ/NAME` is a whole value, `${NAME}` and `${NAME:-default}` stand anywhere, `$${` is `${`. */
const reference = /\$\$\{|\$\{([^}]*)(\}?)/g;
const litellmPrefix = 'os.environ/';

/** Throws StoredVariableError. */
export function resolveStored(text: string, variables: StoredVariables): string {
  if (text.startsWith(litellmPrefix)) return lookUp(text.slice(litellmPrefix.length), undefined, variables);
  return text.replace(reference, (_whole, inner: string | undefined, end: string) => {
    if (inner === undefined) return '${';
    if (end === '')
      throw new StoredVariableError('holds a "${" that is never closed; write "$${" for a literal "${"');
    const cut = inner.indexOf(':-');
    return cut === -1
      ? lookUp(inner, undefined, variables)
      : lookUp(inner.slice(0, cut), inner.slice(cut + 2), variables);
  });
}

function lookUp(name: string, fallback: string | undefined, { allowList, env }: StoredVariables): string {
  if (!allowList.includes(name)) {
    throw new StoredVariableError(
      'names an environment variable that stored values may not use; ' +
        'name it in general_settings.mcp_stored_variable_allow_list, or write "$${" for a literal "${"',
    );
  }
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  if (fallback !== undefined) return fallback;
  throw new StoredVariableError('names an environment variable that is not set');
}
