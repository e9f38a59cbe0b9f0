/** The upstream's tools over stdio: `node parts/stdio-upstream.mjs --tools 5` */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { dispatch } from './protocol.mjs';

const { values: options } = parseArgs({ options: { tools: { type: 'string', default: '5' } } });

const emit = (start, result) =>
  process.stdout.write(result === undefined ? `${start}\n` : `${start}${result}}\n`);

createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line);
  if (message.id !== undefined && message.method !== undefined)
    dispatch(message, Number(options.tools), emit, emit);
});
