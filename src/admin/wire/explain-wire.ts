import { z } from 'zod';

import { lookup } from './fields.js';
import { missing } from './request-schema.pipe.js';

export const explainQuery = z
  .strictObject({ key: lookup.optional(), tool: lookup.optional(), server: lookup.optional() })
  .refine(
    ({ tool, server }) => tool !== undefined || server !== undefined,
    missing("at least one of 'tool' or 'server' must be provided"),
  );
