import { setImmediate } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';

import type { Principal } from '../../core/principal.js';
import { ToolPins } from '../../upstream-registry/pinning/tool-pins.service.js';
import { ServerQuery } from './server-query.service.js';
import { compareTools } from './tool-comparison.js';
import { changeRow, hiddenRows } from './tool-review-row.js';

/** Changes that are shown line by line; further ones are named. */
const maxDiffs = 100;

/** Shows what became of the tools of a server since they were approved, or seen before. */
@Injectable()
export class ToolReview {
  constructor(
    private readonly query: ServerQuery,
    private readonly pins: ToolPins,
  ) {}

  /** By id or name. Throws NOT_FOUND, DATABASE_UNAVAILABLE. */
  async changes(principal: Principal, idOrName: string) {
    const { server_id, server_name, pin } = this.query.get(principal, idOrName);
    const tools = this.query.upstream(server_id)?.lastRead?.tools ?? null;
    const versions = await this.pins.versions(server_id);
    const comparisons = tools === null ? [] : compareTools(tools, versions, pin);
    const wanted = comparisons.slice(0, maxDiffs).flatMap(({ before }) => before?.sha256 ?? []);
    const definitions = await this.pins.definitions(server_id, wanted);
    const changes = [];
    for (const comparison of comparisons) {
      if (changes.length < maxDiffs) await setImmediate();
      changes.push(changeRow(comparison, changes.length < maxDiffs ? definitions : null));
    }
    return { server_id, server_name, pin, changes, hidden_characters: await hiddenRows(tools ?? []) };
  }
}
