import type { LimitWindow } from '../core/budget-window.js';
import type { LimitRule } from './limit-rule.js';

/** Which row of the database a lasting counter is. */
export interface CounterKey {
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly limit: string;
  readonly windowStart: Date;
}

/**
 * How much of a quota or budget is used in one window: what the database said last, and what this replica has counted
 * since. Other replicas' counts come with the answer to the next write.
 */
export class LastingCounter {
  /** What the database knows, all replicas together; meaningless until `isLoaded`. */
  base = 0;
  /** Counted here and not written. */
  pending = 0;
  /** On its way to the database. */
  writing = 0;
  isLoaded = false;
  loading: Promise<void> | null = null;

  constructor(
    readonly rule: LimitRule,
    readonly window: LimitWindow,
    public touchedAtMs: number,
  ) {}

  get used(): number {
    return this.base + this.pending + this.writing;
  }

  get key(): CounterKey {
    const { level, name } = this.rule;
    const windowStart = new Date(this.window.startMs);
    return { subjectKind: level.kind, subjectId: level.id, limit: name, windowStart };
  }

  isOver(nowMs: number): boolean {
    return this.window.endMs !== null && nowMs >= this.window.endMs;
  }
}
