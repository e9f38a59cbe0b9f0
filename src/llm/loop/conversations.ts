import type { CallContext } from '../call-context.js';
import { GatewayError } from '../../core/errors.js';
import type { CompletionRequest } from '../completion-request.js';
import type { LlmLimits } from '../llm-config.js';
import type { Conversation } from './conversation.js';
import type { OfferedTools } from './offered-tools.js';
import { StreamedChat } from './streamed-chat.js';
import { StreamedResponse } from './streamed-response.js';
import { WholeChat } from './whole-chat.js';
import { WholeResponse } from './whole-response.js';

/** The way through the loop for a request's API and whether it streams. */
export function openConversation(
  context: CallContext,
  request: CompletionRequest,
  offered: OfferedTools,
  limits: LlmLimits,
): Conversation {
  if (request.operation === 'responses') {
    return request.isStream
      ? new StreamedResponse(context, request, offered, limits)
      : new WholeResponse(context, request, offered);
  }
  const { n } = request.json;
  if (n !== undefined && n !== null && n !== 1) {
    throw new GatewayError('INVALID_REQUEST', {
      param: 'n',
      message: '`n` must be 1 when the gateway runs tools.',
    });
  }
  return request.isStream
    ? new StreamedChat(context, request, offered, limits)
    : new WholeChat(context, request, offered);
}
