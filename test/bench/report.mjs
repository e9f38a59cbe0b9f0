import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { middle, verdict } from './rows.mjs';

/** Markdown, so that the output of a run can go into a README as it is. */

const figure = (value, unit) => {
  if (!Number.isFinite(value)) return '-';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return unit === '×' ? value.toFixed(2) : `${value.toFixed(digits)} ${unit}`;
};

const goal = (value, unit) => (value === undefined ? '-' : figure(value, unit));

export const tableHead = [
  '| scenario | figure | measured | must | aim | verdict |',
  '| --- | --- | ---: | ---: | ---: | --- |',
].join('\n');

export const tableRow = (scenario, row) =>
  `| ${scenario.title} | ${row.title} | ${figure(row.value, row.unit)} | ${goal(row.must, row.unit)} | ` +
  `${goal(row.aim, row.unit)} | ${verdict(row)} |`;

/** What each target did by itself: the figures that the ratios were made from. */
export function details(cells) {
  const lines = [];
  for (const target of cells.keys()) {
    const value = (metric, unit) => figure(middle(cells, target, metric), unit);
    const shown = [
      ['callsPerSecond', '/s'],
      ['p50', 'ms'],
      ['p99', 'ms'],
      ['cpuMicrosPerCall', 'µs CPU'],
      ['kibPerSession', 'KiB a session'],
      ['coldStartMs', 'ms to start'],
    ].filter(([metric]) => Number.isFinite(middle(cells, target, metric)));
    lines.push(`    ${target.padEnd(16)} ${shown.map(([metric, unit]) => value(metric, unit)).join(', ')}`);
  }
  return lines.join('\n');
}

/** @returns every wrong answer of a scenario, one line each */
export const faultsOf = (cells) =>
  [...cells].flatMap(([target, measured]) =>
    measured
      .filter(({ faults }) => faults > 0)
      .map(({ faults, firstFault }) => `${target}: ${faults} wrong answers, the first: ${firstFault}`),
  );

export function machine(database) {
  const processor = os.cpus()[0]?.model ?? 'unknown processor';
  return (
    `${os.cpus().length} cores (${processor.trim()}), ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.platform()} ` +
    `${os.arch()}, Node ${process.versions.node}, ${database} database, commit ${commit()}`
  );
}

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

export function writeJson(file, content) {
  fs.writeFileSync(file, `${JSON.stringify(content, null, 1)}\n`);
}
