import { Injectable } from '@nestjs/common';

export interface Readiness {
  readonly isReady: boolean;
  readonly status: 'healthy' | 'unhealthy' | 'shutting_down';
  readonly db: 'connected' | 'Not connected';
}

export interface ReadinessFacts {
  readonly isDatabaseReady: () => boolean;
  /** Whether what clients of an earlier process count on is known again. */
  readonly hasStarted: () => boolean;
}

/** Whether the gateway should get traffic. The composition root says what there is to watch; a stop ends it for good. */
@Injectable()
export class ReadinessService {
  #isStopping = false;
  #watched: ReadinessFacts = { isDatabaseReady: () => false, hasStarted: () => false };

  watch(facts: ReadinessFacts): void {
    this.#watched = facts;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  stop(): void {
    this.#isStopping = true;
  }

  read(): Readiness {
    const hasDatabase = this.#watched.isDatabaseReady();
    const isReady = hasDatabase && this.#watched.hasStarted() && !this.#isStopping;
    const status = this.#isStopping ? 'shutting_down' : isReady ? 'healthy' : 'unhealthy';
    return { isReady, status, db: hasDatabase ? 'connected' : 'Not connected' };
  }
}
