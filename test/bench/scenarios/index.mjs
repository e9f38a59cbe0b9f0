import { administrationScenarios } from './administration.mjs';
import { callScenarios } from './calls.mjs';
import { growthScenarios } from './growth.mjs';
import { idleScenarios } from './idle.mjs';
import { manyUpstreams } from './many-upstreams.mjs';

const all = [
  ...callScenarios,
  ...idleScenarios,
  manyUpstreams,
  ...growthScenarios,
  ...administrationScenarios,
];

export const scenarioNames = all.map(({ name }) => name);

/** @param wanted names or beginnings of names; null: all, or those of the short form */
export function chooseScenarios(wanted, isShort) {
  if (wanted === null) return all.filter(({ isInShort }) => isInShort || !isShort);
  for (const name of wanted) {
    if (!all.some((scenario) => scenario.name.startsWith(name))) {
      throw new Error(`there is no scenario "${name}"; there are: ${scenarioNames.join(', ')}`);
    }
  }
  return all.filter((scenario) => wanted.some((name) => scenario.name.startsWith(name)));
}
