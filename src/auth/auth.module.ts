import { Module, type DynamicModule } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';

import {
  CONFIGURED_MASTER_KEY,
  DEFAULT_ACCESS,
  type ConfiguredMasterKey,
  type DefaultAccess,
} from './auth-options.js';
import { Authenticator } from './authenticator.service.js';
import { IdentityCache } from './identity-cache.js';
import { IdentityChanges } from './identity-changes.service.js';
import { IdentityReader } from './identity-reader.service.js';
import { KeyLookupStore } from './key-lookup.store.js';
import { MasterKeyService } from './master-key.service.js';
import { PrincipalWatcher } from './principal-watcher.service.js';
import { VirtualKeyGuard } from './virtual-key.guard.js';
import { VirtualKeyStrategy } from './virtual-key.strategy.js';

/** Keys kept in memory; the unknown ones so briefly that one issued meanwhile is not missed for long. */
const cacheSize = { maxKnown: 100_000, maxUnknown: 50_000, unknownTtlMs: 10_000 };

/** Who it is. Needs `DatabaseService`, `ChangeBus` and `GatewaySettingsStore` from a global module. */
@Module({})
export class AuthModule {
  static register(options: { masterKey: ConfiguredMasterKey; defaultAccess: DefaultAccess }): DynamicModule {
    return {
      module: AuthModule,
      global: true,
      imports: [PassportModule],
      providers: [
        { provide: CONFIGURED_MASTER_KEY, useValue: options.masterKey },
        { provide: DEFAULT_ACCESS, useValue: options.defaultAccess },
        { provide: IdentityCache, useFactory: () => new IdentityCache(cacheSize) },
        KeyLookupStore,
        IdentityReader,
        IdentityChanges,
        PrincipalWatcher,
        MasterKeyService,
        Authenticator,
        VirtualKeyStrategy,
        VirtualKeyGuard,
      ],
      exports: [Authenticator, MasterKeyService, VirtualKeyGuard],
    };
  }
}
