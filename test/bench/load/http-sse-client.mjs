import { Connection } from '../wire/connection.mjs';
import { get, headerLines, initialize, initialized, jsonPost, rpc } from '../wire/requests.mjs';
import { IdSequence, isNotification, onlyProgress, toAnswer } from './answers.mjs';

/** A client of HTTP+SSE, 2024-11-05: a stream for the answers, a second connection for the requests. */
export class HttpSseClient {
  #url;
  #headers;
  #ids = new IdSequence();
  #tokens = new IdSequence();
  #stream;
  #posts = null;
  #post = null;
  /** The exchange under way: `{ onAnswer, onNotification, onError }`. */
  #pending = null;

  constructor({ url, headers }) {
    this.#url = new URL(url);
    this.#headers = headerLines(headers);
    this.#stream = new Connection(this.#url);
  }

  get isDead() {
    return this.#stream.isDead;
  }

  async open() {
    await this.#stream.connect();
    const endpoint = new URL(await this.#openStream(), this.#url);
    this.#posts = new Connection(endpoint);
    this.#post = jsonPost(endpoint, this.#headers);
    await this.#posts.connect();
    await new Promise((resolve, reject) => {
      this.#exchange(initialize(0), (error) => (error ? reject(error) : resolve()));
    });
    await new Promise((resolve, reject) => {
      this.#posts.send(this.#post(initialized), {
        onError: reject,
        onEnd: ({ status }) => (status < 300 ? resolve() : reject(new Error(`initialized: HTTP ${status}`))),
      });
    });
  }

  #request(method, paramsJson, done, onNotification) {
    const id = this.#ids.next();
    this.#exchange(rpc(id, method, paramsJson), (error, answer) => done(error, answer, id), onNotification);
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

  /** Nothing further to open: the session is its stream. Frees the connection for requests, as an idle client does. */
  openStream() {
    this.#posts?.close();
    return Promise.resolve(true);
  }

  close() {
    this.drop();
    return Promise.resolve();
  }

  drop() {
    this.#posts?.close();
    this.#stream.close();
  }

  /** Resolves with the address that the first event, `endpoint`, names. */
  #openStream() {
    return new Promise((resolve, reject) => {
      this.#stream.send(get(this.#url, 'text/event-stream', this.#headers), {
        onHead: (status) => {
          if (status !== 200) reject(new Error(`opening the stream: HTTP ${status}`));
        },
        onError: (error) => {
          reject(error);
          this.#pending?.onError(error);
        },
        onEnd: () => {
          const error = new Error('the stream ended');
          reject(error);
          this.#pending?.onError(error);
        },
        onEvent: (type, data) => {
          if (type === 'endpoint') resolve(data.toString().trim());
          else this.#onMessage(toAnswer(data));
        },
      });
    });
  }

  #onMessage(answer) {
    if (this.#pending === null) return;
    if (isNotification(answer)) this.#pending.onNotification?.(answer.message);
    else this.#pending.onAnswer(answer);
  }

  /** Done when both the request is accepted and its answer has come on the stream. */
  #exchange(body, done, onNotification) {
    let isAccepted = false;
    let answer = null;
    const finish = (error) => {
      if (this.#pending === null) return;
      if (error === undefined && !(isAccepted && answer !== null)) return;
      this.#pending = null;
      done(error ?? null, answer);
    };
    this.#pending = {
      onNotification,
      onError: finish,
      onAnswer: (received) => {
        answer = received;
        finish();
      },
    };
    this.#posts.send(this.#post(body), {
      onError: finish,
      onEnd: ({ status, body: text }) => {
        if (status >= 300) return finish(new Error(`HTTP ${status} ${text.toString().slice(0, 200)}`));
        isAccepted = true;
        return finish();
      },
    });
  }
}
