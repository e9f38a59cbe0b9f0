import { Body, Controller, Get, HttpCode, Post, Query, UsePipes } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';

import { Answers } from '../../http/answers.decorator.js';
import { RequirePermission } from '../../permissions/require-permission.decorator.js';
import { Asking, type AdminRequest } from '../admin-request.js';
import { teamAnswers } from '../wire/answers.js';
import { RequestSchemaPipe } from '../wire/request-schema.pipe.js';
import {
  deleteTeamsBody,
  newTeamBody,
  teamBody,
  teamInfoQuery,
  teamListQuery,
  teamMemberBodies,
  updateTeamBody,
  type NewTeamBody,
  type TeamListQuery,
  type UpdateTeamBody,
} from '../wire/team-wire.js';
import { TeamAdmin } from './team-admin.service.js';
import { TeamMembers } from './team-members.service.js';
import { TeamQuery } from './team-query.service.js';

/** Teams, in LiteLLM's routes and names. */
@ApiTags('teams')
@Controller('team')
@UsePipes(RequestSchemaPipe)
export class TeamController {
  constructor(
    private readonly teams: TeamAdmin,
    private readonly members: TeamMembers,
    private readonly query: TeamQuery,
  ) {}

  @Post('new')
  @HttpCode(200)
  @RequirePermission('teams.create')
  @ApiOperation({ summary: 'Create a team, with its first members.' })
  @Answers(teamAnswers.team)
  create(@Asking() request: AdminRequest, @Body({ schema: newTeamBody }) body: NewTeamBody) {
    return this.teams.create(request, body);
  }

  @Post('update')
  @HttpCode(200)
  @RequirePermission('teams.update')
  @ApiOperation({ summary: 'Change the fields that are sent; null clears one.' })
  @Answers(teamAnswers.updated)
  update(@Asking() request: AdminRequest, @Body({ schema: updateTeamBody }) body: UpdateTeamBody) {
    return this.teams.update(request, body);
  }

  @Get('info')
  @RequirePermission('teams.read')
  @ApiOperation({ summary: 'One team, with its members and the keys the caller may see.' })
  @Answers(teamAnswers.info)
  info(@Asking() request: AdminRequest, @Query({ schema: teamInfoQuery }) query: { team_id: string }) {
    return this.query.info(request, query.team_id);
  }

  @Get('list')
  @RequirePermission('teams.read')
  @ApiOperation({ summary: 'A page of the teams the caller may see, newest first.' })
  @Answers(teamAnswers.list)
  list(@Asking() request: AdminRequest, @Query({ schema: teamListQuery }) query: TeamListQuery) {
    return this.query.list(request, query);
  }

  @Post('delete')
  @HttpCode(200)
  @RequirePermission('teams.delete')
  @ApiOperation({ summary: 'End teams and all their keys: all of those named, or none.' })
  @Answers(teamAnswers.deleted)
  delete(@Asking() request: AdminRequest, @Body({ schema: deleteTeamsBody }) body: { team_ids: string[] }) {
    return this.teams.delete(request, body.team_ids);
  }

  @Post('block')
  @HttpCode(200)
  @RequirePermission('teams.block')
  @ApiOperation({ summary: 'Refuse all keys of a team from now on.' })
  @Answers(teamAnswers.team)
  block(@Asking() request: AdminRequest, @Body({ schema: teamBody }) body: { team_id: string }) {
    return this.teams.setBlocked(request, body.team_id, true);
  }

  @Post('unblock')
  @HttpCode(200)
  @RequirePermission('teams.block')
  @ApiOperation({ summary: 'Let the keys of a blocked team in again.' })
  @Answers(teamAnswers.team)
  unblock(@Asking() request: AdminRequest, @Body({ schema: teamBody }) body: { team_id: string }) {
    return this.teams.setBlocked(request, body.team_id, false);
  }

  @Post('member_add')
  @HttpCode(200)
  @RequirePermission('teams.manage_members')
  @ApiOperation({ summary: 'Add a member, or several, or give them another role.' })
  @Answers(teamAnswers.membersAdded)
  add(
    @Asking() request: AdminRequest,
    @Body({ schema: teamMemberBodies.add }) body: z.infer<typeof teamMemberBodies.add>,
  ) {
    return this.members.add(request, body.team_id, body.member);
  }

  @Post('member_update')
  @HttpCode(200)
  @RequirePermission('teams.manage_members')
  @ApiOperation({ summary: "Change a member's role." })
  @Answers(teamAnswers.memberChanged)
  updateMember(
    @Asking() request: AdminRequest,
    @Body({ schema: teamMemberBodies.update }) body: z.infer<typeof teamMemberBodies.update>,
  ) {
    return this.members.update(request, body.team_id, body, body.role);
  }

  @Post('member_delete')
  @HttpCode(200)
  @RequirePermission('teams.manage_members')
  @ApiOperation({ summary: 'Take a member out; the keys they hold in the team end.' })
  @Answers(teamAnswers.team)
  removeMember(
    @Asking() request: AdminRequest,
    @Body({ schema: teamMemberBodies.remove }) body: z.infer<typeof teamMemberBodies.remove>,
  ) {
    return this.members.remove(request, body.team_id, body);
  }
}
