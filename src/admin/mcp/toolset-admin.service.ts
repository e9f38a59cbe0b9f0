import { Inject, Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import { upstreamNameProblem } from '../../core/tool-name.js';
import type { Toolset, ToolsetFields, ToolsetTool } from '../../permissions/toolset.js';
import { ToolsetService } from '../../permissions/toolset.service.js';
import { notFound } from '../../permissions/require-on.js';
import type { AdminRequest } from '../admin-request.js';
import { AdminChanges } from '../admin-changes.service.js';
import { MCP_INSIGHT, type McpInsight } from '../ports/mcp-insight.js';
import { difference } from '../wire/level-wire.js';
import { toolsetRow, type NewToolsetBody, type UpdateToolsetBody } from '../wire/toolset-wire.js';
import { visibleToolset } from './visible-mcp.js';

/** Toolsets: named selections of tools. */
@Injectable()
export class ToolsetAdmin {
  constructor(
    private readonly changes: AdminChanges,
    private readonly toolsets: ToolsetService,
    @Inject(MCP_INSIGHT) private readonly mcp: McpInsight,
  ) {}

  /** Those that hold something the caller may use, with the tools it may use. */
  list({ principal }: AdminRequest) {
    return this.toolsets.list().flatMap((toolset) => {
      const visible = visibleToolset(principal, this.mcp, toolset);
      return visible === null ? [] : [toolsetRow(visible)];
    });
  }

  /** By id or name. Throws NOT_FOUND. */
  async info({ principal }: AdminRequest, idOrName: string) {
    const toolset = await this.toolsets.find(idOrName);
    const visible = toolset === null ? null : visibleToolset(principal, this.mcp, toolset);
    if (visible === null) throw notFound(wanted);
    return toolsetRow(visible);
  }

  /** Throws CONFLICT when the name is taken, by a server or an access group too. */
  create(request: AdminRequest, body: NewToolsetBody) {
    return this.changes.run(request, 'toolset.new', async ({ by, note }) => {
      this.#requireName(body.toolset_name);
      const fields = {
        name: body.toolset_name,
        description: body.description ?? null,
        tools: this.#tools(body.tools),
      };
      const toolset = await this.toolsets.create(fields, by);
      note.target = { type: 'toolset', id: toolset.id };
      note.after = toolsetRow(toolset);
      return { ...toolsetRow(toolset), ...this.#warnings(toolset) };
    });
  }

  /** Only the fields that were sent change. Throws NOT_FOUND, CONFLICT. */
  update(request: AdminRequest, body: UpdateToolsetBody) {
    return this.changes.run(request, 'toolset.update', async ({ by, note }) => {
      const before = await this.toolsets.find(body.toolset_id);
      if (before === null) throw notFound(wanted);
      note.target = { type: 'toolset', id: before.id };
      if (body.toolset_name !== undefined) this.#requireName(body.toolset_name);
      const fields: ToolsetFields = {
        name: body.toolset_name ?? before.name,
        description: body.description === undefined ? before.description : body.description,
        tools: body.tools === undefined ? before.tools : this.#tools(body.tools),
      };
      const after = await this.toolsets.update(before.id, fields, by);
      Object.assign(note, difference(toolsetRow(before), toolsetRow(after)));
      return { ...toolsetRow(after), ...this.#warnings(after) };
    });
  }

  delete(request: AdminRequest, idOrName: string): Promise<void> {
    return this.changes.run(request, 'toolset.delete', async ({ note }) => {
      const toolset = await this.toolsets.find(idOrName);
      if (toolset === null) throw notFound(wanted);
      note.target = { type: 'toolset', id: toolset.id };
      note.before = toolsetRow(toolset);
      await this.toolsets.delete(toolset.id);
    });
  }

  /** `/mcp/{name}` leads to one thing only. */
  #requireName(name: string): void {
    const param = 'toolset_name';
    // The separator is the servers' affair: no tool is named after a toolset.
    const problem = upstreamNameProblem(name, '\n');
    if (problem !== null) throw new GatewayError('INVALID_REQUEST', { param, message: problem });
    const { universe } = this.mcp;
    if (universe.upstreamName(name) === undefined && universe.accessGroup(name) === undefined) return;
    const message = 'A server or access group has this name: choose another one.';
    throw new GatewayError('CONFLICT', { param, message });
  }

  #tools(tools: NewToolsetBody['tools']): ToolsetTool[] {
    return tools.map(({ server_id, tool_name }) => ({
      server: this.mcp.universe.upstreamName(server_id) ?? server_id,
      tool: tool_name,
    }));
  }

  #warnings({ tools }: Toolset): { warnings?: string[] } {
    const unknown = new Set(
      tools
        .filter(({ server }) => this.mcp.universe.upstreamName(server) === undefined)
        .map(({ server }) => server),
    );
    if (unknown.size === 0) return {};
    return { warnings: [...unknown].map((name) => `tools: no server is called "${name}" at present.`) };
  }
}

const wanted = { noun: 'Toolset', param: 'toolset_id' };
