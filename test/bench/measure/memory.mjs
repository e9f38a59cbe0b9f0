import fs from 'node:fs';

/** Memory of one process without its children, MiB; NaN where there is no /proc. */
export function residentMib(pid) {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) / 1024;
  } catch {
    return NaN;
  }
}

/** Sockets and pipes that a process has open; files, which the embedded database opens as it grows, left out. */
export function openChannels(pid) {
  try {
    const descriptors = fs.readdirSync(`/proc/${pid}/fd`).map((fd) => targetOf(pid, fd));
    return descriptors.filter((target) => /^(?:socket|pipe):/.test(target)).length;
  } catch {
    return NaN;
  }
}

function targetOf(pid, descriptor) {
  try {
    return fs.readlinkSync(`/proc/${pid}/fd/${descriptor}`);
  } catch {
    return ''; // closed meanwhile
  }
}

/** Looks at the memory of a process now and then, and knows the most since it was asked last. */
export class MemoryWatch {
  #pid;
  #timer;
  #peak = 0;

  constructor(pid, everyMs = 50) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#look(), everyMs);
  }

  /** @returns the most since the last reading, MiB */
  read() {
    this.#look();
    const peak = this.#peak;
    this.#peak = 0;
    return peak;
  }

  stop() {
    clearInterval(this.#timer);
  }

  #look() {
    this.#peak = Math.max(this.#peak, residentMib(this.#pid));
  }
}

/** Process ids of the children of a process. */
export function childrenOf(pid) {
  try {
    return fs
      .readdirSync(`/proc/${pid}/task`)
      .flatMap((thread) =>
        fs
          .readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1')
          .split(' ')
          .filter(Boolean)
          .map(Number),
      );
  } catch {
    return [];
  }
}
