import { capabilitiesOf, encodeFeatures, type ClientFeatures } from '../../../core/client-features.js';
import { envelopeKey } from '../../../core/envelope.js';
import { spliceMembers, textMembers } from '../../../core/json-scanner.js';
import { modernVersion } from '../../../core/protocol-version.js';
import { version } from '../../../core/version.js';

export const clientInfo = { name: 'toolgate', title: 'Toolgate', version } as const;

/** Members of `_meta` by what the client can do and which log level it wants; there are few of either. */
const known = new Map<string, Readonly<Record<string, string>>>();

/** What every request of revision 2026-07-28 says in `_meta`: member name to JSON text (basic/index, "_meta"). */
function envelopeOf(features: ClientFeatures, logLevel: string | null): Readonly<Record<string, string>> {
  const key = `${encodeFeatures(features)} ${logLevel ?? ''}`;
  let envelope = known.get(key);
  if (envelope === undefined) {
    envelope = {
      [envelopeKey.protocolVersion]: JSON.stringify(modernVersion),
      [envelopeKey.clientInfo]: JSON.stringify(clientInfo),
      [envelopeKey.clientCapabilities]: JSON.stringify(capabilitiesOf(features)),
      ...(logLevel === null ? {} : { [envelopeKey.logLevel]: JSON.stringify(logLevel) }),
    };
    known.set(key, envelope);
  }
  return envelope;
}

/** JSON text of params with the envelope in their `_meta`. Everything else stays byte for byte. */
export function withEnvelope(paramsJson: string, features: ClientFeatures, logLevel: string | null): string {
  const envelope = envelopeOf(features, logLevel);
  // Params without `_meta` are the rule, and need no scan.
  if (!paramsJson.includes('"_meta"')) return withFirstMember(paramsJson, '_meta', objectText(envelope));
  const members = textMembers(paramsJson);
  const range = members.get('_meta');
  const isObject = range !== undefined && paramsJson[range.start] === '{';
  const meta = isObject
    ? spliceMembers(paramsJson, textMembers(paramsJson, range.start), envelope)
    : objectText(envelope);
  return spliceMembers(paramsJson, members, { _meta: meta });
}

/** JSON text of an object with one member more, which it must not have yet. */
function withFirstMember(json: string, name: string, valueJson: string): string {
  const rest = json.slice(json.indexOf('{') + 1);
  const comma = /^\s*\}/.test(rest) ? '' : ',';
  return `{${JSON.stringify(name)}:${valueJson}${comma}${rest}`;
}

function objectText(members: Readonly<Record<string, string>>): string {
  return `{${Object.entries(members)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    .join(',')}}`;
}
