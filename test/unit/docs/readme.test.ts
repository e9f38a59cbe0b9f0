import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { loadConfig } from '../../../src/config/load-config.js';
import type { GatewayConfig } from '../../../src/config/gateway-config.js';
import { limitNames, safetyLimits } from '../../../src/config/safety-limits.js';
import { configFileSchema } from '../../../src/config/schema/config-file.schema.js';
import { auditSchema, generalSchema } from '../../../src/config/schema/general.schema.js';
import { litellmSchema, routerSchema } from '../../../src/config/schema/litellm.schema.js';
import { modelParamNames } from '../../../src/config/schema/model.schema.js';
import { serverSchema } from '../../../src/config/schema/server.schema.js';
import { errorCatalogue } from '../../../src/core/errors.js';
import { codes, readmeTable, readmeText } from './readme.js';

const firstCodes = (table: string): string[] => readmeTable(table).flatMap(([cell]) => codes(cell ?? ''));

describe('errors', () => {
  test('the table is the catalogue', () => {
    const named = { upstream: 'NAME', tool: 'NAME', name: 'NAME' };
    const catalogue = Object.values(errorCatalogue).map((definition) => [
      `\`${definition.code}\``,
      String(definition.status),
      `\`${definition.type}\``,
      String(definition.rpcCode),
      definition.category === undefined ? '' : `\`${definition.category}\``,
      definition.message(named),
    ]);
    expect(readmeTable('errors')).toEqual(catalogue);
  });
});

describe('settings', () => {
  test.each([
    ['mcp_servers', Object.keys(serverSchema.shape)],
    ['litellm_params', modelParamNames],
    ['general_settings', Object.keys(generalSchema.shape)],
    ['audit', Object.keys(auditSchema.shape)],
    ['litellm_settings', Object.keys(litellmSchema.shape)],
    ['router_settings', Object.keys(routerSchema.shape)],
    ['limits', limitNames.map((name) => safetyLimits[name].setting)],
  ])('%s has a row for each, in their order', (table, settings) => {
    expect(firstCodes(table)).toEqual(settings);
  });

  test('every section of the file is named', () => {
    for (const section of Object.keys(configFileSchema.shape)) expect(readmeText).toContain(`\`${section}\``);
  });

  test('safety limits stand with their defaults and meaning', () => {
    const limits = limitNames.map((name) => {
      const { setting, default: value, description } = safetyLimits[name];
      return [`\`${setting}\``, `\`${value}\``, description];
    });
    expect(readmeTable('limits')).toEqual(limits);
  });
});

describe('defaults', () => {
  const readers: Readonly<Record<string, (config: GatewayConfig) => unknown>> = {
    host: ({ server }) => server.host,
    port: ({ server }) => server.port,
    log_level: ({ log }) => log.level,
    hot_routes: ({ server }) => server.hotRoutes,
    allowed_origins: ({ server }) => server.allowedOrigins,
    cors_origins: ({ server }) => server.corsOrigins,
    shutdown_timeout_ms: ({ server }) => server.shutdownTimeoutMs,
    metrics_public: ({ metricsPublic }) => metricsPublic,
    fallbacks: ({ modelFallbacks }) => modelFallbacks,
    mcp_default_access: ({ mcp }) => mcp.defaultAccess,
    tool_name_separator: ({ mcp }) => mcp.separator,
    mcp_allow_private_urls: ({ mcp }) => mcp.allowPrivateUrls,
    mcp_stored_variable_allow_list: ({ mcp }) => mcp.storedVariableAllowList,
    mcp_page_size: ({ mcp }) => mcp.pageSize,
    mcp_retry_idempotent_tools: ({ mcp }) => mcp.retryIdempotentTools,
    disconnect_grace_ms: ({ mcp }) => mcp.disconnectGraceMs,
  };
  const auditReaders: Readonly<Record<string, (config: GatewayConfig) => unknown>> = {
    log_arguments: ({ audit }) => audit.logArguments,
    retention_days: ({ audit }) => audit.retentionDays,
  };
  const asWritten = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

  test.each([
    ['general_settings', readers],
    ['audit', auditReaders],
  ])('%s says what holds without a file', async (table, settings) => {
    const folder = mkdtempSync(join(tmpdir(), 'toolgate-readme-'));
    const { config } = await loadConfig({ argvFlags: {}, env: {}, cwd: folder });
    const written = new Map(
      readmeTable(table).map(([name, value]) => [codes(name ?? '')[0], codes(value ?? '')[0]]),
    );
    for (const [setting, read] of Object.entries(settings)) {
      expect([setting, written.get(setting)]).toEqual([setting, asWritten(read(config))]);
    }
  });
});

describe('architecture', () => {
  test('the table of rooms is what the arch rules keep', () => {
    const rules = createRequire(import.meta.url)('../../../.dependency-cruiser.cjs') as {
      forbidden: { name: string; comment?: string }[];
    };
    const kept = rules.forbidden
      .filter(({ name }) => name.startsWith('room-'))
      .map(({ name, comment = '' }) => {
        const allowed = comment.split(': ')[1] ?? '';
        return [name.slice('room-'.length), allowed === 'nothing' ? [] : allowed.split(', ')];
      });
    const written = readmeTable('rooms').map(([room, , allowed]) => [
      codes(room ?? '')[0],
      codes(allowed ?? ''),
    ]);
    expect(written).toEqual(kept);
  });
});

describe('links', () => {
  test('every link within the page leads to a heading', () => {
    const headings = [...readmeText.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      (heading ?? '')
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
    const links = [...readmeText.matchAll(/\]\(#([^)]+)\)/g)].map(([, link]) => link);
    expect(links.filter((link) => !headings.includes(link ?? ''))).toEqual([]);
  });
});
