import { setImmediate } from 'node:timers/promises';

import type { CatalogTool } from '../../core/catalog.js';
import {
  hiddenCharactersIn,
  mayHideCharacters,
  type HiddenCharacters,
} from '../../core/hidden-characters.js';
import { reviewedDefinition, toolFingerprint } from '../../core/tool-fingerprint.js';
import type { SeenTool, ToolVersionKey } from './fingerprint-store.js';

/** Longer definitions are compared like all others, but not kept to be shown. */
const maxDefinitionChars = 64 * 1024;
/** Tools that are looked at in one go, with the calls of the moment in between. */
const sliceTools = 50;

export const versionKey = ({ tool, sha256 }: ToolVersionKey): string => `${tool}\n${sha256}`;

export function seenTool(tool: CatalogTool): SeenTool {
  const definition = JSON.stringify(reviewedDefinition(tool));
  return {
    tool: tool.name,
    sha256: toolFingerprint(tool),
    definition: definition.length > maxDefinitionChars ? '' : definition,
  };
}

export async function seenTools(tools: readonly CatalogTool[]): Promise<readonly SeenTool[]> {
  const seen: SeenTool[] = [];
  for (const tool of tools) {
    if (seen.length % sliceTools === sliceTools - 1) await setImmediate();
    seen.push(seenTool(tool));
  }
  return seen;
}

const hidden = new WeakMap<CatalogTool, readonly HiddenCharacters[]>();

/** Characters that nobody sees in what counts of a definition. */
export function hiddenInTool(tool: CatalogTool): readonly HiddenCharacters[] {
  let found = hidden.get(tool);
  if (found === undefined) {
    found = mayHideCharacters(tool.json) ? hiddenCharactersIn(reviewedDefinition(tool)) : [];
    hidden.set(tool, found);
  }
  return found;
}
