import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Logger } from 'pino';
import { ZodError } from 'zod';

import { GatewayError, type ErrorCode } from '../core/errors.js';
import { sendError } from './error-response.js';
import type { GatewayRequest, GatewayResponse } from './gateway-request.js';

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
  return fromBodyParser(thrown) ?? new GatewayError('INTERNAL', {}, { cause: thrown });
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
  const message = param === '' ? issue.message : `${param}: ${issue.message}`;
  return new GatewayError(
    'INVALID_REQUEST',
    { message, ...(param === '' ? {} : { param }) },
    { cause: error },
  );
}

/** body-parser's errors carry `type` and `status`; their messages can quote the body, so they stay in the log. */
function fromBodyParser(thrown: unknown): GatewayError | null {
  if (!(thrown instanceof Error) || !('type' in thrown)) return null;
  switch (thrown.type) {
    case 'entity.parse.failed':
      return new GatewayError('INVALID_JSON', {}, { cause: thrown });
    case 'entity.too.large':
      return new GatewayError('BODY_TOO_LARGE', {}, { cause: thrown });
    case 'request.aborted':
      return new GatewayError('CANCELLED', {}, { cause: thrown });
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return new GatewayError('UNSUPPORTED_MEDIA_TYPE', {}, { cause: thrown });
    default:
      return null;
  }
}

/** The one place where an error of a Nest route becomes an HTTP answer. */
@Catch()
export class GatewayExceptionFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    respondWithError(
      this.logger,
      http.getRequest<GatewayRequest>(),
      http.getResponse<GatewayResponse>(),
      thrown,
    );
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
