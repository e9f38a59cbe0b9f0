import { faultsOfCounts } from '../measure/counts.mjs';

/** Share of the calls to upstreams that are well which must be answered right. */
const MIN_RIGHT = 0.999;
/** Memory beyond what the gateway holds in calm: a few answers at their cap of 16 MiB, and garbage not yet collected. */
const MAX_GROWTH_MIB = 400;

const ms = (value) =>
  Number.isFinite(value) ? `${value < 10 ? value.toFixed(1) : Math.round(value)} ms` : '-';
const seconds = (value) => (Number.isFinite(value) ? `${(value / 1000).toFixed(1)} s` : 'never');

export const slowestRecovery = ({ recoveries }) => Math.max(...recoveries.values());

/** Markdown: a row for each thing that went wrong. */
export function chaosTable({ calm, phases }) {
  const row = ({ title, calls, right, p50, p99, bystanderP99, ...phase }) =>
    `| ${title} | ${right} of ${calls} | ${ms(p50)} | ${ms(p99)} | ${ms(bystanderP99)} | ` +
    `${phase.memory} | ${phase.recovery} |`;
  return [
    '| what is wrong with an upstream | calls to others right | p50 | p99 | p99 of a bystander | memory | works again after |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    row({ title: 'nothing', ...calm, memory: `${Math.round(calm.residentMib)} MiB`, recovery: '-' }),
    ...phases.map((phase) =>
      row({
        ...phase,
        memory: `+${Math.max(0, Math.round(phase.peakMib - calm.residentMib))} MiB`,
        recovery: seconds(slowestRecovery(phase)),
      }),
    ),
  ].join('\n');
}

/** @returns what should not have been, one line each */
export function faultsOfChaos({ calm, phases, wrong, counts }) {
  const faults = [];
  const calls = [calm, ...phases].reduce((sum, it) => sum + it.calls, 0);
  const right = [calm, ...phases].reduce((sum, it) => sum + it.right, 0);
  if (right < calls * MIN_RIGHT)
    faults.push(
      `${calls - right} of ${calls} calls to healthy upstreams went wrong: ${wrong.calm.join('; ')}`,
    );
  faults.push(...wrong.wild);
  for (const phase of phases) {
    for (const [name, took] of phase.recoveries)
      if (!Number.isFinite(took)) faults.push(`${name} did not recover from "${phase.title}"`);
    const growth = phase.peakMib - calm.residentMib;
    if (growth > MAX_GROWTH_MIB) faults.push(`memory grew by ${Math.round(growth)} MiB: ${phase.title}`);
  }
  faults.push(...faultsOfCounts(counts));
  return [...faults, ...counts.metrics.notReady];
}
