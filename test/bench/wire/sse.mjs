const NEWLINE = 0x0a;
const RETURN = 0x0d;
const newline = Buffer.from('\n');

/** Splits a text/event-stream body into events, on bytes: a large event is joined once and never decoded here. */
export class SseSplitter {
  #onEvent;
  #parts = [];
  #data = [];
  #type = 'message';

  /** @param {(type: string, data: Buffer) => void} onEvent */
  constructor(onEvent) {
    this.#onEvent = onEvent;
  }

  push(bytes) {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#line(this.#complete(bytes.subarray(start, end)));
      start = end + 1;
    }
    if (start < bytes.length) this.#parts.push(bytes.subarray(start));
  }

  #complete(lastPart) {
    let line = lastPart;
    if (this.#parts.length > 0) {
      this.#parts.push(lastPart);
      line = Buffer.concat(this.#parts);
      this.#parts = [];
    }
    return line.length > 0 && line[line.length - 1] === RETURN ? line.subarray(0, -1) : line;
  }

  #line(line) {
    if (line.length === 0) {
      if (this.#data.length > 0) this.#dispatch();
      this.#type = 'message';
    } else if (line.length >= 5 && line.latin1Slice(0, 5) === 'data:') {
      this.#data.push(line.subarray(line[5] === 0x20 ? 6 : 5));
    } else if (line.length >= 6 && line.latin1Slice(0, 6) === 'event:') {
      this.#type = line.latin1Slice(6).trim();
    }
  }

  #dispatch() {
    const data = this.#data.length === 1 ? this.#data[0] : joinLines(this.#data);
    this.#data = [];
    this.#onEvent(this.#type, data);
  }
}

function joinLines(lines) {
  return Buffer.concat(lines.flatMap((line, index) => (index === 0 ? [line] : [newline, line])));
}
