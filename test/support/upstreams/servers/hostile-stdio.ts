import { closeSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A stdio server that can do everything wrong: what a tool call gets is told by the tool's name. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: Readonly<Record<string, unknown>> };
}

const write = (text: string): void => void process.stdout.write(text);
const answer = (id: unknown, text = 'ok'): string =>
  JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } });

const behaviours: Readonly<Record<string, (id: number, args: Readonly<Record<string, unknown>>) => void>> = {
  ok: (id) => write(`${answer(id)}\n`),
  hang: () => undefined,
  exit: () => process.exit(3),
  kill: () => process.kill(process.pid, 'SIGKILL'),
  noise: (id) => write(`Server says: working on it\n{ pretty: 'object' }\n\n\u0000\u0001\n${answer(id)}\n`),
  crlf: (id) => write(`${answer(id)}\r\n`),
  cut: (id, args) => write(`${answer(id).slice(0, Number(args.at))}\n`),
  exit_within: (id, args) => {
    process.stdout.write(answer(id).slice(0, Number(args.at)), () => process.exit(3));
  },
  huge: (id) => write(`${answer(id, 'x'.repeat(64 * 1024 * 1024))}\n`),
  like_ours: (id) => write(`${answer(id, `"id":${id + 1},"result":{}}\n{"jsonrpc":"2.0","id":${id}`)}\n`),
  wrong_id: (id) =>
    write(`${answer(id + 1_000)}\n${answer(String(id))}\n${answer(null)}\n${answer(id, 'own')}\n`),
  twice: (id) => write(`${answer(id, 'first')}\n${answer(id, 'second')}\n`),
  endless: () => {
    const more = (): void => {
      while (process.stdout.write('x'.repeat(65_536)));
      process.stdout.once('drain', more);
    };
    write('{"jsonrpc":"2.0","result":"');
    more();
  },
  stderr: (id, args) => {
    process.stderr.write(`${String(args.line)}\n`.repeat(Number(args.times)), () => write(`${answer(id)}\n`));
  },
  close_stdout: () => closeSync(1),
  env: (id) => write(`${answer(id, JSON.stringify(process.env))}\n`),
  error: (id, args) =>
    write(`${JSON.stringify({ jsonrpc: '2.0', id, error: { code: -1, message: String(args.message) } })}\n`),
};

// A stubborn server: only SIGKILL ends it.
if (process.argv.includes('stubborn')) {
  process.on('SIGTERM', () => undefined);
  setInterval(() => undefined, 1_000);
}
if (process.argv.includes('crash')) process.exit(1);

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line) as Message;
  if (id === undefined) return;
  const reply = (result: unknown): void => write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
  if (method === 'initialize') {
    write('Starting up, please wait\n');
    reply({
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'stdio', version: '0' },
    });
  } else if (method === 'tools/list') {
    reply({ tools: Object.keys(behaviours).map((name) => ({ name, inputSchema: { type: 'object' } })) });
  } else if (method === 'tools/call') behaviours[params?.name ?? '']?.(id, params?.arguments ?? {});
  else reply({});
});
