import type { Findings } from '../problem-list.js';
import { pathText, toPlain, type ConfigPath, type MapNode } from '../source/config-node.js';
import { configFileSchema, type ConfigFile } from './config-file.schema.js';
import { describeIssue } from './describe-issue.js';
import { warnOfUnknownKeys } from './unknown-keys.js';

/**
 * The typed file. What is wrong is told to `findings` and left out of the result, so that the checks that follow find
 * the other faults in the same run.
 */
export function validate(root: MapNode, findings: Findings): ConfigFile {
  const plain = toPlain(root);
  const unknown: { path: ConfigPath; key: string }[] = [];
  // Each round removes what the last one refused; a value that must be there takes what holds it along.
  for (let round = 0; ; round++) {
    const parsed = configFileSchema.safeParse(plain);
    if (parsed.success) {
      warnOfUnknownKeys(unknown, findings);
      return parsed.data;
    }
    for (const issue of parsed.error.issues) {
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys) {
          unknown.push({ path: issue.path, key });
          remove(plain, [...issue.path, key]);
        }
        continue;
      }
      if (round === 0) {
        const message = describeIssue(issue, valueAt(plain, issue.path), findings.showable(issue.path));
        findings.fault(issue.path, `${pathText(issue.path)} ${message}`);
      }
      removeNearest(plain, issue.path);
    }
  }
}

function valueAt(value: unknown, path: ConfigPath): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[step];
  }
  return current;
}

/** Lists keep their length: later items keep their numbers. */
function remove(value: unknown, path: ConfigPath): void {
  const holder = valueAt(value, path.slice(0, -1));
  const last = path.at(-1);
  if (typeof holder !== 'object' || holder === null || last === undefined) return;
  if (Array.isArray(holder)) holder[Number(last)] = undefined;
  else Reflect.deleteProperty(holder, last);
}

function removeNearest(value: unknown, path: ConfigPath): void {
  const present = path.findLastIndex((_, index) => valueAt(value, path.slice(0, index + 1)) !== undefined);
  remove(value, path.slice(0, present + 1));
}
