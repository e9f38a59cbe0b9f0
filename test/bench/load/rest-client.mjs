import { Connection } from '../wire/connection.mjs';
import { get, headerLines, jsonPost } from '../wire/requests.mjs';
import { toAnswer } from './answers.mjs';

/** A client of the REST routes: tools without MCP. */
export class RestClient {
  #connection;
  #post;
  #list;

  constructor({ callUrl, listUrl, headers }) {
    const call = new URL(callUrl);
    const lines = headerLines(headers);
    this.#connection = new Connection(call);
    this.#post = jsonPost(call, lines);
    this.#list = get(new URL(listUrl), 'application/json', lines);
  }

  get isDead() {
    return this.#connection.isDead;
  }

  open() {
    return this.#connection.connect();
  }

  callTool(tool, argumentsJson, done) {
    this.#send(this.#post(`{"name":"${tool}","arguments":${argumentsJson}}`), done);
  }

  listTools(done) {
    this.#send(this.#list, done);
  }

  close() {
    this.drop();
    return Promise.resolve();
  }

  drop() {
    this.#connection.close();
  }

  #send(text, done) {
    this.#connection.send(text, {
      onError: done,
      onEnd: ({ status, body }) => {
        if (status !== 200) return done(new Error(`HTTP ${status} ${body.toString().slice(0, 200)}`));
        return done(null, toAnswer(body), null);
      },
    });
  }
}
