/** One event as a browser would dispatch it. */
export interface ReferenceEvent {
  readonly type: string;
  readonly data: string;
  readonly id: string;
}

/**
 * The rules of WHATWG HTML section 9.2.6 for a whole stream, word by word and one after the other: decode, split into
 * lines, read each. Far too slow and greedy to be used.
 */
export function referenceEvents(bytes: Uint8Array): { events: ReferenceEvent[]; retryMs: number | null } {
  // "UTF-8 decode": one byte order mark goes, what is no UTF-8 becomes U+FFFD.
  const text = new TextDecoder().decode(bytes);
  const events: ReferenceEvent[] = [];
  let [data, type, lastId] = ['', '', ''];
  let retryMs: number | null = null;
  // The piece behind the last line's end is no line: "If the file ends in the middle of an event, it is not dispatched."
  for (const line of text.split(/\r\n|\n|\r/).slice(0, -1)) {
    if (line === '') {
      if (data !== '')
        events.push({ type: type === '' ? 'message' : type, data: data.slice(0, -1), id: lastId });
      [data, type] = ['', ''];
      continue;
    }
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/su.exec(line) ?? [];
    if (field === 'event') type = value;
    else if (field === 'data') data += `${value}\n`;
    else if (field === 'id' && !value.includes('\0')) lastId = value;
    else if (field === 'retry' && /^[0-9]+$/.test(value)) retryMs = Number(value);
  }
  return { events, retryMs };
}
