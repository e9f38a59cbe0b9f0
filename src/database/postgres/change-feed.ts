import type { Change } from '../../core/change.js';

export const changeChannel = 'toolgate_change';

const everything: Change = { kind: 'everything', id: '' };

/** A NOTIFY payload is at most 7,999 bytes; an id that long is no id. */
const maxPayloadIdLength = 1_000;

/**
 * Counts the change and notifies in one statement. The row's lock puts changes in the order of their numbers, and
 * Postgres delivers notifications in the order of commits, so a number that is not the next one means a missed change.
 * Parameters: origin, kind, id.
 */
export const announceSql = `
  with counted as (
    insert into change_counters (id, value) values (1, 1)
    on conflict (id) do update set value = change_counters.value + 1
    returning value
  )
  select pg_notify('${changeChannel}', json_build_array(value, $1::text, $2::text, $3::text)::text)::text from counted`;

export const counterSql = 'select coalesce(max(value), 0)::text as value from change_counters where id = 1';

/** What goes into `announceSql` for a change. */
export function announcement(change: Change): Change {
  return change.id.length > maxPayloadIdLength ? everything : change;
}

/**
 * Turns notifications of other replicas into changes, and the counter into the knowledge of what was missed: a number
 * that is skipped, or that the counter shows and no notification brought, becomes one change of `everything`.
 */
export class ChangeFeed {
  #last: bigint;
  #suspect: bigint | null = null;

  /** @param counter the counter's value when listening had begun. */
  constructor(
    counter: bigint,
    private readonly origin: string,
    private readonly onChange: (change: Change) => void,
  ) {
    this.#last = counter;
  }

  /** The payload of one notification. */
  notified(payload: string): void {
    const announced = parsePayload(payload);
    if (announced === null) return;
    const isNext = announced.number === this.#last + 1n;
    // Counted before listening began and notified after: included in the first counter value already.
    const isKnown = announced.number <= this.#last;
    if (!isKnown) this.#last = announced.number;
    if (!isNext && !isKnown) this.onChange(everything);
    else if (announced.origin !== this.origin) this.onChange(announced.change);
  }

  /** The counter as just read. A notification may be on its way, so a missed one is believed the second time. */
  counted(counter: bigint): void {
    const isBehind = this.#suspect !== null && this.#last < this.#suspect;
    const wasReset = counter < this.#last;
    this.#suspect = counter;
    if (!isBehind && !wasReset) return;
    this.#last = counter;
    this.onChange(everything);
  }
}

function parsePayload(payload: string): { number: bigint; origin: string; change: Change } | null {
  try {
    const [number, origin, kind, id] = JSON.parse(payload) as unknown[];
    if (!Number.isSafeInteger(number) || typeof origin !== 'string' || typeof id !== 'string') return null;
    if (!isKind(kind)) return null;
    return { number: BigInt(number as number), origin, change: { kind, id } };
  } catch {
    // Anybody who may use the database can notify on this channel.
    return null;
  }
}

const kinds = {
  key: true,
  user: true,
  team: true,
  organization: true,
  membership: true,
  server: true,
  tool_pins: true,
  toolset: true,
  everything: true,
} satisfies Record<Change['kind'], true>;

function isKind(kind: unknown): kind is Change['kind'] {
  return typeof kind === 'string' && Object.hasOwn(kinds, kind);
}
