/**
 * An MCP server over stdio that does what a file says: `node wild-stdio.mjs FILE`. The file holds a mood, or nothing when
 * the server is well; FILE.pid tells which process it is.
 */
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { answerText } from './moods.mjs';

const [, , moodFile] = process.argv;
fs.writeFileSync(`${moodFile}.pid`, String(process.pid));

const write = (text) => process.stdout.write(text);
const reply = (id, result) => write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);

const moods = {
  endless_line: () => {
    const filler = 'x'.repeat(65_536);
    const more = () => {
      while (write(filler));
      process.stdout.once('drain', more);
    };
    write('{"jsonrpc":"2.0","result":"');
    more();
  },
  exits: () => process.exit(1),
  noise: (id) => write(`starting up...\n{"jsonrpc":"2.0","id":${id},"result":{"cut\n`),
};

function call(id) {
  const mood = fs.readFileSync(moodFile, 'utf8');
  if (moods[mood] === undefined) write(`${answerText(id)}\n`);
  else moods[mood](id);
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  if (method === 'tools/call') call(id);
  else if (method === 'tools/list') reply(id, { tools: [{ name: 'ok', inputSchema: { type: 'object' } }] });
  else if (method === 'initialize')
    reply(id, {
      protocolVersion: params.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'wild', version: '1.0.0' },
    });
  else reply(id, {});
});
