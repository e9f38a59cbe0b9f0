import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

const pool = pathToFileURL(resolve('dist/http-client/http-pool.js')).href;

/**
 * A program that sends requests through the built pool to an echo server at `PORT` of this machine, by name and by
 * address, and prints for each whether the reply was right: a process reads whom it trusts as it starts.
 */
export const askOverTls = `
import { HttpPool } from '${pool}';

function ask(pool, body) {
  const received = [];
  return new Promise((resolve, reject) => {
    pool.post('/mcp', [], body, {
      onConnect: () => undefined,
      onHeaders: () => undefined,
      onData: (bytes) => received.push(Buffer.from(bytes)) > 0,
      onComplete: () => {
        resolve(Buffer.concat(received).toString());
        return true;
      },
      onError: reject,
    });
  });
}

const answers = [];
for (const host of ['localhost', '127.0.0.1']) {
  const pool = new HttpPool({ url: new URL('https://' + host + ':' + process.env.PORT), connectTimeoutMs: 5_000 });
  for (const body of ['1', 'é'.repeat(1024 * 1024), '3']) answers.push((await ask(pool, body)) === body);
  pool.destroy();
}
console.log(JSON.stringify(answers));
`;
