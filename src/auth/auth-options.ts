import type { McpConfig } from '../config/gateway-config.js';
import type { Secret } from '../core/secret.js';

/** `general_settings.mcp_default_access`: what a principal whose levels all say nothing may use. */
export type DefaultAccess = McpConfig['defaultAccess'];
export const DEFAULT_ACCESS = Symbol('DEFAULT_ACCESS');

/** The configured master key; null: generated at the first start. */
export type ConfiguredMasterKey = Secret | null;
export const CONFIGURED_MASTER_KEY = Symbol('CONFIGURED_MASTER_KEY');
