import { Connection } from '../wire/connection.mjs';
import {
  LEGACY_VERSION,
  get,
  headerLines,
  initialize,
  initialized,
  jsonPost,
  rpc,
  target,
} from '../wire/requests.mjs';
import { IdSequence, isNotification, onlyProgress, toAnswer } from './answers.mjs';

const sessionHeader = /\r\nmcp-session-id: *([^\r]+)/i;
const STREAM_OPEN_MS = 1000;

/** A client of Streamable HTTP, 2025-06-18: one session, one connection, one request at a time. */
export class StreamableHttpClient {
  #url;
  #headers;
  #ids = new IdSequence();
  #tokens = new IdSequence();
  #connection;
  #stream = null;
  #post;
  #hasSession = false;

  constructor({ url, headers }) {
    this.#url = new URL(url);
    this.#headers = headerLines(headers);
    this.#connection = new Connection(this.#url);
    this.#post = jsonPost(this.#url, this.#headers);
  }

  get isDead() {
    return this.#connection.isDead;
  }

  async open() {
    await this.#connection.connect();
    const { head } = await this.#openingExchange(initialize(0));
    const sessionId = sessionHeader.exec(head)?.[1];
    if (sessionId !== undefined) {
      this.#hasSession = true;
      this.#headers += `Mcp-Session-Id: ${sessionId}\r\nMcp-Protocol-Version: ${LEGACY_VERSION}\r\n`;
      this.#post = jsonPost(this.#url, this.#headers);
    }
    await this.#openingExchange(initialized);
  }

  /** @param done `(error, answer, id)` */
  #request(method, paramsJson, done, onNotification) {
    const id = this.#ids.next();
    let answer = null;
    this.#connection.send(this.#post(rpc(id, method, paramsJson)), {
      onEvent: (_type, data) => {
        const message = toAnswer(data);
        if (isNotification(message)) onNotification?.(message.message);
        else answer = message;
      },
      onError: done,
      onEnd: ({ status, body, isStream }) => {
        if (status !== 200) return done(new Error(`HTTP ${status} ${body.toString().slice(0, 200)}`));
        if (!isStream) answer = toAnswer(body);
        if (answer === null) return done(new Error('the stream ended without an answer'));
        return done(null, answer, id);
      },
    });
  }

  callTool(tool, argumentsJson, done) {
    this.#request('tools/call', `{"name":"${tool}","arguments":${argumentsJson}}`, done);
  }

  callToolWithProgress(tool, argumentsJson, done, onProgress) {
    const token = this.#tokens.next();
    const params = `{"name":"${tool}","arguments":${argumentsJson},"_meta":{"progressToken":${token}}}`;
    this.#request('tools/call', params, done, onlyProgress(token, onProgress));
  }

  listTools(done) {
    this.#request('tools/list', '{}', done);
  }

  /** Opens the session's own stream (GET) and answers whether the server offers one. */
  async openStream() {
    this.#stream = new Connection(this.#url);
    await this.#stream.connect();
    return new Promise((resolve) => {
      const giveUp = setTimeout(() => resolve(false), STREAM_OPEN_MS);
      this.#stream.send(get(this.#url, 'text/event-stream', this.#headers), {
        onHead: (status) => {
          clearTimeout(giveUp);
          resolve(status === 200);
        },
        onEvent: () => undefined,
        onError: () => resolve(false),
      });
    });
  }

  /** Ends the session (DELETE), then the connections. */
  async close() {
    if (this.#hasSession && !this.isDead) {
      await new Promise((resolve) => {
        const text = `DELETE ${target(this.#url)} HTTP/1.1\r\nHost: ${this.#url.host}\r\n${this.#headers}\r\n`;
        this.#connection.send(text, { onEnd: resolve, onError: resolve });
      });
    }
    this.drop();
  }

  /** Ends the connections without a word. */
  drop() {
    this.#connection.close();
    this.#stream?.close();
  }

  #openingExchange(body) {
    return new Promise((resolve, reject) => {
      this.#connection.send(this.#post(body), {
        onEvent: () => undefined,
        onError: reject,
        onEnd: (response) => {
          if (response.status < 300) resolve(response);
          else
            reject(
              new Error(
                `opening a session: HTTP ${response.status} ${response.body.toString().slice(0, 200)}`,
              ),
            );
        },
      });
    });
  }
}
