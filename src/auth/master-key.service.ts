import { timingSafeEqual } from 'node:crypto';

import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

import type { Principal } from '../core/principal.js';
import { Secret } from '../core/secret.js';
import { generateVirtualKey, hashVirtualKey } from '../core/virtual-key.js';
import { DatabaseService } from '../database/database.service.js';
import { GatewaySettingsStore } from '../database/gateway-settings.store.js';
import {
  CONFIGURED_MASTER_KEY,
  DEFAULT_ACCESS,
  type ConfiguredMasterKey,
  type DefaultAccess,
} from './auth-options.js';
import { masterPrincipal } from './master-principal.js';

const settingName = 'master_key_hash';

/**
 * The master key: the configured one, else one that is generated at the first start and kept as a hash. A configured
 * key replaces a generated one for as long as it is configured.
 */
@Injectable()
export class MasterKeyService implements OnModuleInit, OnModuleDestroy {
  readonly principal: Principal;
  readonly #logger = new Logger('MasterKey');
  #hash: Buffer | null;
  #generated: Secret | null = null;
  #loading: Promise<void> | null = null;
  #stopListening: (() => void) | undefined;

  constructor(
    @Inject(CONFIGURED_MASTER_KEY) configured: ConfiguredMasterKey,
    @Inject(DEFAULT_ACCESS) defaultAccess: DefaultAccess,
    private readonly settings: GatewaySettingsStore,
    private readonly database: DatabaseService,
  ) {
    this.principal = masterPrincipal(defaultAccess);
    this.#hash = configured === null ? null : Buffer.from(hashVirtualKey(configured.reveal()));
  }

  onModuleInit(): void {
    if (this.#hash !== null) return;
    const load = (): void => void this.#load().catch((error: unknown) => this.#logger.error(error));
    this.#stopListening = this.database.onReady(load);
    if (this.database.state === 'ready') load();
  }

  onModuleDestroy(): void {
    this.#stopListening?.();
  }

  /** Compared in constant time. False while the key is not known, because the database was not there yet. */
  matches(hash: string): boolean {
    const ours = this.#hash;
    if (ours === null) return false;
    const theirs = Buffer.from(hash);
    return ours.length === theirs.length && timingSafeEqual(ours, theirs);
  }

  /** Like `matches`, but reads the stored hash first where it is not known yet. Throws DATABASE_UNAVAILABLE. */
  async matchesStored(hash: string): Promise<boolean> {
    if (this.#hash === null) await this.#load();
    return this.matches(hash);
  }

  /** Resolves when the master key is known, which takes the database unless it is configured. */
  async whenKnown(): Promise<void> {
    if (this.#hash === null) await this.#load();
  }

  /** The key, if this very process generated it, for whoever shows it to the person at the terminal. Given out once. */
  generatedNow(): Secret | null {
    const generated = this.#generated;
    this.#generated = null;
    return generated;
  }

  #load(): Promise<void> {
    return (this.#loading ??= this.#read().finally(() => (this.#loading = null)));
  }

  async #read(): Promise<void> {
    if (this.#hash !== null) return;
    const candidate = generateVirtualKey();
    const stored = Buffer.from(
      await this.settings.getOrCreate(settingName, () => Buffer.from(hashVirtualKey(candidate))),
    );
    // Of several replicas that start at once, one wins.
    if (stored.equals(Buffer.from(hashVirtualKey(candidate)))) this.#generated = new Secret(candidate);
    this.#hash = stored;
  }
}
