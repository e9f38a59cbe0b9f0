import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query, UsePipes } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';

import { Answers } from '../../http/answers.decorator.js';
import { RequirePermission } from '../../permissions/require-permission.decorator.js';
import { Asking, type AdminRequest } from '../admin-request.js';
import { organizationAnswers } from '../wire/answers.js';
import {
  deleteOrganizationsBody,
  newOrganizationBody,
  organizationInfoQuery,
  organizationListQuery,
  organizationMemberBodies as memberBodies,
  updateOrganizationBody,
  type NewOrganizationBody,
  type OrganizationListQuery,
  type UpdateOrganizationBody,
} from '../wire/organization-wire.js';
import { RequestSchemaPipe } from '../wire/request-schema.pipe.js';
import { OrganizationAdmin } from './organization-admin.service.js';
import { OrganizationQuery } from './organization-query.service.js';

type MemberUpdate = z.infer<typeof memberBodies.update>;
type MemberRemoval = z.infer<typeof memberBodies.remove>;
interface Doomed {
  readonly organization_ids: string[];
}

/** Organizations, in LiteLLM's routes, names and verbs; POST works where LiteLLM wants PATCH or DELETE. */
@ApiTags('organizations')
@Controller('organization')
@UsePipes(RequestSchemaPipe)
export class OrganizationController {
  constructor(
    private readonly organizations: OrganizationAdmin,
    private readonly query: OrganizationQuery,
  ) {}

  @Post('new')
  @HttpCode(200)
  @RequirePermission('organizations.create')
  @ApiOperation({ summary: 'Create an organization.' })
  @Answers(organizationAnswers.organization)
  create(@Asking() request: AdminRequest, @Body({ schema: newOrganizationBody }) body: NewOrganizationBody) {
    return this.organizations.create(request, body);
  }

  @Patch('update')
  @RequirePermission('organizations.update')
  @ApiOperation({ summary: 'Change the fields that are sent; null clears one.' })
  @Answers(organizationAnswers.organization)
  update(
    @Asking() request: AdminRequest,
    @Body({ schema: updateOrganizationBody }) body: UpdateOrganizationBody,
  ) {
    return this.organizations.update(request, body);
  }

  @Post('update')
  @HttpCode(200)
  @RequirePermission('organizations.update')
  @ApiOperation({ summary: 'The same as PATCH.' })
  @Answers(organizationAnswers.organization)
  updateByPost(
    @Asking() request: AdminRequest,
    @Body({ schema: updateOrganizationBody }) body: UpdateOrganizationBody,
  ) {
    return this.organizations.update(request, body);
  }

  @Get('info')
  @RequirePermission('organizations.read')
  @ApiOperation({ summary: 'One organization, with its members and the teams the caller may see.' })
  @Answers(organizationAnswers.info)
  info(
    @Asking() request: AdminRequest,
    @Query({ schema: organizationInfoQuery }) query: { organization_id: string },
  ) {
    return this.query.info(request, query.organization_id);
  }

  @Get('list')
  @RequirePermission('organizations.read')
  @ApiOperation({ summary: 'A page of the organizations the caller may see, newest first.' })
  @Answers(organizationAnswers.list)
  list(
    @Asking() request: AdminRequest,
    @Query({ schema: organizationListQuery }) query: OrganizationListQuery,
  ) {
    return this.query.list(request, query);
  }

  @Delete('delete')
  @RequirePermission('organizations.delete')
  @ApiOperation({ summary: 'End organizations with their teams and all keys: all of those named, or none.' })
  @Answers(organizationAnswers.deleted)
  delete(@Asking() request: AdminRequest, @Body({ schema: deleteOrganizationsBody }) body: Doomed) {
    return this.organizations.delete(request, body.organization_ids);
  }

  @Post('delete')
  @HttpCode(200)
  @RequirePermission('organizations.delete')
  @ApiOperation({ summary: 'The same as DELETE.' })
  @Answers(organizationAnswers.deleted)
  deleteByPost(@Asking() request: AdminRequest, @Body({ schema: deleteOrganizationsBody }) body: Doomed) {
    return this.organizations.delete(request, body.organization_ids);
  }

  @Post('member_add')
  @HttpCode(200)
  @RequirePermission('organizations.manage_members')
  @ApiOperation({ summary: 'Add a member, or several, or give them another role.' })
  @Answers(organizationAnswers.membersAdded)
  addMember(
    @Asking() request: AdminRequest,
    @Body({ schema: memberBodies.add }) body: z.infer<typeof memberBodies.add>,
  ) {
    return this.organizations.addMembers(request, body.organization_id, body.member);
  }

  @Patch('member_update')
  @RequirePermission('organizations.manage_members')
  @ApiOperation({ summary: "Change a member's role." })
  @Answers(organizationAnswers.memberChanged)
  updateMember(@Asking() request: AdminRequest, @Body({ schema: memberBodies.update }) body: MemberUpdate) {
    return this.organizations.updateMember(request, body.organization_id, body, body.role);
  }

  @Post('member_update')
  @HttpCode(200)
  @RequirePermission('organizations.manage_members')
  @ApiOperation({ summary: 'The same as PATCH.' })
  @Answers(organizationAnswers.memberChanged)
  updateMemberByPost(
    @Asking() request: AdminRequest,
    @Body({ schema: memberBodies.update }) body: MemberUpdate,
  ) {
    return this.organizations.updateMember(request, body.organization_id, body, body.role);
  }

  @Delete('member_delete')
  @RequirePermission('organizations.manage_members')
  @ApiOperation({ summary: 'Take a member out.' })
  @Answers(organizationAnswers.memberRemoved)
  removeMember(@Asking() request: AdminRequest, @Body({ schema: memberBodies.remove }) body: MemberRemoval) {
    return this.organizations.removeMember(request, body.organization_id, body);
  }

  @Post('member_delete')
  @HttpCode(200)
  @RequirePermission('organizations.manage_members')
  @ApiOperation({ summary: 'The same as DELETE.' })
  @Answers(organizationAnswers.memberRemoved)
  removeMemberByPost(
    @Asking() request: AdminRequest,
    @Body({ schema: memberBodies.remove }) body: MemberRemoval,
  ) {
    return this.organizations.removeMember(request, body.organization_id, body);
  }
}
