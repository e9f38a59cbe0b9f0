/**
 * Answers, and whether they are right. Small ones are parsed and judged each time. Parsing every large one would make
 * the load generator the bottleneck, so the first is parsed and judged, and each later one must equal it byte for byte
 * apart from its JSON-RPC id; one that does not is parsed and judged again.
 */
const LARGE = 16_384;
const FIRST_ID = 100_001; // six digits: large answers keep their length from call to call

export class IdSequence {
  #last = FIRST_ID - 1;

  next() {
    this.#last += 1;
    return this.#last;
  }
}

/** @returns {{ bytes: Buffer, message: object | null }} `message` is null for a large answer */
export const toAnswer = (bytes) => ({
  bytes,
  message: bytes.length > LARGE ? null : JSON.parse(bytes.toString()),
});

export const isNotification = (answer) => answer.message !== null && answer.message.method !== undefined;

/** A notification handler that counts progress of its own token and nothing else. */
export const onlyProgress = (token, onProgress) => (message) => {
  if (message.method === 'notifications/progress' && message.params.progressToken === token) onProgress();
};

export class AnswerCheck {
  #judge;
  #reference = null;

  /** @param {(message: object, expected: unknown) => string | null} judge says what is wrong, or null */
  constructor(judge) {
    this.#judge = judge;
  }

  /**
   * @param id the JSON-RPC id that was sent, or null on surfaces without ids
   * @returns {string | null} what is wrong with the answer, or null
   */
  fault(answer, id, expected) {
    if (answer.message !== null) return this.#faultOf(answer.message, id, expected);
    if (this.#equalsReference(answer.bytes, id)) return null;
    const fault = this.#faultOf(JSON.parse(answer.bytes.toString()), id, expected);
    if (fault === null) this.#remember(answer.bytes, id);
    return fault;
  }

  #faultOf(message, id, expected) {
    if (id !== null && message.id !== id) return `expected id ${id}, got ${JSON.stringify(message.id)}`;
    if (message.error !== undefined) return `error ${JSON.stringify(message.error).slice(0, 200)}`;
    return this.#judge(id === null ? message : message.result, expected);
  }

  #remember(bytes, id) {
    const idText = String(id);
    const idAt = id === null ? 0 : bytes.indexOf(idText);
    const idLength = id === null ? 0 : idText.length;
    this.#reference = {
      length: bytes.length,
      idAt,
      idLength,
      before: Buffer.from(bytes.subarray(0, idAt)),
      after: Buffer.from(bytes.subarray(idAt + idLength)),
    };
  }

  #equalsReference(bytes, id) {
    const reference = this.#reference;
    if (reference === null || bytes.length !== reference.length) return false;
    const { idAt, idLength, before, after } = reference;
    if (id !== null && bytes.latin1Slice(idAt, idAt + idLength) !== String(id)) return false;
    return bytes.subarray(0, idAt).equals(before) && bytes.subarray(idAt + idLength).equals(after);
  }
}
