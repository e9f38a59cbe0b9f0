import type { ModelDeployment } from '../../config/gateway-config.js';
import { Secret } from '../../core/secret.js';

const hidden = '[redacted]';

/** Things that look like a provider's key, also those a provider shortened with asterisks. */
const keyLike =
  /\b(?:sk|pk|gsk|xai|rk|key|AIza|AKIA)[-_]?[A-Za-z0-9_-]*\*{2,}[A-Za-z0-9_*-]*|\b(?:sk-|gsk_|xai-|AIza|AKIA)[A-Za-z0-9_-]{8,}/g;

/** Below this a configured value is too common a word to be a secret, and replacing it would garble the text. */
const shortestSecret = 6;

/** Takes a deployment's credentials and address out of a text that a provider wrote. */
export function redact(text: string, deployment: ModelDeployment): string {
  let clean = text;
  for (const secret of secretsOf(deployment)) clean = clean.replaceAll(secret, hidden);
  return clean.replaceAll(keyLike, hidden);
}

function secretsOf(deployment: ModelDeployment): string[] {
  const values: string[] = [];
  if (deployment.apiKey !== null) values.push(deployment.apiKey.reveal());
  collect(deployment.extra, values);
  if (deployment.apiBase !== null) {
    values.push(deployment.apiBase);
    if (URL.canParse(deployment.apiBase)) {
      const { origin, host, hostname } = new URL(deployment.apiBase);
      values.push(origin, host, hostname);
    }
  }
  // The longest first: a host within a URL must not be replaced before the URL.
  return values.filter((value) => value.length >= shortestSecret).sort((a, b) => b.length - a.length);
}

function collect(value: unknown, into: string[]): void {
  if (value instanceof Secret) into.push(value.reveal());
  else if (Array.isArray(value)) for (const entry of value as unknown[]) collect(entry, into);
  else if (typeof value === 'object' && value !== null)
    for (const entry of Object.values(value)) collect(entry, into);
}
