import { Connection } from '../wire/connection.mjs';
import { headerLines, jsonPost } from '../wire/requests.mjs';
import { toAnswer } from './answers.mjs';

/** A client of POST /v1/chat/completions, whole and streamed. */
export class CompletionsClient {
  #connection;
  #post;
  #model;

  constructor({ url, headers, model }) {
    const address = new URL(url);
    this.#connection = new Connection(address);
    this.#post = jsonPost(address, headerLines(headers));
    this.#model = model;
  }

  get isDead() {
    return this.#connection.isDead;
  }

  open() {
    return this.#connection.connect();
  }

  /** @param options further members of the request, JSON text that begins with a comma */
  complete(prompt, done, options = '') {
    this.#connection.send(this.#post(this.#body(prompt, options)), {
      onError: done,
      onEnd: ({ status, body }) => {
        if (status !== 200) return done(new Error(`HTTP ${status} ${body.toString().slice(0, 200)}`));
        return done(null, toAnswer(body), null);
      },
    });
  }

  /** @param done `(error, answer)`; the answer's message is `{ text, isComplete }`, put together from the chunks */
  stream(prompt, done) {
    let text = '';
    let isComplete = false;
    let length = 0;
    this.#connection.send(this.#post(this.#body(prompt, ',"stream":true')), {
      onEvent: (_type, data) => {
        length += data.length;
        const event = data.toString();
        if (event === '[DONE]') isComplete = true;
        else text += JSON.parse(event).choices[0]?.delta?.content ?? '';
      },
      onError: done,
      onEnd: ({ status, body }) => {
        if (status !== 200) return done(new Error(`HTTP ${status} ${body.toString().slice(0, 200)}`));
        return done(null, { bytes: { length }, message: { text, isComplete } }, null);
      },
    });
  }

  close() {
    this.drop();
    return Promise.resolve();
  }

  drop() {
    this.#connection.close();
  }

  #body(prompt, options) {
    return `{"model":"${this.#model}","messages":[{"role":"user","content":"${prompt}"}]${options}}`;
  }
}
