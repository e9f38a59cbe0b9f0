import { Module } from '@nestjs/common';

import { MembershipService } from './membership.service.js';
import { MembershipStore } from './membership.store.js';
import { OrganizationService } from './organization.service.js';
import { OrganizationStore } from './organization.store.js';
import { TeamService } from './team.service.js';
import { TeamStore } from './team.store.js';
import { UserService } from './user.service.js';
import { UserStore } from './user.store.js';
import { VirtualKeyService } from './virtual-key.service.js';
import { VirtualKeyStore } from './virtual-key.store.js';

const services = [OrganizationService, TeamService, UserService, MembershipService, VirtualKeyService];

/** Organizations, teams, users and their keys. Needs `DatabaseService` and `ChangeBus` from a global module. */
@Module({
  providers: [OrganizationStore, TeamStore, UserStore, MembershipStore, VirtualKeyStore, ...services],
  exports: services,
})
export class DirectoryModule {}
