import type { ProviderAnswer } from './provider.js';

/** An answer that was not read from a wire that speaks OpenAI's API but made here. */
export function jsonAnswer(
  body: Buffer,
  status = 200,
  retryAfterSeconds: number | null = null,
): ProviderAnswer {
  return {
    status,
    contentType: 'application/json',
    retryAfterSeconds,
    body: (async function* () {
      yield await Promise.resolve(body);
    })(),
    discard: () => undefined,
  };
}

export function eventStreamAnswer(
  events: AsyncGenerator<Buffer, void, undefined>,
  discard: () => void,
): ProviderAnswer {
  return {
    status: 200,
    contentType: 'text/event-stream; charset=utf-8',
    retryAfterSeconds: null,
    body: events,
    discard,
  };
}
