import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, UsePipes } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { GatewayError } from '../../core/errors.js';
import { Answers } from '../../http/answers.decorator.js';
import { RequirePermission } from '../../permissions/require-permission.decorator.js';
import { Asking, type AdminRequest } from '../admin-request.js';
import { keyAnswers } from '../wire/answers.js';
import {
  deleteKeysBody,
  generateKeyBody,
  keyBody,
  keyInfoQuery,
  keyListQuery,
  regenerateKeyBody,
  updateKeyBody,
  type DeleteKeysBody,
  type GenerateKeyBody,
  type KeyListQuery,
  type RegenerateKeyBody,
  type UpdateKeyBody,
} from '../wire/key-wire.js';
import { RequestSchemaPipe } from '../wire/request-schema.pipe.js';
import { KeyChanger } from './key-changer.service.js';
import { KeyIssuer } from './key-issuer.service.js';
import { KeyQuery } from './key-query.service.js';
import { KeyRotator } from './key-rotator.service.js';

const maxIdempotencyKeyLength = 255;

/** Virtual keys, in LiteLLM's routes and names. */
@ApiTags('keys')
@Controller('key')
@UsePipes(RequestSchemaPipe)
export class KeyController {
  constructor(
    private readonly issuer: KeyIssuer,
    private readonly changer: KeyChanger,
    private readonly rotator: KeyRotator,
    private readonly query: KeyQuery,
  ) {}

  @Post('generate')
  @HttpCode(200)
  @RequirePermission('keys.issue')
  @ApiOperation({ summary: 'Issue a virtual key. The answer is the only one that holds the secret.' })
  @Answers(keyAnswers.issued)
  generate(@Asking() request: AdminRequest, @Body({ schema: generateKeyBody }) body: GenerateKeyBody) {
    return this.issuer.generate(request, body);
  }

  @Post('update')
  @HttpCode(200)
  @RequirePermission('keys.update')
  @ApiOperation({ summary: 'Change the fields that are sent; null clears one.' })
  @Answers(keyAnswers.changed)
  update(@Asking() request: AdminRequest, @Body({ schema: updateKeyBody }) body: UpdateKeyBody) {
    return this.changer.update(request, body);
  }

  @Get('info')
  @RequirePermission('keys.read')
  @ApiOperation({ summary: 'One key, by default the one the request is made with.' })
  @Answers(keyAnswers.info)
  info(@Asking() request: AdminRequest, @Query({ schema: keyInfoQuery }) query: { key?: string }) {
    return this.query.info(request, query.key);
  }

  @Get('list')
  @RequirePermission('keys.read')
  @ApiOperation({ summary: 'A page of the keys the caller may see, newest first.' })
  @Answers(keyAnswers.list)
  list(@Asking() request: AdminRequest, @Query({ schema: keyListQuery }) query: KeyListQuery) {
    return this.query.list(request, query);
  }

  @Post('delete')
  @HttpCode(200)
  @RequirePermission('keys.delete')
  @ApiOperation({ summary: 'End keys for good: all of those named, or none.' })
  @Answers(keyAnswers.deleted)
  delete(@Asking() request: AdminRequest, @Body({ schema: deleteKeysBody }) body: DeleteKeysBody) {
    return this.changer.delete(request, body);
  }

  @Post('block')
  @HttpCode(200)
  @RequirePermission('keys.block')
  @ApiOperation({ summary: 'Refuse a key from now on, open sessions included.' })
  @Answers(keyAnswers.changed)
  block(@Asking() request: AdminRequest, @Body({ schema: keyBody }) body: { key: string }) {
    return this.changer.setBlocked(request, body.key, true);
  }

  @Post('unblock')
  @HttpCode(200)
  @RequirePermission('keys.unblock')
  @ApiOperation({ summary: 'Let a blocked key in again.' })
  @Answers(keyAnswers.changed)
  unblock(@Asking() request: AdminRequest, @Body({ schema: keyBody }) body: { key: string }) {
    return this.changer.setBlocked(request, body.key, false);
  }

  @Post('regenerate')
  @HttpCode(200)
  @RequirePermission('keys.rotate')
  @ApiOperation({ summary: 'Give the key named in the body a new secret.' })
  @Answers(keyAnswers.issued)
  regenerate(
    @Asking() request: AdminRequest,
    @Body({ schema: regenerateKeyBody }) body: RegenerateKeyBody,
    @Headers('idempotency-key') once?: string,
  ) {
    return this.rotator.regenerate(request, named(body.key), body, idempotencyKey(once));
  }

  @Post(':key/regenerate')
  @HttpCode(200)
  @RequirePermission('keys.rotate')
  @ApiOperation({ summary: 'Give a key a new secret; the old one goes on for grace_period.' })
  @Answers(keyAnswers.issued)
  regenerateNamed(
    @Asking() request: AdminRequest,
    @Param('key') key: string,
    @Body({ schema: regenerateKeyBody }) body: RegenerateKeyBody,
    @Headers('idempotency-key') once?: string,
  ) {
    return this.rotator.regenerate(request, sameKey(key, body.key), body, idempotencyKey(once));
  }
}

function named(key: string | null | undefined): string {
  if (key === null || key === undefined) {
    throw new GatewayError('UNPROCESSABLE', { param: 'key', message: 'key is missing.' });
  }
  return key;
}

function sameKey(inPath: string, inBody: string | null | undefined): string {
  if (inBody === null || inBody === undefined || inBody === inPath) return inPath;
  throw new GatewayError('INVALID_REQUEST', {
    param: 'key',
    message: 'key differs from the one in the path.',
  });
}

/** Text that the client chose to name this one request (draft-ietf-httpapi-idempotency-key-header). */
function idempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (header !== '' && header.length <= maxIdempotencyKeyLength) return header;
  throw new GatewayError('INVALID_REQUEST', {
    param: 'Idempotency-Key',
    message: `Idempotency-Key must have 1 to ${maxIdempotencyKeyLength} characters.`,
  });
}
