import type { ModelDeployment, ModelRoutingConfig } from '../config/gateway-config.js';

/** What the room of models needs of the configuration. */
export interface LlmConfig {
  readonly models: readonly ModelDeployment[];
  /** Model name to the model names tried after it; `*` stands for every model. */
  readonly modelFallbacks: Readonly<Record<string, readonly string[]>>;
  readonly modelRouting: ModelRoutingConfig;
  readonly limits: LlmLimits;
}

export interface LlmLimits {
  readonly bodyBytes: number;
  /** Largest answer of a provider, and largest single event of a stream. */
  readonly upstreamResponseBytes: number;
  readonly connectTimeoutMs: number;
  /** A comment is sent when a stream was silent for so long, e.g. while tools run. */
  readonly heartbeatMs: number;
  /** Model rounds of one completion with tools. */
  readonly maxToolRounds: number;
  /** All rounds and tool calls of one completion together. */
  readonly maxToolLoopMs: number;
}

/** Nest token of `LlmConfig` at start; `ModelDirectory.load` takes what a reload brings. */
export const LLM_CONFIG = Symbol('LlmConfig');
