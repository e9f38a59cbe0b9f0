import type { ModelDeployment } from '../../config/gateway-config.js';
import { GatewayError } from '../../core/errors.js';
import { JsonSyntaxError, type JsonMembers } from '../../core/json-members.js';
import { scanObject } from '../../core/json-object.js';
import type { Cancellation } from '../cancellation.js';
import type { Provider, ProviderAnswer, ProviderCall } from '../providers/provider.js';
import { providerErrorBody } from '../providers/provider-error.js';
import { AttemptDeadline } from './attempt-deadline.js';

/** A whole JSON answer, or the beginning and the rest of a stream. */
export type AnswerBody =
  | { readonly kind: 'whole'; readonly bytes: Buffer; readonly members: JsonMembers }
  | {
      readonly kind: 'stream';
      readonly chunks: AsyncIterable<Buffer>;
      /** Lets go of the provider. Must be called by whoever got the stream, read to its end or not. Idempotent. */
      close(): void;
    };

export interface AttemptAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfterSeconds: number | null;
  readonly body: AnswerBody;
}

export interface AttemptCall extends Omit<ProviderCall, 'cancellation'> {
  /** Of the client. */
  readonly client: Cancellation;
  readonly maxBytes: number;
  /** When nothing of the answer is to come any more, however it ended. */
  readonly onEnd: () => void;
}

/**
 * One try of one deployment, until it is certain that there is an answer: the whole body, or the first bytes of a
 * stream. Errors of the provider come back in OpenAI's shape; anything that is no answer is thrown.
 */
export async function attempt(provider: Provider, call: AttemptCall): Promise<AttemptAnswer> {
  const deadline = new AttemptDeadline(call.deployment.timeoutMs, call.client);
  const end = (): void => {
    deadline.end();
    call.onEnd();
  };
  let isStreaming = false;
  try {
    const { operation, deployment, model, request } = call;
    const { cancellation } = deadline;
    const answer = await provider.send({ operation, deployment, model, request, cancellation });
    if (answer.status < 300 && isEventStream(answer.contentType)) {
      if (!call.request.isStream) throw invalidAnswer(answer, 'a stream that nobody asked for');
      const body = await startStream(answer, deadline, end);
      isStreaming = true;
      return toAttemptAnswer(answer, body);
    }
    const bytes = await answer.body.whole(call.maxBytes);
    return answer.status < 300 ? wholeAnswer(answer, bytes) : errorAnswer(answer, bytes, call.deployment);
  } finally {
    if (!isStreaming) end();
  }
}

function toAttemptAnswer(
  { status, contentType, retryAfterSeconds }: ProviderAnswer,
  body: AnswerBody,
): AttemptAnswer {
  return { status, contentType, retryAfterSeconds, body };
}

/** Some servers declare their JSON as text, so the body itself decides. */
function wholeAnswer(answer: ProviderAnswer, bytes: Buffer): AttemptAnswer {
  return toAttemptAnswer(answer, wholeBody(answer, bytes));
}

function wholeBody(answer: ProviderAnswer, bytes: Buffer): AnswerBody {
  try {
    return { kind: 'whole', bytes, members: scanObject(bytes) };
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw invalidAnswer(answer, 'something that is not JSON');
    throw error;
  }
}

/** A redirect would lead away from the configured address, so it is an error like any other that is not OpenAI's. */
function errorAnswer(answer: ProviderAnswer, bytes: Buffer, deployment: ModelDeployment): AttemptAnswer {
  if (answer.status < 400) throw invalidAnswer(answer, 'a redirect');
  const body = wholeBody(answer, providerErrorBody(answer.status, bytes, deployment));
  return { ...toAttemptAnswer(answer, body), contentType: 'application/json' };
}

async function startStream(
  answer: ProviderAnswer,
  deadline: AttemptDeadline,
  end: () => void,
): Promise<AnswerBody> {
  const iterator = answer.body[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) throw new GatewayError('UPSTREAM_UNAVAILABLE', { message: emptyStream });
  let isClosed = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    end();
    answer.discard();
  };
  return { kind: 'stream', chunks: new TimedChunks(first, iterator, deadline), close };
}

/** The chunks of a stream, for each of which the time of the attempt starts anew. */
class TimedChunks implements AsyncIterableIterator<Buffer, unknown> {
  #first: IteratorResult<Buffer, unknown> | null;

  constructor(
    first: IteratorResult<Buffer, unknown>,
    private readonly rest: AsyncIterator<Buffer, unknown>,
    private readonly deadline: AttemptDeadline,
  ) {
    this.#first = first;
  }

  next(): Promise<IteratorResult<Buffer, unknown>> {
    this.deadline.touch();
    const first = this.#first;
    if (first === null) return this.rest.next();
    this.#first = null;
    return Promise.resolve(first);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function isEventStream(contentType: string): boolean {
  return /^\s*text\/event-stream\b/i.test(contentType);
}

function invalidAnswer(answer: ProviderAnswer, what: string): GatewayError {
  answer.discard();
  return new GatewayError('UPSTREAM_INVALID_RESPONSE', {
    message: `The provider of this model sent ${what}.`,
  });
}

const emptyStream = 'The provider of this model closed the connection without an answer.';
