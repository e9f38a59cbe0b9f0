import fs from 'node:fs';
import path from 'node:path';

/** A database for each gateway of the benchmark, made new and removed with it. `env` tells the gateway where it is. */

class EmbeddedDatabase {
  #folder;

  constructor(folder) {
    this.#folder = folder;
    this.env = { TOOLGATE_DATA_DIR: folder, DATABASE_URL: '' };
  }

  /** Runs SQL while no gateway has the folder open. */
  async execute(statements) {
    const { PGlite } = await import('@electric-sql/pglite');
    const { pgliteFolder } = this;
    const database = await PGlite.create(pgliteFolder);
    try {
      for (const statement of statements) await database.exec(statement);
    } finally {
      await database.close();
    }
  }

  get pgliteFolder() {
    const found = fs
      .readdirSync(this.#folder, { recursive: true })
      .find((name) => path.basename(name) === 'PG_VERSION' && !name.includes('base'));
    if (found === undefined) throw new Error(`no database in ${this.#folder}`);
    return path.dirname(path.join(this.#folder, found));
  }

  async remove() {
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}

class PostgresDatabase {
  #server;
  #name;

  constructor(server, name) {
    this.#server = server;
    this.#name = name;
  }

  get url() {
    const url = new URL(this.#server);
    url.pathname = `/${this.#name}`;
    return url.href;
  }

  get env() {
    return { DATABASE_URL: this.url };
  }

  async create() {
    await withClient(this.#server, (client) => client.query(`CREATE DATABASE ${this.#name}`));
    return this;
  }

  async execute(statements) {
    await withClient(this.url, async (client) => {
      for (const statement of statements) await client.query(statement);
    });
  }

  async remove() {
    await withClient(this.#server, (client) =>
      client.query(`DROP DATABASE IF EXISTS ${this.#name} WITH (FORCE)`),
    );
  }
}

async function withClient(connectionString, use) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

export class Databases {
  #work;
  #server;
  #made = [];

  /** @param server address of a Postgres server, or null for embedded databases */
  constructor(work, server) {
    this.#work = work;
    this.#server = server;
  }

  get kind() {
    return this.#server === null ? 'embedded' : 'Postgres';
  }

  async create() {
    const name = `toolgate_bench_${process.pid}_${this.#made.length + 1}`;
    const database =
      this.#server === null
        ? new EmbeddedDatabase(path.join(this.#work, name))
        : await new PostgresDatabase(this.#server, name).create();
    this.#made.push(database);
    return database;
  }

  async removeAll() {
    for (const database of this.#made.splice(0)) await database.remove();
  }
}
