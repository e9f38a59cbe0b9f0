import { CompletionsClient } from './completions-client.mjs';
import { HttpSseClient } from './http-sse-client.mjs';
import { RestClient } from './rest-client.mjs';
import { StatelessClient } from './stateless-client.mjs';
import { StreamableHttpClient } from './streamable-http-client.mjs';

/** Every surface of the gateway has one client; all share `open, close, drop, isDead` and the calls they can make. */
export const clients = {
  http: StreamableHttpClient,
  sse: HttpSseClient,
  stateless: StatelessClient,
  rest: RestClient,
  completions: CompletionsClient,
};

export const createClient = ({ surface, address }) => new clients[surface](address);
