/** How public names are made, from configuration; the composition root provides it. */
export interface GatewayNames {
  readonly separator: string;
  /** Alias to upstream name (`litellm_settings.mcp_aliases`). */
  readonly aliases: Readonly<Record<string, string>>;
}

export const GATEWAY_NAMES = Symbol('GATEWAY_NAMES');
