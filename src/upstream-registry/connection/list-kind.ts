/** The lists of a catalog that an upstream tells apart when they change. */
export type ListKind = 'tools' | 'prompts' | 'resources';

const kinds: Readonly<Record<string, ListKind>> = {
  'notifications/tools/list_changed': 'tools',
  'notifications/prompts/list_changed': 'prompts',
  'notifications/resources/list_changed': 'resources',
};

export function listKindOf(method: string): ListKind | null {
  return Object.hasOwn(kinds, method) ? (kinds[method] ?? null) : null;
}
