import type { INestApplication } from '@nestjs/common';

import { ConfigService } from './config/config.service.js';
import { ModelDirectory } from './llm/routing/model-directory.js';
import { MetricsService } from './metrics/metrics.service.js';

/** Hands each new configuration to the rooms that follow it without a restart; `UpstreamSet` does so for upstreams. */
export function followConfig(app: INestApplication): void {
  const config = app.get(ConfigService);
  const metrics = app.get(MetricsService);
  const models = app.get(ModelDirectory);
  config.onReload(({ ok }) => metrics.recordReload(ok ? 'applied' : 'rejected'));
  config.onChange((next) => models.load(next));
}
