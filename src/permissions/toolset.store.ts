import { Injectable } from '@nestjs/common';

import { DatabaseService } from '../database/database.service.js';
import { Prisma, type Toolset as ToolsetRow } from '../database/generated/client.js';
import type { Toolset, ToolsetFields } from './toolset.js';

/** A tool as the column and the wire have it. */
interface StoredTool {
  readonly server_id: string;
  readonly tool_name: string;
}

const byName = { orderBy: { nameNormalized: 'asc' } } as const;

@Injectable()
export class ToolsetStore {
  constructor(private readonly database: DatabaseService) {}

  async all(): Promise<Toolset[]> {
    return (await this.database.run((prisma) => prisma.toolset.findMany(byName))).map(read);
  }

  /** By id or name. */
  async find(idOrName: string): Promise<Toolset | null> {
    const where = { OR: [{ id: idOrName }, { nameNormalized: idOrName.toLowerCase() }] };
    const rows = await this.database.run((prisma) => prisma.toolset.findMany({ where, ...byName }));
    const row = rows.find(({ id }) => id === idOrName) ?? rows[0];
    return row === undefined ? null : read(row);
  }

  /** null when the name is taken. */
  insert(id: string, fields: ToolsetFields, by: string): Promise<Toolset | null> {
    const data = { id, ...columns(fields), createdBy: by, updatedBy: by };
    return this.#unlessTaken((prisma) => prisma.toolset.create({ data }));
  }

  /** null when the name is taken. */
  update(id: string, fields: ToolsetFields, by: string): Promise<Toolset | null> {
    const data = { ...columns(fields), updatedBy: by };
    return this.#unlessTaken((prisma) => prisma.toolset.update({ where: { id }, data }));
  }

  async delete(id: string): Promise<void> {
    await this.database.run((prisma) => prisma.toolset.deleteMany({ where: { id } }));
  }

  async #unlessTaken(write: Parameters<typeof this.database.run<ToolsetRow>>[0]): Promise<Toolset | null> {
    try {
      return read(await this.database.run(write));
    } catch (error) {
      if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') return null;
      throw error;
    }
  }
}

const columns = ({ name, description, tools }: ToolsetFields) => ({
  name,
  nameNormalized: name.toLowerCase(),
  description,
  tools: tools.map(({ server, tool }) => ({ server_id: server, tool_name: tool })),
});

function read(row: ToolsetRow): Toolset {
  const tools = row.tools as unknown as readonly StoredTool[];
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    tools: tools.map(({ server_id, tool_name }) => ({ server: server_id, tool: tool_name })),
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    createdBy: row.createdBy,
    updatedBy: row.updatedBy,
  };
}
