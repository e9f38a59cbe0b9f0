import { Body, Controller, Get, HttpCode, Post, Query, UsePipes } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { Answers } from '../../http/answers.decorator.js';
import { RequirePermission } from '../../permissions/require-permission.decorator.js';
import { Asking, type AdminRequest } from '../admin-request.js';
import { userAnswers } from '../wire/answers.js';
import { RequestSchemaPipe } from '../wire/request-schema.pipe.js';
import {
  deleteUsersBody,
  newUserBody,
  updateUserBody,
  userInfoQuery,
  userListQuery,
  type NewUserBody,
  type UpdateUserBody,
  type UserListQuery,
} from '../wire/user-wire.js';
import { UserAdmin } from './user-admin.service.js';
import { UserQuery } from './user-query.service.js';

/** Users, in LiteLLM's routes and names. */
@ApiTags('users')
@Controller('user')
@UsePipes(RequestSchemaPipe)
export class UserController {
  constructor(
    private readonly users: UserAdmin,
    private readonly query: UserQuery,
  ) {}

  @Post('new')
  @HttpCode(200)
  @RequirePermission('users.create')
  @ApiOperation({ summary: 'Create a user, with a first key unless auto_create_key is false.' })
  @Answers(userAnswers.created)
  create(@Asking() request: AdminRequest, @Body({ schema: newUserBody }) body: NewUserBody) {
    return this.users.create(request, body);
  }

  @Post('update')
  @HttpCode(200)
  @RequirePermission('users.update')
  @ApiOperation({ summary: 'Change the fields that are sent; null clears one.' })
  @Answers(userAnswers.updated)
  update(@Asking() request: AdminRequest, @Body({ schema: updateUserBody }) body: UpdateUserBody) {
    return this.users.update(request, body);
  }

  @Get('info')
  @RequirePermission('users.read')
  @ApiOperation({ summary: 'One user, by default the one the key belongs to.' })
  @Answers(userAnswers.info)
  info(@Asking() request: AdminRequest, @Query({ schema: userInfoQuery }) query: { user_id?: string }) {
    return this.query.info(request, query.user_id);
  }

  @Get('list')
  @RequirePermission('users.read')
  @ApiOperation({ summary: 'A page of the users the caller may see, newest first.' })
  @Answers(userAnswers.list)
  list(@Asking() request: AdminRequest, @Query({ schema: userListQuery }) query: UserListQuery) {
    return this.query.list(request, query);
  }

  @Post('delete')
  @HttpCode(200)
  @RequirePermission('users.delete')
  @ApiOperation({ summary: 'End users and all their keys: all of those named, or none.' })
  @Answers(userAnswers.deleted)
  delete(@Asking() request: AdminRequest, @Body({ schema: deleteUsersBody }) body: { user_ids: string[] }) {
    return this.users.delete(request, body.user_ids);
  }
}
