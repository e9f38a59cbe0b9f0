/** CPU time and memory of a process and its children, from /proc. Where there is no /proc every figure is NaN. */
import fs from 'node:fs';

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux

const readText = (path) => {
  try {
    return fs.readFileSync(path, 'latin1');
  } catch {
    return null; // the process ended, or there is no /proc
  }
};

function familyOf(pid) {
  const family = [];
  const queue = [pid];
  while (queue.length > 0) {
    const next = queue.pop();
    let threads = [];
    try {
      threads = fs.readdirSync(`/proc/${next}/task`);
    } catch {
      continue;
    }
    family.push(next);
    for (const thread of threads) {
      const children = readText(`/proc/${next}/task/${thread}/children`)?.trim();
      if (children) queue.push(...children.split(' ').map(Number));
    }
  }
  return family;
}

const sum = (pid, valueOf) => {
  const family = familyOf(pid);
  return family.length === 0 ? NaN : family.reduce((total, member) => total + valueOf(member), 0);
};

/** CPU seconds, user and system, of all threads; resolution 10 ms. */
export const cpuSeconds = (pid) =>
  sum(pid, (member) => {
    const stat = readText(`/proc/${member}/stat`);
    if (stat === null) return 0;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  });

const statusKib = (pid, field) =>
  sum(pid, (member) =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readText(`/proc/${member}/status`) ?? '')?.[1] ?? 0),
  );

export const residentKib = (pid) => statusKib(pid, 'VmRSS');
/** Memory that the program itself holds, without mapped files, which come and go as the kernel likes. */
export const heldKib = (pid) => statusKib(pid, 'RssAnon');
export const peakKib = (pid) => statusKib(pid, 'VmHWM');

/** Makes the peak start again from what is resident now. */
export function resetPeak(pid) {
  for (const member of familyOf(pid)) {
    try {
      fs.writeFileSync(`/proc/${member}/clear_refs`, '5');
    } catch {
      // not allowed here: the peak then counts from the process's start
    }
  }
}

/** CPU seconds that the whole machine has used. */
export function machineCpuSeconds() {
  const line = readText('/proc/stat')?.split('\n')[0];
  if (line === undefined) return NaN;
  const [user, nice, system, , , interrupt, softInterrupt] = line.split(/\s+/).slice(1).map(Number);
  return (user + nice + system + interrupt + softInterrupt) / TICKS_PER_SECOND;
}
