import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

import { errorCatalogue } from './core/errors.js';
import { version } from './core/version.js';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const satisfies readonly (keyof PathItem)[];

const about = `One address for every MCP tool a company has, and for its models.

MCP clients connect to \`/mcp\`, which speaks JSON-RPC and is not described here. Every error is
\`{"error":{"message","type","param","code"}}\`, every answer carries \`x-request-id\`.`;

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string', enum: [...new Set(Object.values(errorCatalogue).map(({ type }) => type))] },
        param: { type: 'string', nullable: true, description: 'The field, header or parameter at fault.' },
        code: { type: 'string', enum: Object.values(errorCatalogue).map(({ code }) => code) },
      },
    },
  },
};

/** /openapi.json and /docs; the document is made when it is first asked for. */
export function describeApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => apiDescription(app), {
    jsonDocumentUrl: 'openapi.json',
    customSiteTitle: 'Toolgate API',
  });
}

function apiDescription(app: INestApplication): OpenAPIObject {
  const base = new DocumentBuilder()
    .setTitle('Toolgate')
    .setDescription(about)
    .setVersion(version)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'A virtual key: sk-...' })
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-litellm-api-key' }, 'x-litellm-api-key')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-api-key' }, 'x-api-key')
    .build();
  const document = SwaggerModule.createDocument(app, base, { standardSchemaConverter: toOpenApi });
  document.security = [{ bearer: [] }, { 'x-litellm-api-key': [] }, { 'x-api-key': [] }];
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Error: errorSchema },
    responses: {
      Error: {
        description: 'What went wrong, and what to do about it.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of methods) {
      const operation = item[method];
      if (operation !== undefined) complete(operation, `${method} ${path}`);
    }
  }
  return document;
}

/** What holds for every operation. */
function complete(operation: Operation, route: string): void {
  operation.operationId = route.replaceAll(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '');
  operation.responses['default'] = { $ref: '#/components/responses/Error' };
  for (const parameter of operation.parameters ?? []) {
    if ('in' in parameter && parameter.in === 'header') parameter.required = false;
  }
}

/** Zod's schemas hold checks that JSON Schema has no words for; those are left out of the description. */
function toOpenApi(
  schema: unknown,
  { schemaType }: { schemaType: 'input' | 'output' },
): { schema: Record<string, unknown>; components: Record<string, Record<string, unknown>> } | undefined {
  if (!(schema instanceof z.ZodType)) return undefined;
  const { definitions, ...root } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: schemaType,
    unrepresentable: 'any',
  });
  return { schema: root, components: (definitions ?? {}) as Record<string, Record<string, unknown>> };
}
