import { Connection } from '../wire/connection.mjs';
import { MODERN_VERSION, headerLines, jsonPost, modernMeta, rpc } from '../wire/requests.mjs';
import { IdSequence, isNotification, onlyProgress, toAnswer } from './answers.mjs';

/** A client of the stateless revision 2026-07-28: no initialize, no session, an envelope on every request. */
export class StatelessClient {
  #ids = new IdSequence();
  #tokens = new IdSequence();
  #connection;
  #post;

  constructor({ url, headers }) {
    const address = new URL(url);
    this.#connection = new Connection(address);
    this.#post = jsonPost(address, `${headerLines(headers)}MCP-Protocol-Version: ${MODERN_VERSION}\r\n`);
  }

  get isDead() {
    return this.#connection.isDead;
  }

  open() {
    return this.#connection.connect();
  }

  callTool(tool, argumentsJson, done) {
    const params = `{"name":"${tool}","arguments":${argumentsJson},"_meta":{${modernMeta}}}`;
    this.#request('tools/call', `Mcp-Method: tools/call\r\nMcp-Name: ${tool}\r\n`, params, done);
  }

  callToolWithProgress(tool, argumentsJson, done, onProgress) {
    const token = this.#tokens.next();
    const params = `{"name":"${tool}","arguments":${argumentsJson},"_meta":{"progressToken":${token},${modernMeta}}}`;
    const headers = `Mcp-Method: tools/call\r\nMcp-Name: ${tool}\r\n`;
    this.#request('tools/call', headers, params, done, onlyProgress(token, onProgress));
  }

  listTools(done) {
    this.#request('tools/list', 'Mcp-Method: tools/list\r\n', `{"_meta":{${modernMeta}}}`, done);
  }

  close() {
    this.drop();
    return Promise.resolve();
  }

  drop() {
    this.#connection.close();
  }

  #request(method, headers, paramsJson, done, onNotification) {
    const id = this.#ids.next();
    let answer = null;
    this.#connection.send(this.#post(rpc(id, method, paramsJson), headers), {
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
}
