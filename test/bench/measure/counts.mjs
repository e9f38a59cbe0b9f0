import { setTimeout as pause } from 'node:timers/promises';
import { childrenOf, openChannels } from './memory.mjs';

/** Idle sockets are kept for some seconds, and processes that look for conditional tools come and go. */
const SETTLE_MS = 30_000;
const REST_MS = 1_500;
const POLL_MS = 100;
/** Sockets that may come and go by themselves: those of probes and of the database. */
const CHANNEL_SLACK = 12;
/** Zero when nobody is there. */
const COUNTS = ['callsInFlight', 'upstreamInFlight', 'upstreamQueued', 'sessions'];

/** Sockets, pipes and children once they have stayed the same for a while and `isRight`; as they are when that takes too long. */
export async function countsAtRest(pid, isRight = () => true) {
  const deadline = performance.now() + SETTLE_MS;
  let counts = {};
  let since = 0;
  do {
    const now = { channels: openChannels(pid), children: childrenOf(pid).length };
    if (now.channels !== counts.channels || now.children !== counts.children) since = performance.now();
    counts = now;
    await pause(POLL_MS);
  } while (performance.now() < deadline && (performance.now() - since < REST_MS || !isRight(counts)));
  return counts;
}

/** Whether nothing of what was open in the storm is open still. */
export const isAsBefore = (before, after) =>
  after.children === before.children && after.channels <= before.channels + CHANNEL_SLACK;

/** What the gateway says of itself once nothing is under way and every upstream is back; as it is when that takes too long. */
export async function metricsAtRest(url) {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const metrics = await readMetrics(url);
    const isAtRest = metrics.notReady.length === 0 && COUNTS.every((name) => metrics[name] === 0);
    if (isAtRest || performance.now() > deadline) return metrics;
    await pause(POLL_MS);
  }
}

async function readMetrics(url) {
  const text = await (await fetch(`${url}/metrics`)).text();
  const sum = (name) =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce(
      (total, [, value]) => total + Number(value),
      0,
    );
  return {
    callsInFlight: sum('toolgate_calls_in_flight'),
    upstreamInFlight: sum('toolgate_upstream_in_flight'),
    upstreamQueued: sum('toolgate_upstream_queued'),
    sessions: sum('toolgate_sessions'),
    notReady: [
      ...text.matchAll(/^toolgate_upstream_state\{upstream="([^"]+)",state="(?!ready)([^"]+)"\} 1$/gm),
    ].map(([, upstream, state]) => `${upstream} is ${state}`),
  };
}

/** @returns what is open still and should not be, one line each */
export function faultsOfCounts({ before, after, metrics }) {
  const faults = COUNTS.filter((name) => metrics[name] !== 0).map(
    (name) => `${name} is ${metrics[name]} at the end`,
  );
  if (!isAsBefore(before, after))
    faults.push(`open before and after: ${JSON.stringify(before)}, ${JSON.stringify(after)}`);
  return faults;
}
