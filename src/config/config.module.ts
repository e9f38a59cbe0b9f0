import { Module, type DynamicModule } from '@nestjs/common';

import type { ConfigOptions } from './config-options.js';
import { ConfigService } from './config.service.js';
import type { GatewayConfig } from './gateway-config.js';
import { CONFIG_OPTIONS, ConfigReloader } from './reload/config-reloader.service.js';
import { ConfigWatcher } from './reload/config-watcher.service.js';

/** Injects the snapshot that the gateway started with; for what can change under way ask ConfigService. */
export const GATEWAY_CONFIG = Symbol('GATEWAY_CONFIG');

@Module({})
export class ConfigModule {
  /** With `options`, how `config` was read, its files are watched and read again when they change. */
  static forRoot(config: GatewayConfig, options?: ConfigOptions): DynamicModule {
    const reload =
      options === undefined
        ? []
        : [{ provide: CONFIG_OPTIONS, useValue: options }, ConfigReloader, ConfigWatcher];
    return {
      module: ConfigModule,
      global: true,
      providers: [
        { provide: GATEWAY_CONFIG, useValue: config },
        { provide: ConfigService, useFactory: () => new ConfigService(config) },
        ...reload,
      ],
      exports: [GATEWAY_CONFIG, ConfigService, ...(options === undefined ? [] : [ConfigReloader])],
    };
  }
}
