import { collectDefaultMetrics, Registry } from 'prom-client';

let shared: Registry | undefined;

/**
 * Process, heap, garbage collection and event loop. One registry a process, because a process is what it measures and
 * prom-client's observers cannot be taken down again.
 */
export function processMetrics(): Registry {
  if (shared === undefined) {
    shared = new Registry();
    collectDefaultMetrics({ register: shared, eventLoopMonitoringPrecision: 20 });
  }
  return shared;
}
