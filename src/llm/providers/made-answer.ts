import type { ProviderAnswer, ProviderBody } from './provider.js';

/** An answer that was not read from a wire that speaks OpenAI's API but made here. */
export function jsonAnswer(
  body: Buffer,
  status = 200,
  retryAfterSeconds: number | null = null,
): ProviderAnswer {
  const chunks = async function* (): AsyncGenerator<Buffer, void, undefined> {
    yield await Promise.resolve(body);
  };
  return {
    status,
    contentType: 'application/json',
    retryAfterSeconds,
    body: { [Symbol.asyncIterator]: chunks, whole: () => Promise.resolve(body) },
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
    body: new EventStreamBody(events),
    discard,
  };
}

/** Events as they are made; what they were made from is bounded where it is read. */
class EventStreamBody implements ProviderBody {
  constructor(private readonly events: AsyncGenerator<Buffer, void, undefined>) {}

  [Symbol.asyncIterator](): AsyncIterator<Buffer, void, undefined> {
    return this.events;
  }

  async whole(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.events) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
}
