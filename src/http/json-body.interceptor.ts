import {
  SetMetadata,
  type CallHandler,
  type CustomDecorator,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Observable } from 'rxjs';

import { GatewayError } from '../core/errors.js';
import type { GatewayRequest } from './gateway-request.js';
import { readBody, requireJson } from './read-body.js';

const streamedBody = 'toolgate:streamed-body';

/** The controller or method reads its body itself. */
export const StreamsBody = (): CustomDecorator => SetMetadata(streamedBody, true);

/** Reads JSON bodies after the guards, so that nothing of a request is judged before its key. */
export class JsonBodyInterceptor implements NestInterceptor {
  readonly #reflector = new Reflector();

  constructor(private readonly limitBytes: number) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.#reflector.getAllAndOverride<boolean | undefined>(streamedBody, targets) !== true) {
      const request = context.switchToHttp().getRequest<GatewayRequest & { body?: unknown }>();
      request.body = await this.#body(request);
    }
    return next.handle();
  }

  async #body(request: GatewayRequest): Promise<unknown> {
    const { headers } = request;
    const isEmpty = headers['content-length'] === '0' || headers['content-length'] === undefined;
    if (isEmpty && headers['transfer-encoding'] === undefined) return undefined;
    requireJson(request);
    const body = await readBody(request, this.limitBytes);
    if (body.length === 0) return undefined;
    try {
      return JSON.parse(body.toString());
    } catch (cause) {
      throw new GatewayError('INVALID_JSON', {}, { cause });
    }
  }
}
