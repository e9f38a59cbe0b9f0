import { GatewayError } from '../../core/errors.js';

const maxDepth = 32;

/**
 * Refuses what JSON can say and a store or an object cannot keep: members called `__proto__`, NUL characters
 * (PostgreSQL's text has none), and nesting beyond any use. Walks without recursion: depth is the sender's choice.
 * `name`: what it is called, where it is no body. Throws INVALID_REQUEST.
 */
export function assertPlainJson(body: unknown, name = ''): void {
  const open: { value: unknown; path: string; depth: number }[] = [{ value: body, path: name, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, path, depth } = next;
    if (typeof value === 'string') {
      if (value.includes('\0')) throw refusal(path, 'must not contain NUL characters');
    } else if (typeof value === 'object' && value !== null) {
      if (depth >= maxDepth) throw refusal(path, `is nested deeper than ${maxDepth} levels`);
      for (const [name, member] of Object.entries(value)) {
        const at = path === '' ? name : path;
        if (name === '__proto__') throw refusal(at, 'must not have a member __proto__');
        if (name.includes('\0')) throw refusal(path, 'must not contain NUL characters');
        open.push({ value: member, path: at, depth: depth + 1 });
      }
    }
  }
}

/** `param` is the field at the top: what lies below it is the caller's own. */
function refusal(path: string, problem: string): GatewayError {
  const param = path.slice(0, 200);
  const message = param === '' ? `The body ${problem}.` : `${param} ${problem}.`;
  return new GatewayError('INVALID_REQUEST', { message, ...(param === '' ? {} : { param }) });
}
