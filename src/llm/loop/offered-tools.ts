import { createHash, randomUUID } from 'node:crypto';

import type { Principal } from '../../core/principal.js';
import { asArray, asObject, asString, type JsonObject } from '../json.js';
import type { CompletionTool, CompletionTools } from '../ports/completion-tools.js';
import type { McpEntry } from './mcp-entries.js';

/** Longest function name that OpenAI and Anthropic take, and the only characters. */
const maxNameLength = 64;
const foreignCharacters = /[^A-Za-z0-9_-]/g;

export interface OfferedTool {
  readonly tool: CompletionTool;
  /** What the model calls it. */
  readonly offeredName: string;
  readonly serverLabel: string;
  /** False: calls of it go back to the client. */
  readonly runsHere: boolean;
}

/** The gateway's tools in one completion, under names that every model takes and that nobody else in it has. */
export class OfferedTools {
  readonly #byName = new Map<string, OfferedTool>();
  readonly #byTool = new Map<string, OfferedTool>();

  private constructor(private readonly taken: ReadonlySet<string>) {}

  /** @param tools the request's `tools`, for the names of the client's own functions */
  static async collect(
    source: CompletionTools,
    principal: Principal,
    entries: readonly McpEntry[],
    tools: unknown,
  ): Promise<{ readonly offered: OfferedTools; readonly lists: readonly JsonObject[] }> {
    const listed = await Promise.all(entries.map((entry) => source.list(principal, entry.scope)));
    const offered = new OfferedTools(new Set(functionNames(tools)));
    const lists = entries.map((entry, index) => {
      const own = (listed[index] ?? []).filter((tool) => entry.allows(tool));
      for (const tool of own) offered.#add(tool, entry);
      return {
        type: 'mcp_list_tools',
        id: `mcpl_${randomUUID().replaceAll('-', '')}`,
        server_label: entry.serverLabel,
        tools: own.map(({ name, description, inputSchema }) => ({
          name,
          description,
          input_schema: inputSchema,
        })),
      };
    });
    return { offered, lists };
  }

  get all(): IterableIterator<OfferedTool> {
    return this.#byName.values();
  }

  get(offeredName: string): OfferedTool | undefined {
    return this.#byName.get(offeredName);
  }

  /** A name that one of the client's own functions has. */
  isClientFunction(name: string): boolean {
    return this.taken.has(name);
  }

  /** The offered name of a tool by any of its names. */
  nameOf(name: string): string | undefined {
    return this.#byTool.get(name)?.offeredName ?? this.#byName.get(name)?.offeredName;
  }

  #add(tool: CompletionTool, entry: McpEntry): void {
    const known = this.#byTool.get(tool.name);
    const runsHere = entry.runsUnasked(tool) && known?.runsHere !== false;
    const offeredName = known?.offeredName ?? this.#freeName(tool.name);
    const offered = { tool, offeredName, serverLabel: known?.serverLabel ?? entry.serverLabel, runsHere };
    this.#byName.set(offeredName, offered);
    this.#byTool.set(tool.name, offered);
  }

  #freeName(name: string): string {
    const plain = name.replaceAll(foreignCharacters, '_');
    if (plain === name && name.length <= maxNameLength && this.#isFree(name)) return name;
    for (let salt = 0; ; salt += 1) {
      const hash = createHash('sha256').update(`${name}\n${salt}`).digest('hex').slice(0, 8);
      const candidate = `${plain.slice(0, maxNameLength - hash.length - 1)}_${hash}`;
      if (this.#isFree(candidate)) return candidate;
    }
  }

  #isFree(name: string): boolean {
    return !this.taken.has(name) && !this.#byName.has(name);
  }
}

/** Names of function tools, as chat completions and as responses write them. */
function functionNames(tools: unknown): string[] {
  return asArray(tools).flatMap((entry) => {
    const { name, function: definition } = asObject(entry);
    return asString(asObject(definition)['name']) ?? asString(name) ?? [];
  });
}
