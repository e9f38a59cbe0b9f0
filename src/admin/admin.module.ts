import { Module } from '@nestjs/common';

import { DirectoryModule } from '../directory/directory.module.js';
import { PermissionsModule } from '../permissions/permissions.module.js';
import { AdminChanges } from './admin-changes.service.js';
import { CallerService } from './caller.service.js';
import { GrantCheck } from './grant-check.service.js';
import { KeyChanger } from './keys/key-changer.service.js';
import { KeyGrant } from './keys/key-grant.service.js';
import { KeyHolderService } from './keys/key-holder.service.js';
import { KeyIssuer } from './keys/key-issuer.service.js';
import { KeyQuery } from './keys/key-query.service.js';
import { KeyRotator } from './keys/key-rotator.service.js';
import { KeyController } from './keys/key.controller.js';
import { AccessGroups } from './mcp/access-groups.service.js';
import { Explain } from './mcp/explain.service.js';
import { McpAdminController } from './mcp/mcp-admin.controller.js';
import { ToolsetAdmin } from './mcp/toolset-admin.service.js';
import { MemberResolver } from './members/member-resolver.service.js';
import { OrganizationAdmin } from './organizations/organization-admin.service.js';
import { OrganizationQuery } from './organizations/organization-query.service.js';
import { OrganizationController } from './organizations/organization.controller.js';
import { AdminPortsModule } from './ports/admin-ports.module.js';
import { TeamAdmin } from './teams/team-admin.service.js';
import { TeamMembers } from './teams/team-members.service.js';
import { TeamQuery } from './teams/team-query.service.js';
import { TeamController } from './teams/team.controller.js';
import { UsageController } from './usage/usage.controller.js';
import { AuditAdmin } from './trail/audit-admin.service.js';
import { AuditController } from './trail/audit.controller.js';
import { UserAdmin } from './users/user-admin.service.js';
import { UserGroups } from './users/user-groups.service.js';
import { UserQuery } from './users/user-query.service.js';
import { UserController } from './users/user.controller.js';

/** The administration API. Needs the global modules of auth, audit and gateway. */
@Module({
  imports: [DirectoryModule, PermissionsModule, AdminPortsModule],
  controllers: [
    ...[KeyController, TeamController, UserController, OrganizationController],
    ...[McpAdminController, AuditController, UsageController],
  ],
  providers: [
    ...[CallerService, AdminChanges, GrantCheck, MemberResolver],
    ...[KeyHolderService, KeyGrant, KeyIssuer, KeyChanger, KeyRotator, KeyQuery],
    ...[TeamAdmin, TeamMembers, TeamQuery],
    ...[UserAdmin, UserGroups, UserQuery],
    ...[OrganizationAdmin, OrganizationQuery],
    ...[AccessGroups, ToolsetAdmin, Explain, AuditAdmin],
  ],
  exports: [AdminChanges],
})
export class AdminModule {}
