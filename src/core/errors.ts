/**
 * The closed catalogue of what can go wrong. The domain throws `GatewayError` with one of these codes; each protocol
 * has exactly one mapper (HTTP filter, JSON-RPC mapper, OpenAI mapper). `cause` goes to the log, never to the wire.
 *
 * `status` is the HTTP status, `type` and `code` stand in the OpenAI-shaped envelope, `rpcCode` is the JSON-RPC error
 * code (JSON-RPC 2.0 section 5.1, MCP 2026-07-28 for -3202x), `category` is the `data.category` of an upstream fault.
 */
interface ErrorDefinition {
  readonly status: number;
  readonly type: ErrorType;
  readonly code: string;
  readonly rpcCode: number;
  readonly category?: UpstreamFaultCategory;
  readonly message: (details: ErrorDetails) => string;
}

export type ErrorType =
  | 'authentication_error'
  | 'permission_error'
  | 'invalid_request_error'
  | 'not_found_error'
  | 'conflict_error'
  | 'rate_limit_error'
  | 'upstream_error'
  | 'service_unavailable_error'
  | 'internal_error';

/** Contract section 4: what an upstream fault is called towards a client. */
export type UpstreamFaultCategory =
  | 'upstream_unavailable'
  | 'upstream_timeout'
  | 'upstream_rejected_credentials'
  | 'upstream_invalid_response'
  | 'upstream_response_too_large'
  | 'overloaded';

/** Values a message may name. Never a secret, never an upstream's own text. */
export interface ErrorDetails {
  /** Replaces the catalogue's message; written by us, safe for any client. */
  readonly message?: string;
  /** The offending field, header or query parameter. */
  readonly param?: string;
  readonly upstream?: string;
  readonly tool?: string;
  readonly name?: string;
  /** Whole seconds, sent as `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** Sent as `Allow`: the methods that would have been right. */
  readonly allowedMethods?: readonly string[];
  /** Extra members for the JSON-RPC `error.data`. */
  readonly data?: Readonly<Record<string, unknown>>;
}

const said =
  (fallback: string) =>
  (details: ErrorDetails): string =>
    details.message ?? fallback;

