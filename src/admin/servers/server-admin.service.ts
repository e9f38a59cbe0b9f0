import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import { notFound } from '../../permissions/require-on.js';
import { urlProblem } from '../../upstream-registry/address/reach.js';
import { ToolPins } from '../../upstream-registry/pinning/tool-pins.service.js';
import type { StoredServer, StoredServerFields } from '../../upstream-registry/stored/stored-server.js';
import { StoredServers } from '../../upstream-registry/stored/stored-servers.service.js';
import { storedUpstream } from '../../upstream-registry/stored/stored-upstream.js';
import { UpstreamSet } from '../../upstream-registry/upstream-set.service.js';
import { AdminChanges } from '../admin-changes.service.js';
import type { AdminRequest } from '../admin-request.js';
import { difference } from '../wire/level-wire.js';
import { serverFields } from './server-fields.js';
import { ServerQuery } from './server-query.service.js';
import { auditedServer, type ServerRow } from './server-row.js';
import type { NewServerBody, UpdateServerBody } from './server-wire.js';

/** Creates, changes and removes servers over HTTP. Those of the configuration file are changed there. */
@Injectable()
export class ServerAdmin {
  constructor(
    private readonly changes: AdminChanges,
    private readonly stored: StoredServers,
    private readonly set: UpstreamSet,
    private readonly query: ServerQuery,
    private readonly pins: ToolPins,
  ) {}

  /** Throws INVALID_REQUEST, CONFLICT. */
  create(request: AdminRequest, body: NewServerBody): Promise<ServerRow> {
    return this.changes.run(request, 'server.create', async ({ by, note }) => {
      const id = body.server_id ?? randomUUID();
      note.target = { type: 'server', id };
      const fields = serverFields(body, null);
      if (this.set.isTaken(id)) throw taken('server_id');
      this.#checkName(fields.name, id);
      await this.#checkAddress(id, fields);
      const server = await this.stored.create(id, fields, by);
      if (server === null) throw taken('server_name');
      note.after = auditedServer(server);
      return this.query.get(request.principal, id);
    });
  }

  /** Only the fields that were sent change. Throws INVALID_REQUEST, NOT_FOUND, CONFLICT. */
  update(request: AdminRequest, { server_id, ...body }: UpdateServerBody): Promise<ServerRow> {
    return this.changes.run(request, 'server.update', async ({ by, note }) => {
      const known = this.#requireStored(server_id);
      const { id } = known;
      note.target = { type: 'server', id };
      await this.#checkAddress(id, serverFields(body, known));
      const changed = await this.stored.update(id, by, (current) => {
        const fields = serverFields(body, current);
        if (fields.name !== current.name) this.#checkName(fields.name, id);
        this.#check(id, fields);
        return fields;
      });
      if (changed === null) throw notFound(wanted);
      if (changed === 'taken') throw taken('server_name');
      const { before, after } = changed;
      Object.assign(note, difference(auditedServer(before), auditedServer(after)));
      note.after = { ...note.after, ...secretsSent(body) };
      return this.query.get(request.principal, id);
    });
  }

  /** By id or name. Throws NOT_FOUND, CONFLICT for a server of the file. */
  delete(request: AdminRequest, idOrName: string): Promise<void> {
    return this.changes.run(request, 'server.delete', async ({ note }) => {
      const server = this.#requireStored(idOrName);
      note.target = { type: 'server', id: server.id };
      note.before = auditedServer(server);
      if (!(await this.stored.delete(server.id))) throw notFound(wanted);
      await this.pins.forget(server.id);
    });
  }

  #requireStored(idOrName: string): StoredServer {
    const server = this.query.find(idOrName);
    if (server === null) throw notFound(wanted);
    if (server.stored !== null) return server.stored;
    const message = 'This server is of the configuration file: change it there.';
    throw new GatewayError('CONFLICT', { param: 'server_id', message });
  }

  #checkName(name: string, id: string): void {
    const problem = this.set.nameProblem(name);
    if (problem !== null)
      throw new GatewayError('INVALID_REQUEST', { param: 'server_name', message: problem });
    if (this.set.isTaken(name, id)) throw taken('server_name');
  }

  /** Also asks where the host is at this moment; each connection asks again. */
  async #checkAddress(id: string, fields: StoredServerFields): Promise<void> {
    const url = this.#check(id, fields);
    const problem = await urlProblem(url, this.set.storedSetting.reach);
    if (problem === null) return;
    const message =
      `url leads to a host that ${problem}. Servers that are created over HTTP may not be there; ` +
      'general_settings.mcp_allow_private_urls opens private and loopback addresses.';
    throw new GatewayError('INVALID_REQUEST', { param: 'url', message });
  }

  /** Throws INVALID_REQUEST for what could not be served. */
  #check(id: string, fields: StoredServerFields): URL {
    const upstream = storedUpstream(id, fields, this.set.storedSetting);
    if ('problem' in upstream) throw new GatewayError('INVALID_REQUEST', upstream.problem);
    const { endpoint } = upstream.value;
    if (endpoint.kind === 'remote') return endpoint.url;
    throw new GatewayError('INTERNAL');
  }
}

const wanted = { noun: 'MCP server', param: 'server_id' };

function taken(param: 'server_id' | 'server_name'): GatewayError {
  const message = `${param} is taken by another server, of the configuration file or stored: choose another one.`;
  return new GatewayError('CONFLICT', { param, message });
}

/** That secrets were changed, never to what. */
function secretsSent(body: Omit<UpdateServerBody, 'server_id'>): Readonly<Record<string, string>> {
  const sent = (['url', 'credentials', 'static_headers'] as const).filter((name) => body[name] !== undefined);
  return sent.length === 0 ? {} : { replaced: sent.join(', ') };
}
