/**
 * What a message is made of (RFC 9110 section 5, RFC 9112 sections 3 to 7), as strict as Node's own parser. A character
 * is a byte.
 */
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** Visible characters, spaces, tabs and whatever is not ASCII: no control character, so no line break either. */
const text = '[\\t\\x20-\\x7e\\x80-\\xff]*';
const quoted = '"(?:[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';
/** No space before the colon, and none in front of the name: that would be the obsolete folding of lines. */
const field = `${token}:${text}`;

export const fieldName = new RegExp(`^${token}$`);
export const fieldValue = new RegExp(`^${text}$`);
export const fieldLine = new RegExp(`^${field}$`);
/** What says where a message ends, so that it cannot come behind the end (RFC 9110 section 6.5.1). */
export const framingName = /^(?:content-length|transfer-encoding):/i;
/** A start line, whatever it says, and the header lines, without the empty line at their end. */
export const messageHead = new RegExp(`^${text}(?:\\r\\n${field})*$`);
/** Minor version and status. */
export const statusLine = new RegExp(`^HTTP/1\\.([01]) ([1-9]\\d\\d)(?: ${text})?$`);
/** The size of a chunk in hexadecimal digits, and extensions, which mean nothing to us. */
export const chunkLine = new RegExp(`^([0-9a-fA-F]{1,12})(?:;${token}(?:=(?:${token}|${quoted}))?)*$`);
export const requestTarget = /^\/[\x21-\x7e]*$/;

/** A value without the white space around it, which in HTTP is spaces and tabs alone. */
export function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;
