import { UsageError } from './command-line.js';

export interface Explanation {
  /** One line for the person who started the program. */
  readonly message: string;
  /** That person can put it right; otherwise something in the program or around it broke. */
  readonly isUsers: boolean;
}

/** What Node tells about a failed system call. */
interface SystemError extends Error {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly path?: unknown;
  readonly port?: unknown;
  readonly address?: unknown;
}

/** Why the program cannot start, in one line. */
export function explainError(error: unknown): Explanation {
  if (error instanceof UsageError) return { message: error.message, isUsers: true };
  if (!(error instanceof Error)) return { message: 'failed for an unknown reason', isUsers: false };
  const known = explainSystemError(error);
  if (known !== null) return { message: known, isUsers: true };
  if (error.cause instanceof Error) {
    const cause = explainSystemError(error.cause);
    if (cause !== null) return { message: cause, isUsers: true };
  }
  return { message: firstLine(error.message) || error.name, isUsers: false };
}

function explainSystemError({ code, syscall, path, port, address }: SystemError): string | null {
  if (syscall === 'listen' || syscall === 'bind') return explainListen(code, port, address);
  if (code === 'ENOTFOUND' && syscall === 'getaddrinfo')
    return 'the host to listen on is not known; check --host';
  if (typeof path !== 'string') return null;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `${path}: permission denied`;
    case 'EROFS':
      return `${path}: the file system is read-only`;
    case 'ENOSPC':
      return `${path}: no space left`;
    case 'ENOTDIR':
    case 'EEXIST':
      return `${path}: a file stands where a folder is needed`;
    case 'ENOENT':
      return `${path}: does not exist`;
    default:
      return null;
  }
}

function explainListen(code: unknown, port: unknown, address: unknown): string | null {
  const where = typeof port === 'number' ? `port ${port}` : 'the port';
  switch (code) {
    case 'EADDRINUSE':
      return `${where} is in use by another program; stop it or choose another port with --port`;
    case 'EACCES':
      return `${where} needs more rights; choose one above 1023 with --port`;
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${typeof address === 'string' ? address : ''}; check --host`;
    default:
      return null;
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.trim() ?? '';
}
