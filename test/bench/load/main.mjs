/** The load generator, a process of its own: `node load/main.mjs '<job>'` prints one line of JSON. */
import { createClient } from './clients.mjs';
import { runClosedLoop } from './closed-loop.mjs';
import { holdIdle, measureIdle } from './idle.mjs';

/** The names a target gives its tools. */
async function discover(job) {
  const client = createClient(job);
  await client.open();
  const answer = await new Promise((resolve, reject) => {
    client.listTools((error, listed) => (error ? reject(error) : resolve(listed)));
  });
  await client.close();
  const { result } = answer.message ?? JSON.parse(answer.bytes.toString());
  return { tools: result.tools.map((tool) => tool.name) };
}

const kinds = { discover, idle: measureIdle, hold: holdIdle };

const job = JSON.parse(process.argv[2]);
try {
  const run = kinds[job.operation] ?? runClosedLoop;
  console.log(JSON.stringify(await run(job)));
} catch (error) {
  console.log(JSON.stringify({ faults: 1, firstFault: String(error?.message ?? error).slice(0, 300) }));
}
process.exit(0);
