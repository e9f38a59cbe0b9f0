import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import { neededFeature } from '../../../core/client-features.js';
import { GatewayError } from '../../../core/errors.js';
import { scanObject } from '../../../core/json-object.js';
import { spliceMembers } from '../../../core/json-scanner.js';
import { missingFeature } from '../../../core/missing-feature.js';
import type { JsonBytes, RpcOutcome } from '../../../core/rpc.js';
import {
  ClientRefusal,
  type InputPath,
  type RequestClient,
  type UpstreamCall,
  type UpstreamRequest,
} from '../../upstream.js';

/** An upstream that still wants more after so many rounds wants too much. */
const maxRounds = 32;
const maxQuestions = 64;
/** Before a request is made again that nobody was asked anything for, as while a user is in a browser. */
const firstPauseMs = 250;
const maxPauseMs = 5_000;

type Asked = Extract<InputPath, { kind: 'asked' }>;

interface Question {
  readonly key: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** `input_required`, read (MCP 2026-07-28, InputRequiredResult). */
interface Interim {
  readonly questions: readonly Question[];
  /** JSON text; undefined when there is none. */
  readonly stateJson: string | undefined;
}

/**
 * One round of what an upstream wants to know before it goes on: its questions are put to the client that made the
 * request, as a server of an earlier revision would have asked, and the request is made again with the answers.
 */
export class InputRound {
  /** @param again makes the next request */
  constructor(
    private readonly upstream: string,
    private readonly request: UpstreamRequest,
    private readonly client: Pick<RequestClient, 'features'>,
    private readonly input: Asked,
    private readonly again: (request: UpstreamRequest) => UpstreamCall,
  ) {}

  async run(result: JsonBytes, signal: AbortSignal): Promise<UpstreamCall | RpcOutcome> {
    const { request } = this;
    const rounds = request.inputRounds ?? 0;
    if (rounds >= maxRounds) throw this.#invalid();
    const { questions, stateJson } = this.#read(result);
    let answers: string | undefined;
    try {
      if (questions.length > 0) answers = await this.#ask(questions, signal);
      else await pause(Math.min(firstPauseMs * 2 ** rounds, maxPauseMs), undefined, { signal });
    } catch (error) {
      // What the client said to a question is the end of its request: there is no way to tell it the upstream.
      if (error instanceof ClientRefusal) return { kind: 'error', error: error.error };
      throw error;
    }
    return this.again({
      ...request,
      inputRounds: rounds + 1,
      encodeParams: (token) => withInput(request.encodeParams(token), answers, stateJson),
    });
  }

  /** JSON text of `inputResponses`. */
  async #ask(questions: readonly Question[], signal: AbortSignal): Promise<string> {
    for (const question of questions) this.#requireFeature(question);
    // One refusal ends the round: what else the client was asked it need not answer any more.
    const ended = new AbortController();
    const both = AbortSignal.any([signal, ended.signal]);
    try {
      const answers = await Promise.all(
        questions.map(async ({ key, method, params }) => {
          const answer = await this.input.ask(method, JSON.stringify(params), both);
          return `${JSON.stringify(key)}:${answer}`;
        }),
      );
      return `{${answers.join(',')}}`;
    } finally {
      ended.abort();
    }
  }

  #requireFeature({ method, params }: Question): void {
    const feature = neededFeature(method, params);
    if (feature === null) throw this.#invalid();
    if (!this.client.features[feature]) throw missingFeature(feature, method, this.upstream);
  }

  #read(result: JsonBytes): Interim {
    const { inputRequests, requestState } = this.#parse(result);
    const questions = Object.entries(inputRequests ?? {}).map(([key, value]) => this.#question(key, value));
    const hasState = typeof requestState === 'string';
    if (questions.length > maxQuestions || (questions.length === 0 && !hasState)) throw this.#invalid();
    return { questions, stateJson: hasState ? JSON.stringify(requestState) : undefined };
  }

  #parse(result: JsonBytes): Readonly<Record<string, unknown>> {
    try {
      return JSON.parse(Buffer.concat(result.chunks).toString()) as Readonly<Record<string, unknown>>;
    } catch {
      throw this.#invalid();
    }
  }

  #question(key: string, value: unknown): Question {
    const { method, params = {} } = (value ?? {}) as { readonly method?: unknown; readonly params?: unknown };
    if (typeof method !== 'string' || typeof params !== 'object' || params === null) throw this.#invalid();
    return { key, method, params: legacyParams(method, params) };
  }

  #invalid(): GatewayError {
    return new GatewayError('UPSTREAM_INVALID_RESPONSE', { upstream: this.upstream });
  }
}

/** 2025-11-25 wants an id for an elicitation by URL; 2026-07-28 has none. */
function legacyParams(method: string, params: object): Readonly<Record<string, unknown>> {
  const given = params as Readonly<Record<string, unknown>>;
  const lacksId =
    method === 'elicitation/create' && given['mode'] === 'url' && given['elicitationId'] === undefined;
  return lacksId ? { ...given, elicitationId: randomUUID() } : given;
}

function withInput(paramsJson: string, answers: string | undefined, stateJson: string | undefined): string {
  const bytes = Buffer.from(paramsJson);
  return spliceMembers(bytes, scanObject(bytes), { inputResponses: answers, requestState: stateJson });
}
