import { z } from 'zod';

const name = z
  .string('must be the name of a tool, or {"name","sha256"}')
  .min(1, 'must not be empty')
  .max(128, 'must be at most 128 characters long');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits in lower case');

/** Tools by their own names; with `sha256`, that very definition and no later one. Left out: all that are withheld. */
export const approveBody = z.strictObject({
  tools: z
    .array(z.union([name, z.strictObject({ name, sha256: sha256.optional() })]))
    .min(1, 'must name a tool; leave it out to approve all that are withheld')
    .max(10_000, 'must have at most 10000 items')
    .optional(),
});
export type ApproveBody = z.infer<typeof approveBody>;
