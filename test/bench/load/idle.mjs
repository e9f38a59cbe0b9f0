import { setTimeout as pause } from 'node:timers/promises';
import { cpuSeconds, heldKib } from '../measure/processes.mjs';
import { createClient } from './clients.mjs';

const BATCH = 20;
const MAX_FAULTS = 50;
const WARM_UP_SESSIONS = 200;
const SETTLE_MS = 2000;

/** Opens `job.sessions` sessions with their streams, a batch at a time. */
export async function openIdle(job) {
  const opened = [];
  let faults = 0;
  let firstFault = null;
  while (opened.length + faults < job.sessions && faults < MAX_FAULTS) {
    const batch = Array.from({ length: Math.min(BATCH, job.sessions - opened.length - faults) }, () =>
      createClient(job),
    );
    await Promise.all(
      batch.map(async (client) => {
        try {
          await client.open();
          if (!(await client.openStream())) throw new Error('no stream');
          opened.push(client);
        } catch (error) {
          faults += 1;
          firstFault ??= error.message;
        }
      }),
    );
  }
  return { opened, faults, firstFault };
}

/** What is made once, by the first sessions, is no cost of those that follow. */
async function warmUp(job) {
  const { opened } = await openIdle({ ...job, sessions: Math.min(job.sessions, WARM_UP_SESSIONS) });
  await pause(SETTLE_MS);
  for (const client of opened) client.drop();
  await pause(SETTLE_MS);
}

/** What idle sessions cost: memory each, CPU of all, and what is left after they are gone. */
export async function measureIdle(job) {
  await warmUp(job);
  const baseKib = heldKib(job.pid);
  const { opened, faults, firstFault } = await openIdle(job);
  await pause(SETTLE_MS);
  const duringKib = heldKib(job.pid);
  const cpuBefore = cpuSeconds(job.pid);
  await pause(SETTLE_MS);
  const idleCpuShare = (cpuSeconds(job.pid) - cpuBefore) / (SETTLE_MS / 1000);
  const lost = opened.filter((client) => client.isDead).length;
  for (const client of opened) client.drop();
  await pause(SETTLE_MS);
  const afterKib = heldKib(job.pid);
  const count = Math.max(1, opened.length);
  return {
    sessions: opened.length,
    faults: faults + lost,
    firstFault: firstFault ?? (lost > 0 ? `${lost} sessions were closed` : null),
    kibPerSession: (duringKib - baseKib) / count,
    kibLeftPerSession: (afterKib - baseKib) / count,
    idleCpuShare,
    baseMib: baseKib / 1024,
    duringMib: duringKib / 1024,
    afterMib: afterKib / 1024,
  };
}

/** Opens sessions and holds them until this process is ended; says `ready` on stdout. */
export async function holdIdle(job) {
  const { opened, faults, firstFault } = await openIdle(job);
  process.stdout.write(`${JSON.stringify({ sessions: opened.length, faults, firstFault })}\n`);
  await new Promise(() => setInterval(() => undefined, 60_000));
}
