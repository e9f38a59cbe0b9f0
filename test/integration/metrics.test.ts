import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CanActivate, ExecutionContext, INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';

import { ConfigModule } from '../../src/config/config.module.js';
import { ConfigService } from '../../src/config/config.service.js';
import type { GatewayConfig } from '../../src/config/gateway-config.js';
import { GatewayError } from '../../src/core/errors.js';
import type { Principal, Role } from '../../src/core/principal.js';
import { GatewayExceptionFilter } from '../../src/http/gateway-exception.filter.js';
import type { GatewayRequest } from '../../src/http/gateway-request.js';
import { MetricsModule } from '../../src/metrics/metrics.module.js';
import { MetricsService } from '../../src/metrics/metrics.service.js';
import { silent } from '../support/database.js';
import { principal } from '../unit/limits/support.js';

/** Takes the role for the key: who a key belongs to is not what is tested here. */
class RoleAsKey implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<GatewayRequest>();
    const role = request.headers['x-api-key'];
    if (typeof role !== 'string') throw new GatewayError('MISSING_KEY');
    request.principal = { ...principal(), role: role as Role } satisfies Principal;
    return true;
  }
}

describe('GET /metrics', () => {
  let app: INestApplication;
  let url: string;

  beforeEach(async () => {
    const config = { metricsPublic: false } as GatewayConfig;
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(config), MetricsModule],
    }).compile();
    app = module.createNestApplication();
    app.useLogger(false);
    app.use((request: GatewayRequest, _response: unknown, next: () => void) => {
      request.requestId = 'r1';
      next();
    });
    app.useGlobalGuards(new RoleAsKey());
    app.useGlobalFilters(new GatewayExceptionFilter(silent));
    await app.listen(0, '127.0.0.1');
    const server = app.getHttpServer() as { address(): AddressInfo };
    url = `http://127.0.0.1:${server.address().port}/metrics`;
  });

  afterEach(() => app.close());

  const get = (role?: string): Promise<Response> =>
    fetch(url, role === undefined ? {} : { headers: { 'x-api-key': role } });

  it('is for proxy admins and proxy admin viewers', async () => {
    for (const role of ['proxy_admin', 'proxy_admin_viewer']) {
      const response = await get(role);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(response.headers.get('x-request-id')).toBe('r1');
      expect(await response.text()).toContain('# TYPE toolgate_calls_total counter');
    }
    for (const role of ['internal_user', 'internal_user_viewer']) {
      const response = await get(role);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ error: { type: 'permission_error', code: 'forbidden' } });
    }
    expect((await get()).status).toBe(401);
  });

  it('is open to all while the configuration says so', async () => {
    const config = app.get(ConfigService);
    config.replace({ ...config.current, metricsPublic: true });
    expect((await get()).status).toBe(200);
    expect((await get('internal_user')).status).toBe(200);
    config.replace({ ...config.current, metricsPublic: false });
    expect((await get()).status).toBe(401);
  });

  it('shows what was counted', async () => {
    const metrics = app.get(MetricsService);
    metrics.setUpstreams(['github']);
    metrics.recordCall('rest', 'github', 'success', 12, 10);
    expect(await (await get('proxy_admin')).text()).toContain(
      'toolgate_calls_total{surface="rest",upstream="github",outcome="success"} 1',
    );
  });
});
