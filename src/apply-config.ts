import type { INestApplication } from '@nestjs/common';

import { ConfigService } from './config/config.service.js';
import type { GatewayConfig } from './config/gateway-config.js';
import { ModelDirectory } from './llm/routing/model-directory.js';
import { MetricsService } from './metrics/metrics.service.js';
import { UpstreamRegistry } from './upstream-registry/upstream-registry.service.js';

/** Hands each new configuration to the rooms that follow it without a restart. */
export function followConfig(app: INestApplication): void {
  const config = app.get(ConfigService);
  const registry = app.get(UpstreamRegistry);
  const metrics = app.get(MetricsService);
  const models = app.get(ModelDirectory);
  const nameUpstreams = ({ upstreams }: GatewayConfig): void =>
    metrics.setUpstreams(upstreams.map(({ name }) => name));
  nameUpstreams(config.current);
  config.onReload(({ ok }) => metrics.recordReload(ok ? 'applied' : 'rejected'));
  config.onChange((next) => {
    registry.reconfigure(next.upstreams);
    models.load(next);
    nameUpstreams(next);
  });
}
