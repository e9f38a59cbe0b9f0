import type { SafetyLimits } from '../gateway-config.js';
import { limitNames, safetyLimits } from '../safety-limits.js';
import type { GeneralSettings } from '../schema/general.schema.js';

/** The safety limits: what the file says, LiteLLM's name for the body limit included, else the defaults. */
export function readLimits({ limits, max_request_size_mb: bodyMiB }: GeneralSettings): SafetyLimits {
  const entries = limitNames.map((name) => {
    const definition = safetyLimits[name];
    return [name, limits[definition.setting] ?? definition.default] as const;
  });
  const settings = Object.fromEntries(entries) as Record<keyof SafetyLimits, number>;
  if (bodyMiB !== undefined && limits[safetyLimits.bodyBytes.setting] === undefined) {
    settings.bodyBytes = Math.round(bodyMiB * 1024 * 1024);
  }
  return settings;
}
