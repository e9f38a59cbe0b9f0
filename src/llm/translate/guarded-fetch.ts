import { GatewayError } from '../../core/errors.js';

/** `fetch` that follows no redirect with credentials and gives up on an answer above `maxBytes`. */
export function guardedFetch(maxBytes: number): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'manual' });
    if (response.body === null) return response;
    let bytes = 0;
    const limited = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          bytes += chunk.length;
          if (bytes > maxBytes)
            controller.error(new GatewayError('UPSTREAM_RESPONSE_TOO_LARGE', { message: tooLarge }));
          else controller.enqueue(chunk);
        },
      }),
    );
    return new Response(limited, {
      status: response.status,
      statusText: response.statusText,
      headers: response.headers,
    });
  };
}

const tooLarge = 'The answer of the provider of this model is over the size limit.';
