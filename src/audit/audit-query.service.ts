import { once } from 'node:events';
import type { Writable } from 'node:stream';

import { Injectable } from '@nestjs/common';

import { GatewayError } from '../core/errors.js';
import { fromCursor, toCursor } from './audit-id.js';
import { toRecord } from './audit-row.js';
import type { AuditRecord } from './audit-row.js';
import { AuditStore } from './audit.store.js';
import type { AuditFilter, AuditVisibility } from './audit.store.js';

/** What `GET /v1/audit` answers. */
export interface AuditPage {
  readonly data: readonly AuditRecord[];
  /** null: there are no older rows. */
  readonly next_cursor: string | null;
}

export interface AuditPageRequest extends AuditFilter {
  /** 1 to 100. */
  readonly limit: number;
  /** `next_cursor` of the page before. */
  readonly cursor?: string;
}

const exportRows = 1_000;

/** Reads the audit trail. */
@Injectable()
export class AuditQuery {
  constructor(private readonly store: AuditStore) {}

  /**
   * Newest first. `visibility` narrows whatever the filter asks for.
   * @throws GatewayError INVALID_REQUEST for a cursor that is none, DATABASE_UNAVAILABLE.
   */
  async page(request: AuditPageRequest, visibility: AuditVisibility): Promise<AuditPage> {
    const { limit, cursor, ...filter } = request;
    const rows = await this.store.newest(filter, visibility, limit + 1, readCursor(cursor));
    const data = rows.slice(0, limit).map(toRecord);
    const last = data.at(-1);
    return { data, next_cursor: rows.length > limit && last !== undefined ? toCursor(last.id) : null };
  }

  /** Every row since that moment, oldest first, one JSON object a line; waits for a slow reader. @returns how many. */
  async exportJsonLines(since: Date, output: Writable): Promise<number> {
    let written = 0;
    let bound: { from: Date } | { after: string } = { from: since };
    for (;;) {
      const rows = await this.store.oldest(bound, exportRows);
      const last = rows.at(-1);
      if (last === undefined) return written;
      const text = rows.map((row) => `${JSON.stringify(toRecord(row))}\n`).join('');
      if (!output.write(text)) await once(output, 'drain');
      written += rows.length;
      bound = { after: last.id };
    }
  }
}

function readCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const id = fromCursor(cursor);
  if (id !== null) return id;
  throw new GatewayError('INVALID_REQUEST', {
    param: 'cursor',
    message: 'This cursor is not valid. Send "next_cursor" of the page before, unchanged.',
  });
}
