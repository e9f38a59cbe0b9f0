import { z } from 'zod';

import type { Patch } from '../../directory/level.js';
import type { Membership } from '../../directory/membership.js';
import type { Organization, OrganizationFields } from '../../directory/organization.js';
import { arrayPaging, id, idsOf, label, levelFields, lookup, plainData } from './fields.js';
import { levelPatch, levelRow } from './level-wire.js';
import { memberBodies } from './member-wire.js';
import { memberRows } from './team-wire.js';

const organizationFields = { ...levelFields, model_aliases: plainData.nullish() };

export const newOrganizationBody = z.strictObject({
  ...organizationFields,
  organization_alias: label(),
  organization_id: id.nullish(),
});
export const updateOrganizationBody = z.strictObject({
  ...organizationFields,
  organization_alias: label().optional(),
  organization_id: id,
});
export const deleteOrganizationsBody = z.strictObject({
  organization_ids: idsOf('organization'),
});
export const organizationInfoQuery = z.strictObject({ organization_id: lookup });
export const organizationListQuery = z.strictObject({
  ...arrayPaging,
  organization_id: lookup.optional(),
  org_id: lookup.optional(),
  organization_alias: lookup.optional(),
});
export const organizationMemberBodies = memberBodies('organization_id');

export type OrganizationInput = z.infer<z.ZodObject<typeof organizationFields>> & {
  readonly organization_alias?: string | undefined;
};
export type NewOrganizationBody = z.infer<typeof newOrganizationBody>;
export type UpdateOrganizationBody = z.infer<typeof updateOrganizationBody>;
export type OrganizationListQuery = z.infer<typeof organizationListQuery>;

export function organizationPatch(
  input: OrganizationInput,
  current: Organization | null,
): Patch<OrganizationFields> {
  return {
    ...levelPatch({ ...input, aliases: input.model_aliases }, current),
    alias: input.organization_alias,
  };
}

export function organizationRow(organization: Organization, memberships: readonly Membership[]) {
  return {
    organization_id: organization.id,
    organization_alias: organization.alias,
    model_aliases: organization.aliases,
    members: memberRows(memberships),
    ...levelRow(organization),
  };
}
