import { z } from 'zod';

import { lookup } from './fields.js';

export const explainQuery = z
  .strictObject({ key: lookup.optional(), tool: lookup.optional(), server: lookup.optional() })
  .refine(
    ({ tool, server }) => tool !== undefined || server !== undefined,
    "at least one of 'tool' or 'server' must be provided",
  );
