/** What the one door needs of the configuration; the composition root provides it. */
export interface GatewayOptions {
  /** Between an upstream's name and a tool's in public names. */
  readonly separator: string;
  /** Alias to upstream name (`litellm_settings.mcp_aliases`). */
  readonly aliases: Readonly<Record<string, string>>;
  /** A call cut off by a broken connection is sent again when its tool says that does no harm. */
  readonly repeatsIdempotentTools: boolean;
}

export const GATEWAY_OPTIONS = Symbol('GATEWAY_OPTIONS');
