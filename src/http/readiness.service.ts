import { Injectable } from '@nestjs/common';

export interface Readiness {
  readonly isReady: boolean;
  readonly status: 'healthy' | 'unhealthy' | 'shutting_down';
  readonly db: 'connected' | 'Not connected';
}

/** Whether the gateway should get traffic. The composition root says what the database is; a stop ends it for good. */
@Injectable()
export class ReadinessService {
  #isStopping = false;
  #isDatabaseReady: () => boolean = () => false;

  watchDatabase(isReady: () => boolean): void {
    this.#isDatabaseReady = isReady;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  stop(): void {
    this.#isStopping = true;
  }

  read(): Readiness {
    const hasDatabase = this.#isDatabaseReady();
    const isReady = hasDatabase && !this.#isStopping;
    const status = this.#isStopping ? 'shutting_down' : isReady ? 'healthy' : 'unhealthy';
    return { isReady, status, db: hasDatabase ? 'connected' : 'Not connected' };
  }
}
