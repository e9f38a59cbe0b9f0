import {
  Catch,
  HttpException,
  NotFoundException,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { ZodError } from 'zod';

import { GatewayError, type ErrorCode } from '../core/errors.js';
import { sendError } from './error-response.js';
import { pathOf, type GatewayRequest, type GatewayResponse } from './gateway-request.js';

const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_REQUEST',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  406: 'NOT_ACCEPTABLE',
  413: 'BODY_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'UNPROCESSABLE',
};

/** Anything thrown, as an error of the catalogue. What nobody foresaw becomes INTERNAL with its cause kept for the log. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  if (thrown instanceof ZodError) return fromZod(thrown);
  if (thrown instanceof HttpException) {
    const code = codeOfStatus[thrown.getStatus()];
    if (code === 'NOT_FOUND') return new GatewayError(code, {}, { cause: thrown });
    if (code !== undefined) return new GatewayError(code, { message: thrown.message }, { cause: thrown });
  }
  return new GatewayError('INTERNAL', {}, { cause: thrown });
}

/** The first problem, said in full: which field, what is wrong with it. */
function fromZod(error: ZodError): GatewayError {
  const [issue] = error.issues;
  if (issue === undefined) return new GatewayError('INVALID_REQUEST', {}, { cause: error });
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const param = [...path, issue.keys[0] ?? ''].join('.');
    return new GatewayError(
      'INVALID_REQUEST',
      { param, message: `Unknown field: ${param}` },
      { cause: error },
    );
  }
  const param = path.join('.');
  const message = `${param === '' ? 'The body' : `"${param}"`} ${issue.message}.`;
  return new GatewayError(
    'INVALID_REQUEST',
    { message, ...(param === '' ? {} : { param }) },
    { cause: error },
  );
}

/** The one place where an error of a Nest route becomes an HTTP answer. */
@Catch()
export class GatewayExceptionFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly methodsOf: (path: string) => readonly string[] = () => [],
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<GatewayRequest>();
    respondWithError(
      this.logger,
      request,
      http.getResponse<GatewayResponse>(),
      thrown instanceof NotFoundException ? this.#notRouted(request, thrown) : thrown,
    );
  }

  /** The router found no route: not for this method, or none at all. */
  #notRouted(request: GatewayRequest, cause: NotFoundException): GatewayError {
    const allowedMethods = this.methodsOf(pathOf(request));
    return allowedMethods.length === 0
      ? new GatewayError('NOT_FOUND', {}, { cause })
      : new GatewayError('METHOD_NOT_ALLOWED', { allowedMethods }, { cause });
  }
}

/** Logs what is ours to mend, then answers. */
export function respondWithError(
  logger: Logger,
  request: GatewayRequest,
  response: GatewayResponse,
  thrown: unknown,
): void {
  const error = toGatewayError(thrown);
  if (error.code === 'INTERNAL') {
    logger.error({ err: error.cause ?? error, requestId: request.requestId }, 'unexpected error');
  }
  sendError(request, response, error);
}
