const hidden = '[redacted]';

/** Names of headers and fields whose values are never written down. */
const secretNames = [
  'authorization',
  'proxy-authorization',
  'x-api-key',
  'x-litellm-api-key',
  'x-goog-api-key',
  'api[-_]?key',
  'cookie',
  'set-cookie',
  'passwo?r?d',
  'secret',
  'client_secret',
  'token',
  'access_token',
  'refresh_token',
  'id_token',
  'auth_value',
  'authentication_token',
  'credentials?',
  'private_key',
  'master_key',
  'salt_key',
].join('|');

/** A secret field of JSON text; the value may be cut off, as the text of a capped body is. */
const jsonField = new RegExp(
  `"(${secretNames})"(\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\.)*(?:"|\\\\?$)|\\[[^\\]]*\\]?)`,
  'gi',
);
/** The same within a JSON string: quotes with a backslash before them. */
const quotedJsonField = new RegExp(
  `\\\\"(${secretNames})\\\\"(\\s*:\\s*)\\\\"(?:[^"\\\\]|\\\\\\\\(?:\\\\.|[^\\\\]))*(?:\\\\"|$)`,
  'gi',
);
/** Our keys and OpenAI's. `sk-...abcd`, the form in which keys are listed, is not one. */
const gatewayKey = /\bsk-[A-Za-z0-9_-]{3,}/g;
const vendorKey = /\b(?:gh[pousr]_|github_pat_|xox[abeoprs]-|AIza|AKIA|glpat-|ya29\.)[A-Za-z0-9_-]{10,}/g;
/** Upper bounds keep the search linear on text made to slow it down. */
const jwt = /\beyJ[\w-]{8,2048}\.[\w-]{8,4096}(?:\.[\w-]{0,2048})?/g;
const authorizationValue = /\b(Bearer|Basic)(\s+)(?!tokens?\b|auth|cred|realm|key)[\w.~+/=-]{6,}/gi;
const url = /\b(?:https?|wss?|postgres(?:ql)?|rediss?):\/\/[^\s"'<>\\]+/gi;

/** What every pattern above has somewhere: most lines have none of it, and are done with one look. */
const suspicious = new RegExp(
  `sk-|://|bearer|basic|gh[pousr]_|github_pat_|xox|AIza|AKIA|glpat-|ya29\\.|eyJ|(?:${secretNames})\\\\?"`,
  'i',
);

/** Text, JSON or not, without the secrets that can be told by their name or their looks. JSON stays JSON. */
export function redactText(text: string): string {
  if (!suspicious.test(text)) return text;
  return text
    .replace(jsonField, `"$1"$2"${hidden}"`)
    .replace(quotedJsonField, `\\"$1\\"$2\\"${hidden}\\"`)
    .replace(url, redactUrl)
    .replace(gatewayKey, `sk-${hidden}`)
    .replace(authorizationValue, `$1$2${hidden}`)
    .replace(vendorKey, hidden)
    .replace(jwt, hidden);
}

/**
 * An URL that may be shown: no user and password, no query values, no fragment, and no part of the path that looks
 * like a secret (hosted MCP servers put theirs there).
 */
export function redactUrl(text: string): string {
  const match = /^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?([^/?#]*)([^?#]*)(\?[^#]*)?/i.exec(text);
  if (match === null) return hidden;
  const [, scheme = '', host = '', path = '', query = ''] = match;
  const user = text.slice(scheme.length).split(/[/?#]/, 1)[0] === host ? '' : `${hidden}@`;
  const shownPath = path.split('/').map((part) => (looksSecret(part) ? hidden : part));
  const shownQuery = query.replace(/([?&][^=&]*)=[^&]*/g, `$1=${hidden}`);
  return `${scheme}${user}${host}${shownPath.join('/')}${shownQuery}`;
}

function looksSecret(part: string): boolean {
  if (part.startsWith('sk-')) return true;
  return part.length >= 16 && /\d/.test(part) && /[A-Za-z]/.test(part);
}

const secretHeader = new RegExp(`^(?:${secretNames})$`, 'i');

/** Headers for a log line: the ones that carry credentials are named, not shown. */
export function redactHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    shown[name] = secretHeader.test(name) ? hidden : redactText(String(value));
  }
  return shown;
}
