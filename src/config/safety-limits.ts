import type { SafetyLimits } from './gateway-config.js';
import { maxTimerMs } from './schema/fields.js';

interface LimitDefinition {
  /** Name under `general_settings.limits`. */
  readonly setting: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly description: string;
}

const KiB = 1024;
const MiB = 1024 * KiB;
const second = 1000;
const minute = 60 * second;

/** Contract section 8: what each limit is, its default and the range that makes sense. */
export const safetyLimits = {
  bodyBytes: {
    setting: 'body_bytes',
    default: 4 * MiB,
    min: KiB,
    max: 1024 * MiB,
    description: 'Largest request body, in bytes.',
  },
  upstreamResponseBytes: {
    setting: 'upstream_response_bytes',
    default: 16 * MiB,
    min: KiB,
    max: 1024 * MiB,
    description: 'Largest answer or event of an upstream, decompressed, in bytes.',
  },
  schemaDepth: {
    setting: 'schema_depth',
    default: 64,
    min: 1,
    max: 512,
    description: 'Deepest nesting of a tool schema.',
  },
  listPages: {
    setting: 'list_pages',
    default: 64,
    min: 1,
    max: 10_000,
    description: 'Pages read of one list of an upstream.',
  },
  listTimeoutMs: {
    setting: 'list_timeout_ms',
    default: 5 * second,
    min: 100,
    max: 10 * minute,
    description: 'Time for reading one whole list of an upstream.',
  },
  listRefreshMs: {
    setting: 'list_refresh_ms',
    default: 5 * minute,
    min: second,
    max: 24 * 60 * minute,
    description: 'Lists of an upstream are read again this often, whether or not it says that they changed.',
  },
  headerTimeoutMs: {
    setting: 'header_timeout_ms',
    default: 15 * second,
    min: second,
    max: 10 * minute,
    description: 'Time a client has for sending its request headers.',
  },
  sessionsPerKey: {
    setting: 'sessions_per_key',
    default: 1000,
    min: 1,
    max: 1_000_000,
    description: 'Open MCP sessions of one virtual key.',
  },
  sessionIdleMs: {
    setting: 'session_idle_ms',
    default: 30 * minute,
    min: second,
    max: maxTimerMs,
    description: 'A session without any activity ends after this.',
  },
  streamAgeMs: {
    setting: 'stream_age_ms',
    default: 60 * minute,
    min: second,
    max: maxTimerMs,
    description: 'A stream ends this long after its last activity, whatever keeps it alive.',
  },
  sendBufferBytes: {
    setting: 'send_buffer_bytes',
    default: 8 * MiB,
    min: 64 * KiB,
    max: 1024 * MiB,
    description: 'Bytes waiting for a slow client before its connection is cut.',
  },
  upstreamInFlight: {
    setting: 'upstream_in_flight',
    default: 256,
    min: 1,
    max: 100_000,
    description: 'Calls in flight to one upstream that has no max_concurrent_requests of its own.',
  },
  upstreamQueue: {
    setting: 'upstream_queue',
    default: 256,
    min: 0,
    max: 100_000,
    description: 'Calls that wait for one upstream before more are refused.',
  },
  connectTimeoutMs: {
    setting: 'connect_timeout_ms',
    default: 10 * second,
    min: 100,
    max: 10 * minute,
    description: 'Time for connecting to an upstream, its initialize included.',
  },
  heartbeatMs: {
    setting: 'heartbeat_ms',
    default: 15 * second,
    min: second,
    max: 10 * minute,
    description: 'Silent streams get a sign of life this often.',
  },
  toolLoopRounds: {
    setting: 'tool_loop_rounds',
    default: 10,
    min: 1,
    max: 1000,
    description: 'Rounds of model and tools in one completion.',
  },
  toolLoopMs: {
    setting: 'tool_loop_ms',
    default: 10 * minute,
    min: second,
    max: maxTimerMs,
    description: 'Total time of one completion with its tools.',
  },
} as const satisfies Record<keyof SafetyLimits, LimitDefinition>;

export const limitNames = Object.keys(safetyLimits) as readonly (keyof SafetyLimits)[];

/** Every limit at its default. */
export const defaultSafetyLimits: SafetyLimits = Object.freeze(
  Object.fromEntries(limitNames.map((name) => [name, safetyLimits[name].default])) as Record<
    keyof SafetyLimits,
    number
  >,
);
