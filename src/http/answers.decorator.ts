import { ApiBody, ApiResponse, type ApiBodyOptions } from '@nestjs/swagger';
import { z } from 'zod';

type BodySchema = Extract<ApiBodyOptions, { schema: unknown }>['schema'];

/** What a route answers when it succeeds, for the description of the API. No answer is checked by it. */
export const Answers = (schema: z.ZodType, status = 200): MethodDecorator & ClassDecorator =>
  ApiResponse({ status, description: 'Done', standardSchema: schema });

/** What a route that reads its body itself takes, for the description of the API. */
export const Takes = (schema: z.ZodType): MethodDecorator =>
  ApiBody({ schema: z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as BodySchema });
