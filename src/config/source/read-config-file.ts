import { dirname, isAbsolute, join, resolve } from 'node:path';

import type { ProblemList } from '../problem-list.js';
import { toPlain, type ConfigNode, type MapEntry, type MapNode } from './config-node.js';
import { parseYaml } from './parse-yaml.js';
import { readText } from './read-text.js';
import { resolveVariables, type Environment } from './variables.js';

const maxFiles = 64;

export interface ConfigSource {
  /** Everything the file and its includes say, variables resolved. */
  readonly root: MapNode;
  /** Absolute paths of every file that was named, the main file first; those that cannot be read too. */
  readonly files: readonly string[];
  /** The environment with `environment_variables` beneath it. */
  readonly env: Environment;
}

/**
 * Reads a configuration file with its `include`d ones. `name` is how messages call it. Never throws for what is in
 * the files: faults are collected, and what could be read is returned.
 */
export async function readConfigFile(
  path: string,
  name: string,
  env: Environment,
  problems: ProblemList,
): Promise<ConfigSource> {
  const files: string[] = [];
  const readOne = async (absolute: string, shown: string, blame: MapNode['at'] | null): Promise<MapNode> => {
    const empty: MapNode = { kind: 'map', at: { file: shown, line: 1, column: 1 }, entries: new Map() };
    files.push(absolute);
    const read = await readText(absolute);
    if ('fault' in read) {
      if (blame === null) problems.faultOf(shown, read.fault);
      else problems.fault(blame, `included file ${shown} ${read.fault}`);
      return empty;
    }
    const parsed = parseYaml(read.text, shown, problems) ?? empty;
    if (parsed.kind === 'scalar' && parsed.value === null) return empty;
    if (parsed.kind !== 'map') {
      problems.fault(parsed.at, 'the file must hold a map of settings ("name: value" lines)');
      return empty;
    }
    let merged = withoutKey(parsed, 'include');
    for (const { written, at } of findIncludes(parsed, env, problems)) {
      const target = isAbsolute(written) ? written : resolve(dirname(absolute), written);
      if (files.includes(target)) {
        problems.fault(at, `${written} is included already`);
      } else if (files.length >= maxFiles) {
        problems.fault(at, `more than ${maxFiles} files`);
      } else {
        const shownTarget = isAbsolute(written) ? written : join(dirname(shown), written);
        merged = mergeFiles(merged, await readOne(target, shownTarget, at), problems);
      }
    }
    return merged;
  };
  const merged = await readOne(path, name, null);
  const declared = declaredVariables(merged, env, problems);
  const fullEnv = { ...declared, ...env };
  const root = resolveVariables(merged, fullEnv, problems) as MapNode;
  return { root, files, env: fullEnv };
}

interface Include {
  readonly written: string;
  readonly at: MapNode['at'];
}

/** `include: [a.yaml]` or `include: a.yaml`, relative to the file that says it. */
function findIncludes(root: MapNode, env: Environment, problems: ProblemList): readonly Include[] {
  const entry = root.entries.get('include');
  if (entry === undefined) return [];
  const node = resolveVariables(entry.node, env, problems);
  const items = node.kind === 'list' ? node.items : [node];
  const includes: Include[] = [];
  for (const item of items) {
    if (item.kind === 'scalar' && item.isFaulty === true) continue;
    if (item.kind === 'scalar' && item.value === null) continue;
    if (item.kind === 'scalar' && typeof item.value === 'string')
      includes.push({ written: item.value, at: item.at });
    else problems.fault(item.at, 'include must be a list of file names');
  }
  return includes;
}

/**
 * As LiteLLM does it, lists of the included file are added to the list there is. Maps are joined, the included file's
 * settings winning; only servers are never replaced silently.
 */
function mergeFiles(main: MapNode, included: MapNode, problems: ProblemList): MapNode {
  const entries = new Map(main.entries);
  for (const [key, entry] of included.entries) {
    const present = entries.get(key);
    entries.set(key, present === undefined ? entry : mergeEntries(key, present, entry, problems));
  }
  return { ...main, entries };
}

function mergeEntries(key: string, main: MapEntry, included: MapEntry, problems: ProblemList): MapEntry {
  if (main.node.kind === 'list' && included.node.kind === 'list') {
    return { ...main, node: { ...main.node, items: [...main.node.items, ...included.node.items] } };
  }
  if (isNothing(included.node)) return main;
  if (main.node.kind !== 'map' || included.node.kind !== 'map') {
    const isMixed = main.node.kind !== 'scalar' && main.node.kind !== included.node.kind;
    if (isMixed)
      problems.fault(
        included.keyAt,
        `${key} is a ${main.node.kind} in ${main.keyAt.file}; use the same form`,
      );
    return included;
  }
  const entries = new Map(main.node.entries);
  for (const [name, entry] of included.node.entries) {
    const first = entries.get(name);
    if (first !== undefined && key === 'mcp_servers') {
      const { file, line } = first.keyAt;
      problems.fault(entry.keyAt, `duplicate server "${name}" (first in ${file} on line ${line})`);
    } else {
      entries.set(name, entry);
    }
  }
  return { ...main, node: { ...main.node, entries } };
}

function isNothing(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

function withoutKey(node: MapNode, key: string): MapNode {
  const entries = new Map(node.entries);
  entries.delete(key);
  return { ...node, entries };
}

/**
 * `environment_variables`: names that references see everywhere in the file, and each other from above to below; the
 * real environment wins.
 */
function declaredVariables(root: MapNode, env: Environment, problems: ProblemList): Environment {
  const node = root.entries.get('environment_variables')?.node;
  if (node?.kind !== 'map') return {};
  const declared: Record<string, string> = {};
  for (const [name, entry] of node.entries) {
    const value = toPlain(resolveVariables(entry.node, { ...declared, ...env }, problems));
    if (typeof value === 'string') declared[name] = value;
    else if (typeof value === 'number' || typeof value === 'boolean') declared[name] = String(value);
    else if (value !== null) problems.fault(entry.node.at, `environment_variables.${name} must be text`);
  }
  return declared;
}
