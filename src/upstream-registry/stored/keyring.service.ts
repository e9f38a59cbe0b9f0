import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Inject, Injectable } from '@nestjs/common';

import { GATEWAY_CONFIG } from '../../config/config.module.js';
import type { GatewayConfig } from '../../config/gateway-config.js';
import { Keyring } from './keyring.js';

const keyFile = 'salt.key';

/**
 * The keys for credentials at rest: `TOOLGATE_SALT_KEY`, several separated by commas with the one that seals first; or,
 * when it is not set, one in the data folder that is made when it is first needed.
 */
@Injectable()
export class KeyringService {
  #keyring: Promise<Keyring> | null = null;

  constructor(@Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig) {}

  get(): Promise<Keyring> {
    return (this.#keyring ??= this.#load().catch((error: unknown) => {
      this.#keyring = null;
      throw error;
    }));
  }

  async #load(): Promise<Keyring> {
    const configured = this.config.saltKey?.reveal() ?? (await this.#ownKey());
    const [first = '', ...others] = configured
      .split(',')
      .map((secret) => secret.trim())
      .filter((secret) => secret !== '');
    return Keyring.of([first, ...others]);
  }

  async #ownKey(): Promise<string> {
    const folder = this.config.database.dataDir;
    const path = join(folder, keyFile);
    await mkdir(folder, { recursive: true });
    try {
      await writeFile(path, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    return (await readFile(path, 'utf8')).trim();
  }
}
