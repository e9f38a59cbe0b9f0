import { z } from 'zod';

import { freeForm, integer, number, secret, text } from './fields.js';

const maxSeconds = 24 * 60 * 60;
const price = { min: 0, max: 1_000_000 };

const modelParams = {
  model: z.string().min(1).describe('provider/name of the model as the provider calls it.'),
  api_key: secret(
    'Key for the provider; left out: the variable the provider documents, e.g. OPENAI_API_KEY.',
  ),
  api_base: text('Address of the provider, when it is not its usual one.'),
  base_url: text('Another name of api_base.'),
  api_version: text('Version the provider wants to be asked for (azure).'),
  timeout: number('Longest time for one request, in seconds.', { min: 0.001, max: maxSeconds }),
  max_retries: integer('Repeats after a failure that may pass.', { max: 100 }),
  num_retries: integer('Another name of max_retries.', { max: 100 }),
  weight: number('Share of the load among entries of one model_name.', { max: 1_000_000 }),
  rpm: integer('Requests a minute this entry may take.'),
  tpm: integer('Tokens a minute this entry may take.'),
  mock_response: text('Fixed answer; no provider is asked.'),
  input_cost_per_token: number('Price of one token in, US dollars.', price),
  output_cost_per_token: number('Price of one token out, US dollars.', price),
};

export const modelParamNames = Object.keys(modelParams);

/** One entry of `model_list`. What else stands in litellm_params is for the provider and passes through. */
export const modelSchema = z.strictObject({
  model_name: z.string().min(1).describe('Name that clients ask for; * wildcards.'),
  litellm_params: z.looseObject(modelParams).describe('Where the model is and how to ask it.'),
  model_info: freeForm(
    'Free-form facts; id, access_groups, input_cost_per_token and output_cost_per_token are read.',
  ),
});

export type ModelSettings = z.infer<typeof modelSchema>;
