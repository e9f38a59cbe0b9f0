import net from 'node:net';
import { Http1Parser } from './http1.mjs';
import { SseSplitter } from './sse.mjs';

const eventStream = /\r\ncontent-type: *text\/event-stream/i;

/**
 * One keep-alive HTTP/1.1 connection with one exchange at a time.
 *
 * An exchange is `{ onEnd(response), onError(error), onHead?(status, head), onEvent?(type, data) }`; with `onEvent`
 * an event stream is handed over event by event and `response.body` stays empty.
 */
export class Connection {
  #url;
  #socket = null;
  #exchange = null;

  constructor(url) {
    this.#url = url;
    this.isDead = false;
  }

  connect() {
    return new Promise((resolve, reject) => {
      const socket = net.connect({
        host: this.#url.hostname,
        port: Number(this.#url.port || 80),
        noDelay: true,
      });
      this.#socket = socket;
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        socket.on('error', (error) => this.#fail(error));
        resolve();
      });
      socket.on('close', () => this.#fail(new Error('the connection was closed')));
      const parser = new Http1Parser('response', this.#responseHandler());
      socket.on('data', (bytes) => parser.push(bytes));
    });
  }

  send(text, exchange) {
    if (this.isDead) {
      exchange.onError(new Error('the connection is closed'));
      return;
    }
    this.#exchange = exchange;
    this.#socket.write(text);
  }

  close() {
    this.isDead = true;
    this.#exchange = null;
    this.#socket?.destroy();
  }

  #responseHandler() {
    let status = 0;
    let head = '';
    let parts = [];
    let events = null;
    return {
      onHead: (startLine, headText) => {
        status = Number(startLine.slice(9, 12));
        head = headText;
        parts = [];
        const exchange = this.#exchange;
        events = exchange?.onEvent && eventStream.test(head) ? new SseSplitter(exchange.onEvent) : null;
        exchange?.onHead?.(status, head);
      },
      onBody: (bytes) => {
        if (events === null) parts.push(bytes);
        else events.push(bytes);
      },
      onEnd: () => {
        const exchange = this.#exchange;
        this.#exchange = null;
        const body = parts.length === 1 ? parts[0] : Buffer.concat(parts);
        exchange?.onEnd?.({ status, head, body, isStream: events !== null });
      },
    };
  }

  #fail(error) {
    if (this.isDead) return;
    this.isDead = true;
    const exchange = this.#exchange;
    this.#exchange = null;
    exchange?.onError?.(error);
  }
}
