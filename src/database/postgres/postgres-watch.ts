import type { Client, ClientConfig } from 'pg';

import type { Change } from '../../core/change.js';
import { ChangeFeed, changeChannel, counterSql } from './change-feed.js';

const probeEveryMs = 2_000;
const answerWithinMs = 1_000;

/**
 * The one connection that is always open: it hears the notifications, and by asking for the change counter every two
 * seconds it knows that the database is there and that nothing was missed.
 */
export class PostgresWatch {
  readonly lost: Promise<Error>;
  #lose!: (reason: Error) => void;
  #timer: NodeJS.Timeout | null = null;
  #probing = false;
  #feed: ChangeFeed | null = null;

  private constructor(private readonly client: Client) {
    this.lost = new Promise((resolve) => (this.#lose = resolve));
    client.on('error', (error) => this.#lose(error));
    client.on('end', () => this.#lose(new Error('The database closed the connection')));
    client.on('notification', ({ payload }) => this.#feed?.notified(payload ?? ''));
  }

  /** @param settle prepares the connection's session. */
  static async connect(
    config: ClientConfig,
    settle: (client: Client) => Promise<void>,
  ): Promise<PostgresWatch> {
    const { default: pg } = await import('pg');
    const client = new pg.Client({
      ...config,
      connectionTimeoutMillis: answerWithinMs,
      query_timeout: answerWithinMs,
      keepAlive: true,
    });
    const watch = new PostgresWatch(client);
    try {
      await client.connect();
      await settle(client);
      return watch;
    } catch (error) {
      await watch.close();
      throw error;
    }
  }

  /** Needs the schema. Changes that other replicas announced since are told from here on. */
  async listen(origin: string, onChange: (change: Change) => void): Promise<void> {
    await this.client.query(`listen ${changeChannel}`);
    this.#feed = new ChangeFeed(await this.#readCounter(), origin, onChange);
    this.#timer = setInterval(() => void this.probe(), probeEveryMs);
  }

  /** Runs the work while no other connection does so: a Postgres advisory lock of this connection. */
  async locked<T>(lockId: number, work: () => Promise<T>): Promise<T> {
    while (!(await this.#tryLock(lockId))) await new Promise((resolve) => setTimeout(resolve, 200));
    try {
      return await work();
    } finally {
      await this.client.query('select pg_advisory_unlock($1)', [lockId]).catch(() => undefined);
    }
  }

  async probe(): Promise<void> {
    if (this.#probing) return;
    this.#probing = true;
    try {
      this.#feed?.counted(await this.#readCounter());
    } catch (error) {
      this.#lose(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#probing = false;
    }
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#feed = null;
    await endWithin(this.client, answerWithinMs);
  }

  async #tryLock(lockId: number): Promise<boolean> {
    const { rows } = await this.client.query<{ locked: boolean }>(
      'select pg_try_advisory_lock($1) as locked',
      [lockId],
    );
    return rows[0]?.locked === true;
  }

  async #readCounter(): Promise<bigint> {
    const { rows } = await this.client.query<{ value: string }>(counterSql);
    return BigInt(rows[0]?.value ?? '0');
  }
}

/** A connection whose other end is gone cannot say goodbye. */
async function endWithin(client: Client, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  const ended = client.end().catch(() => undefined);
  await Promise.race([ended, late]);
  clearTimeout(timer);
}
