import { faultsOfCounts } from '../measure/counts.mjs';

/** Memory may grow so fast in the last half, MiB a minute. */
const MAX_SLOPE = 1;

/** MiB a minute over the last half, by least squares. */
export function slopeOf({ minutes, samples }) {
  const last = samples.filter(({ minute }) => minute >= minutes / 2);
  const mean = (pick) => last.reduce((sum, it) => sum + pick(it), 0) / last.length;
  const [x, y] = [mean(({ minute }) => minute), mean(({ mib }) => mib)];
  const over = last.reduce((sum, { minute, mib }) => sum + (minute - x) * (mib - y), 0);
  return over / last.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0);
}

/** Markdown. */
export function soakTable(report) {
  const { minutes, samples, calls, right, done, counts } = report;
  const at = (share) => `${Math.round(samples[Math.floor((samples.length - 1) * share)]?.mib)} MiB`;
  const { before, after, metrics } = counts;
  return [
    `| ${minutes} minutes of churn | |`,
    '| --- | ---: |',
    `| calls right | ${right} of ${calls} |`,
    `| sessions opened, of which left without a word | ${done.sessions}, ${done.dropped} |`,
    `| calls cancelled | ${done.cancels} |`,
    `| restarts of upstreams, reloads | ${done.restarts}, ${done.reloads} |`,
    `| memory at the start, in the middle, at the end | ${at(0)}, ${at(0.5)}, ${at(1)} |`,
    `| slope of the last half | ${slopeOf(report).toFixed(2)} MiB a minute |`,
    `| sessions, calls in flight at the end | ${metrics.sessions}, ${metrics.callsInFlight} |`,
    `| children before and after | ${before.children}, ${after.children} |`,
    `| sockets and pipes before and after | ${before.channels}, ${after.channels} |`,
  ].join('\n');
}

/** @returns what should not have been, one line each */
export function faultsOfSoak(report) {
  const slope = slopeOf(report);
  return [
    ...report.wrong,
    ...(slope < MAX_SLOPE ? [] : [`memory grows by ${slope.toFixed(2)} MiB a minute`]),
    ...faultsOfCounts(report.counts),
    ...report.counts.metrics.notReady,
  ];
}
