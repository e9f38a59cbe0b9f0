/** CPU profiles that V8 recorded (`node --cpu-prof`): what took the time of each, idling aside. */
import fs from 'node:fs';
import path from 'node:path';

const TOP = 10;

export function printProfiles(folder) {
  for (const name of fs.readdirSync(folder).filter((it) => it.endsWith('.cpuprofile'))) {
    const { busySeconds, functions } = dearest(JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8')));
    console.log(`${name}: busy for ${busySeconds.toFixed(1)} s; time in each function itself:`);
    for (const { label, share } of functions.slice(0, TOP)) {
      console.log(`  ${(share * 100).toFixed(1).padStart(5)} %  ${label}`);
    }
  }
}

/** Functions by their own time, without that of what they call. */
function dearest({ nodes, samples, timeDeltas }) {
  const labels = new Map(nodes.map((node) => [node.id, labelOf(node.callFrame)]));
  const micros = new Map();
  samples.forEach((id, index) => {
    const label = labels.get(id);
    if (label !== '(idle)') micros.set(label, (micros.get(label) ?? 0) + timeDeltas[index]);
  });
  const busy = [...micros.values()].reduce((total, value) => total + value, 0);
  const functions = [...micros]
    .map(([label, time]) => ({ label, share: time / busy }))
    .sort((a, b) => b.share - a.share);
  return { busySeconds: busy / 1e6, functions };
}

function labelOf({ functionName, url, lineNumber }) {
  if (url === '') return functionName === '' ? '(native)' : functionName;
  const place = url.replace(/^.*\/(?=dist\/|node_modules\/)/, '');
  return `${functionName || '(anonymous)'} ${place}:${lineNumber + 1}`;
}
