/** Metadata key under which `@RequirePermission` keeps its permission. */
export const requiredPermission = 'toolgate:permission';