const errorDefinitions = {
  MISSING_KEY: {
    status: 401,
    type: 'authentication_error',
    code: 'missing_api_key',
    rpcCode: -32600,
    message: said(
      'No virtual key was sent. Send it as "Authorization: Bearer sk-...", "x-litellm-api-key" or "x-api-key".',
    ),
  },
  MALFORMED_KEY: {
    status: 401,
    type: 'authentication_error',
    code: 'malformed_api_key',
    rpcCode: -32600,
    message: said('The virtual key is malformed. Expected "Authorization: Bearer sk-...".'),
  },
  UNKNOWN_KEY: {
    status: 401,
    type: 'authentication_error',
    code: 'invalid_api_key',
    rpcCode: -32600,
    message: said('This virtual key is not known.'),
  },
  KEY_BLOCKED: {
    status: 401,
    type: 'authentication_error',
    code: 'key_blocked',
    rpcCode: -32600,
    message: said('This virtual key is blocked.'),
  },
  KEY_EXPIRED: {
    status: 401,
    type: 'authentication_error',
    code: 'key_expired',
    rpcCode: -32600,
    message: said('This virtual key has expired.'),
  },
  FORBIDDEN: {
    status: 403,
    type: 'permission_error',
    code: 'forbidden',
    rpcCode: -32600,
    message: said('You may not do this.'),
  },
  ROUTE_NOT_ALLOWED: {
    status: 403,
    type: 'permission_error',
    code: 'route_not_allowed',
    rpcCode: -32600,
    message: said('This virtual key may not call this route.'),
  },
  MODEL_NOT_ALLOWED: {
    status: 403,
    type: 'permission_error',
    code: 'model_not_allowed',
    rpcCode: -32600,
    message: said('This virtual key may not use this model.'),
  },
  MODEL_NOT_FOUND: {
    status: 404,
    type: 'invalid_request_error',
    code: 'model_not_found',
    rpcCode: -32600,
    message: (d: ErrorDetails) =>
      d.message ?? `The model \`${d.name ?? ''}\` does not exist. GET /v1/models lists yours.`,
  },
  ORIGIN_NOT_ALLOWED: {
    status: 403,
    type: 'permission_error',
    code: 'origin_not_allowed',
    rpcCode: -32600,
    message: said('Requests from this Origin are not allowed.'),
  },
  NOT_FOUND: {
    status: 404,
    type: 'not_found_error',
    code: 'not_found',
    rpcCode: -32600,
    message: said('Not found.'),
  },
  SESSION_NOT_FOUND: {
    status: 404,
    type: 'not_found_error',
    code: 'session_not_found',
    rpcCode: -32600,
    message: said('Session not found. Open a new one with initialize.'),
  },
  MISSING_SESSION: {
    status: 400,
    type: 'invalid_request_error',
    code: 'missing_session_id',
    rpcCode: -32600,
    message: said('The Mcp-Session-Id header is missing. Open a session with initialize first.'),
  },
  UNKNOWN_TOOL: {
    status: 404,
    type: 'not_found_error',
    code: 'unknown_tool',
    rpcCode: -32602,
    message: (d: ErrorDetails) => `Unknown tool: ${d.tool ?? ''}`,
  },
  UNKNOWN_RESOURCE: {
    status: 404,
    type: 'not_found_error',
    code: 'unknown_resource',
    rpcCode: -32002,
    message: said('Resource not found.'),
  },
  AMBIGUOUS_TOOL_NAME: {
    status: 400,
    type: 'invalid_request_error',
    code: 'ambiguous_tool_name',
    rpcCode: -32602,
    message: said('This tool name is ambiguous.'),
  },
  INVALID_REQUEST: {
    status: 400,
    type: 'invalid_request_error',
    code: 'invalid_request',
    rpcCode: -32600,
    message: said('The request is invalid.'),
  },
  INVALID_PARAMS: {
    status: 400,
    type: 'invalid_request_error',
    code: 'invalid_params',
    rpcCode: -32602,
    message: said('The parameters are invalid.'),
  },
  INVALID_JSON: {
    status: 400,
    type: 'invalid_request_error',
    code: 'invalid_json',
    rpcCode: -32700,
    message: said('The body is not valid JSON.'),
  },
  METHOD_NOT_FOUND: {
    status: 404,
    type: 'invalid_request_error',
    code: 'method_not_found',
    rpcCode: -32601,
    message: said('Method not found.'),
  },
  UNSUPPORTED_PROTOCOL_VERSION: {
    status: 400,
    type: 'invalid_request_error',
    code: 'unsupported_protocol_version',
    rpcCode: -32022,
    message: said('This MCP protocol version is not supported.'),
  },
  HEADER_MISMATCH: {
    status: 400,
    type: 'invalid_request_error',
    code: 'header_mismatch',
    rpcCode: -32020,
    message: said('The MCP headers do not match the body.'),
  },
  MISSING_CLIENT_CAPABILITY: {
    status: 400,
    type: 'invalid_request_error',
    code: 'missing_client_capability',
    rpcCode: -32021,
    message: said('The client lacks a capability that this request needs.'),
  },
  NOT_ACCEPTABLE: {
    status: 406,
    type: 'invalid_request_error',
    code: 'not_acceptable',
    rpcCode: -32600,
    message: said('The Accept header does not allow the answer.'),
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    type: 'invalid_request_error',
    code: 'method_not_allowed',
    rpcCode: -32600,
    message: said('This HTTP method is not allowed here.'),
  },
  CONFLICT: {
    status: 409,
    type: 'conflict_error',
    code: 'conflict',
    rpcCode: -32600,
    message: said('This conflicts with what is there already.'),
  },
  BODY_TOO_LARGE: {
    status: 413,
    type: 'invalid_request_error',
    code: 'body_too_large',
    rpcCode: -32600,
    message: said('The body is too large.'),
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    type: 'invalid_request_error',
    code: 'headers_too_large',
    rpcCode: -32600,
    message: said('The request headers are too large.'),
  },
  REQUEST_TIMEOUT: {
    status: 408,
    type: 'invalid_request_error',
    code: 'request_timeout',
    rpcCode: -32600,
    message: said('The request did not arrive in time.'),
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    type: 'invalid_request_error',
    code: 'unsupported_media_type',
    rpcCode: -32600,
    message: said('The body must be sent as application/json.'),
  },
  UNPROCESSABLE: {
    status: 422,
    type: 'invalid_request_error',
    code: 'unprocessable',
    rpcCode: -32602,
    message: said('The request cannot be carried out.'),
  },
  RATE_LIMITED: {
    status: 429,
    type: 'rate_limit_error',
    code: 'rate_limit_exceeded',
    rpcCode: -32603,
    category: 'overloaded',
    message: said('A rate limit is reached.'),
  },
  BUDGET_EXCEEDED: {
    status: 429,
    type: 'rate_limit_error',
    code: 'budget_exceeded',
    rpcCode: -32603,
    category: 'overloaded',
    message: said('A budget is used up.'),
  },
  LIMITER_UNAVAILABLE: {
    status: 503,
    type: 'service_unavailable_error',
    code: 'limiter_unavailable',
    rpcCode: -32603,
    category: 'overloaded',
    message: said('A budget cannot be checked right now. Try again shortly.'),
  },
  TOO_MANY_SESSIONS: {
    status: 429,
    type: 'rate_limit_error',
    code: 'too_many_sessions',
    rpcCode: -32603,
    category: 'overloaded',
    message: said('This key has too many open sessions.'),
  },
  OVERLOADED: {
    status: 503,
    type: 'upstream_error',
    code: 'overloaded',
    rpcCode: -32603,
    category: 'overloaded',
    message: (d: ErrorDetails) =>
      d.message ?? `Upstream ${d.upstream ?? ''} has too many calls in flight. Try again.`,
  },
  UPSTREAM_UNAVAILABLE: {
    status: 502,
    type: 'upstream_error',
    code: 'upstream_unavailable',
    rpcCode: -32603,
    category: 'upstream_unavailable',
    message: (d: ErrorDetails) => d.message ?? `Upstream ${d.upstream ?? ''} is unavailable.`,
  },
  UPSTREAM_ERROR: {
    status: 502,
    type: 'upstream_error',
    code: 'upstream_error',
    rpcCode: -32603,
    message: said('The upstream answered with an error.'),
  },
  UPSTREAM_TIMEOUT: {
    status: 504,
    type: 'upstream_error',
    code: 'upstream_timeout',
    rpcCode: -32603,
    category: 'upstream_timeout',
    message: (d: ErrorDetails) => d.message ?? `Upstream ${d.upstream ?? ''} did not answer in time.`,
  },
  UPSTREAM_REJECTED_CREDENTIALS: {
    status: 502,
    type: 'upstream_error',
    code: 'upstream_rejected_credentials',
    rpcCode: -32603,
    category: 'upstream_rejected_credentials',
    message: (d: ErrorDetails) =>
      d.message ?? `Upstream ${d.upstream ?? ''} rejected the gateway's credentials.`,
  },
  UPSTREAM_INVALID_RESPONSE: {
    status: 502,
    type: 'upstream_error',
    code: 'upstream_invalid_response',
    rpcCode: -32603,
    category: 'upstream_invalid_response',
    message: (d: ErrorDetails) => d.message ?? `Upstream ${d.upstream ?? ''} sent an invalid response.`,
  },
  UPSTREAM_RESPONSE_TOO_LARGE: {
    status: 502,
    type: 'upstream_error',
    code: 'upstream_response_too_large',
    rpcCode: -32603,
    category: 'upstream_response_too_large',
    message: (d: ErrorDetails) =>
      d.message ?? `Upstream ${d.upstream ?? ''} sent a response over the size limit.`,
  },
  CANCELLED: {
    status: 499,
    type: 'invalid_request_error',
    code: 'cancelled',
    rpcCode: -32603,
    message: said('The call was cancelled.'),
  },
  DATABASE_UNAVAILABLE: {
    status: 503,
    type: 'service_unavailable_error',
    code: 'database_unavailable',
    rpcCode: -32603,
    category: 'overloaded',
    message: said('The database is unavailable. Try again shortly.'),
  },
  SHUTTING_DOWN: {
    status: 503,
    type: 'service_unavailable_error',
    code: 'shutting_down',
    rpcCode: -32603,
    category: 'overloaded',
    message: said('The gateway is shutting down. Try again shortly.'),
  },
  INTERNAL: {
    status: 500,
    type: 'internal_error',
    code: 'internal_error',
    rpcCode: -32603,
    message: () => 'Something went wrong inside the gateway. The request id finds it in the log.',
  },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof errorDefinitions;

export const errorCatalogue: Readonly<Record<ErrorCode, ErrorDefinition>> = errorDefinitions;

export class GatewayError extends Error {
  override readonly name = 'GatewayError';

  constructor(
    readonly code: ErrorCode,
    readonly details: ErrorDetails = {},
    options?: { cause?: unknown },
  ) {
    super(errorCatalogue[code].message(details), options);
  }

  get definition(): ErrorDefinition {
    return errorCatalogue[this.code];
  }
}

/** The OpenAI-shaped envelope of contract section 5. `param` is null unless a field is to blame. */
export function toErrorEnvelope(error: GatewayError): {
  error: { message: string; type: string; param: string | null; code: string };
} {
  const { type, code } = error.definition;
  return { error: { message: error.message, type, param: error.details.param ?? null, code } };
}
