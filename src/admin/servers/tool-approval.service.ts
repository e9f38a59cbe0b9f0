import { Injectable } from '@nestjs/common';

import type { CatalogTool } from '../../core/catalog.js';
import { GatewayError } from '../../core/errors.js';
import { newestOf, type SeenTool } from '../../upstream-registry/pinning/fingerprint-store.js';
import { seenTool, versionKey } from '../../upstream-registry/pinning/seen-tools.js';
import { ToolPins } from '../../upstream-registry/pinning/tool-pins.service.js';
import { AdminChanges } from '../admin-changes.service.js';
import type { AdminRequest } from '../admin-request.js';
import type { ApproveBody } from './approve-wire.js';
import { ServerQuery } from './server-query.service.js';

/** Approves definitions of the tools of a pinned server: those, and never what comes after them. */
@Injectable()
export class ToolApproval {
  constructor(
    private readonly changes: AdminChanges,
    private readonly query: ServerQuery,
    private readonly pins: ToolPins,
  ) {}

  /** All that is named, or nothing. Throws NOT_FOUND, CONFLICT, DATABASE_UNAVAILABLE. */
  approve(request: AdminRequest, idOrName: string, { tools }: ApproveBody) {
    return this.changes.run(request, 'server.approve', async ({ by, note }) => {
      const { server_id, server_name, pin } = this.query.get(request.principal, idOrName);
      note.target = { type: 'server', id: server_id };
      if (!pin)
        throw new GatewayError('CONFLICT', {
          message: `${server_name} is not pinned: none of its tools is withheld.`,
        });
      const upstream = this.query.upstream(server_id);
      const wanted =
        tools === undefined
          ? (upstream?.withheld ?? []).map(seenTool)
          : await this.#named(server_id, tools, upstream?.lastRead?.tools ?? []);
      if (wanted.length > 0) await this.pins.approve(server_id, wanted, by);
      const approved = wanted.map(({ tool, sha256 }) => ({ name: tool, sha256 }));
      note.after = { tools: Object.fromEntries(approved.map(({ name, sha256 }) => [name, sha256])) };
      const left = (upstream?.withheld ?? []).map(({ name }) => name);
      return { server_id, server_name, approved, withheld: left };
    });
  }

  async #named(
    id: string,
    tools: NonNullable<ApproveBody['tools']>,
    current: readonly CatalogTool[],
  ): Promise<readonly SeenTool[]> {
    const byName = new Map(current.map((tool) => [tool.name, tool]));
    const versions = tools.every((it) => typeof it === 'string') ? [] : await this.pins.versions(id);
    const noted = new Set(versions.map(versionKey));
    const latest = newestOf(versions);
    return tools.map((it, at) => {
      const { name, sha256 }: { name: string; sha256?: string | undefined } =
        typeof it === 'string' ? { name: it } : it;
      const tool = byName.get(name);
      const seen = tool === undefined ? null : seenTool(tool);
      if (seen !== null && (sha256 === undefined || sha256 === seen.sha256)) return seen;
      // Another replica may have seen what this one has not yet.
      const isBehind = seen === null || noted.has(versionKey(seen));
      if (sha256 !== undefined && isBehind && latest.get(name)?.sha256 === sha256)
        return { tool: name, sha256, definition: '' };
      throw seen === null ? unknownTool(name, at) : changedAgain(name, seen.sha256, at);
    });
  }
}

const unknownTool = (name: string, at: number): GatewayError =>
  new GatewayError('NOT_FOUND', { param: `tools.${at}`, message: `The server has no tool ${name}.` });

function changedAgain(name: string, sha256: string, at: number): GatewayError {
  const message =
    `${name} has changed again: its definition is now ${sha256}. Nothing was approved; ` +
    'review GET /v1/mcp/server/{id}/changes and approve what it says.';
  return new GatewayError('CONFLICT', { param: `tools.${at}.sha256`, message });
}
