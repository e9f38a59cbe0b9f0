import { Module } from '@nestjs/common';

import { DirectoryModule } from '../directory/directory.module.js';
import { PermissionsModule } from '../permissions/permissions.module.js';
import { CallerService } from './caller.service.js';
import { ChangeAudit } from './change-audit.service.js';
import { GrantCheck } from './grant-check.service.js';
import { KeyChanger } from './keys/key-changer.service.js';
import { KeyController } from './keys/key.controller.js';
import { KeyGrant } from './keys/key-grant.service.js';
import { KeyHolderService } from './keys/key-holder.service.js';
import { KeyIssuer } from './keys/key-issuer.service.js';
import { KeyQuery } from './keys/key-query.service.js';
import { KeyRotator } from './keys/key-rotator.service.js';
import { AdminPortsModule } from './ports/admin-ports.module.js';

/** The administration API. Needs the global modules of auth, audit and gateway. */
@Module({
  imports: [DirectoryModule, PermissionsModule, AdminPortsModule],
  controllers: [KeyController],
  providers: [
    CallerService,
    ChangeAudit,
    GrantCheck,
    KeyGrant,
    KeyHolderService,
    KeyIssuer,
    KeyChanger,
    KeyRotator,
    KeyQuery,
  ],
})
export class AdminModule {}
