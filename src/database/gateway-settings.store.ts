import { randomBytes } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { DatabaseService } from './database.service.js';

/** What the settings are called. One name here is one row; a name is never used for something else. */
export type GatewaySettingName = 'master_key_hash' | 'session_signing_secret' | (string & {});

const secretBytes = 32;

/** Small values that all replicas share and no file holds. */
@Injectable()
export class GatewaySettingsStore {
  constructor(private readonly database: DatabaseService) {}

  /** @throws GatewayError DATABASE_UNAVAILABLE, as all of these. */
  async get(name: GatewaySettingName): Promise<Uint8Array | null> {
    const row = await this.database.run((prisma) => prisma.gatewaySetting.findUnique({ where: { name } }));
    return row?.value ?? null;
  }

  /**
   * The stored value, or what `create` makes when there is none. When several replicas begin at once one of them wins,
   * and all get the winner's value.
   */
  async getOrCreate(name: GatewaySettingName, create: () => Uint8Array): Promise<Uint8Array> {
    const stored = await this.get(name);
    if (stored !== null) return stored;
    return this.database.run(async (prisma) => {
      const value = Uint8Array.from(create());
      await prisma.gatewaySetting.createMany({ data: { name, value }, skipDuplicates: true });
      const row = await prisma.gatewaySetting.findUniqueOrThrow({ where: { name } });
      return row.value;
    });
  }

  /** 32 random bytes, made once for all replicas, e.g. what session ids are signed with. */
  getOrCreateSecret(name: GatewaySettingName): Promise<Uint8Array> {
    return this.getOrCreate(name, () => randomBytes(secretBytes));
  }

  async set(name: GatewaySettingName, value: Uint8Array): Promise<void> {
    const bytes = Uint8Array.from(value);
    await this.database.run((prisma) =>
      prisma.gatewaySetting.upsert({
        where: { name },
        create: { name, value: bytes },
        update: { value: bytes },
      }),
    );
  }
}
