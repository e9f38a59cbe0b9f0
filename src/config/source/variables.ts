import type { ProblemList } from '../problem-list.js';
import type { ConfigNode, ListNode, MapNode, ScalarNode } from './config-node.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const litellmPrefix = 'os.environ/';
/** `$${` is the escape for a literal `${`; a reference may hold a default after `:-`. */
const reference = /\$\$\{|\$\{([^}]*)(\}?)/g;

/**
 * The tree with every string resolved: `os.environ/NAME` as a whole value, `${NAME}` and `${NAME:-default}` anywhere
 * in one, list items included. `$${` stands for a literal `${`. A default applies when the variable is unset or empty.
 * A variable that is missing is a fault at the value that names it.
 */
export function resolveVariables(node: ConfigNode, env: Environment, problems: ProblemList): ConfigNode {
  const resolved = new Map<ConfigNode, ConfigNode>();
  const resolve = (current: ConfigNode): ConfigNode => {
    const known = resolved.get(current);
    if (known !== undefined) return known;
    const result = resolveOne(current);
    resolved.set(current, result);
    return result;
  };
  const resolveOne = (current: ConfigNode): ConfigNode => {
    switch (current.kind) {
      case 'scalar':
        return resolveScalar(current, env, problems);
      case 'list':
        return { ...current, items: current.items.map(resolve) } satisfies ListNode;
      case 'map': {
        const entries = [...current.entries].map(
          ([key, entry]) => [key, { ...entry, node: resolve(entry.node) }] as const,
        );
        return { ...current, entries: new Map(entries) } satisfies MapNode;
      }
    }
  };
  return resolve(node);
}

function resolveScalar(node: ScalarNode, env: Environment, problems: ProblemList): ScalarNode {
  if (typeof node.value !== 'string') return node;
  const faults: string[] = [];
  const value = resolveText(node.value, env, faults);
  for (const fault of faults) problems.fault(node.at, fault);
  if (faults.length > 0) return { ...node, isFaulty: true };
  return value === node.value ? node : { ...node, value, isFromEnvironment: true };
}

function resolveText(text: string, env: Environment, faults: string[]): string {
  if (text.startsWith(litellmPrefix)) {
    const name = text.slice(litellmPrefix.length);
    if (!variableName.test(name))
      faults.push(`"${litellmPrefix}" must be followed by the name of a variable`);
    return lookUp(name, env, faults, `${litellmPrefix}${name}`);
  }
  return text.replace(reference, (whole, inner: string | undefined, end: string) => {
    if (inner === undefined) return '${';
    if (end === '') {
      faults.push('"${" is never closed; write "$${" for a literal "${"');
      return whole;
    }
    const cut = inner.indexOf(':-');
    const name = cut === -1 ? inner : inner.slice(0, cut);
    if (!variableName.test(name)) {
      faults.push(explainName(name));
      return whole;
    }
    if (cut === -1) return lookUp(name, env, faults, whole);
    const value = env[name];
    return value === undefined || value === '' ? inner.slice(cut + 2) : value;
  });
}

function lookUp(name: string, env: Environment, faults: string[], written: string): string {
  const value = env[name];
  if (value !== undefined) return value;
  if (variableName.test(name)) {
    faults.push(`environment variable ${name} is not set; set it, or write \${${name}:-default}`);
  }
  return written;
}

function explainName(name: string): string {
  if (/^x-/i.test(name)) {
    return (
      'values are not filled from request headers; name the header in extra_headers of an HTTP upstream, ' +
      'or write "$${" for a literal "${"'
    );
  }
  return '"${...}" must hold the name of an environment variable (letters, digits, _); write "$${" for a literal "${"';
}
