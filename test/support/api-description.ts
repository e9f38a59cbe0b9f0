import { z } from 'zod';

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, { content?: Record<string, { schema: object }> }>>;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** /openapi.json, to compare what it says with what the program does. */
export class ApiDescription {
  readonly #checked = new Set<string>();

  constructor(private readonly document: Description) {}

  static async of(url: string): Promise<ApiDescription> {
    const response = await fetch(`${url}/openapi.json`);
    return new ApiDescription((await response.json()) as Description);
  }

  get operations(): readonly (Operation & { readonly route: string })[] {
    return Object.entries(this.document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        ...operation,
        route: `${method.toUpperCase()} ${path}`,
      })),
    );
  }

  /** Routes for which `problemsOf` was never asked. */
  get unchecked(): readonly string[] {
    return this.operations.map(({ route }) => route).filter((route) => !this.#checked.has(route));
  }

  /** What of an answer is not as described; empty: all is. */
  problemsOf(method: string, path: string, status: number, body: unknown): readonly string[] {
    const operation = this.#find(method, path);
    if (operation === undefined) return [`${method} ${path} is not described`];
    this.#checked.add(operation.route);
    const response = operation.responses[String(status)];
    if (response === undefined) return [`${operation.route} does not answer ${status}`];
    const schema = response.content?.['application/json']?.schema;
    if (schema === undefined) return [];
    return (
      this.#parse(schema, body).error?.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`) ??
      []
    );
  }

  #find(method: string, path: string): (Operation & { readonly route: string }) | undefined {
    const { operations } = this;
    const exact = operations.find(({ route }) => route === `${method} ${path}`);
    return exact ?? operations.find(({ route }) => asPattern(route).test(`${method} ${path}`));
  }

  #parse(schema: object, body: unknown): z.ZodSafeParseResult<unknown> {
    const whole = JSON.stringify({ ...schema, definitions: this.document.components.schemas });
    const local = JSON.parse(whole.replaceAll('#/components/schemas/', '#/definitions/')) as Parameters<
      typeof z.fromJSONSchema
    >[0];
    return z.fromJSONSchema(local, { defaultTarget: 'openapi-3.0' }).safeParse(body);
  }
}

const asPattern = (route: string): RegExp => new RegExp(`^${route.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);
