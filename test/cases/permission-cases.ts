import { readFileSync } from 'node:fs';

import { parse } from 'yaml';

import type { AccessTarget, ObjectPermission, PermissionLevelKind } from '../../src/core/permission.js';

/** permissions.yaml as data, for every surface that is held against it. */
export interface PermissionCases {
  readonly universe: CaseUniverse;
  readonly cases: readonly PermissionCase[];
}

export interface CaseUniverse {
  readonly upstreams: Readonly<
    Record<
      string,
      { readonly id: string; readonly access_groups: readonly string[]; readonly tools: readonly string[] }
    >
  >;
  /** Toolset to upstream to tools. */
  readonly toolsets: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export interface PermissionCase {
  readonly title: string;
  readonly defaultAccess: 'all' | 'none';
  /** Outermost first; levels without a permission are left out. */
  readonly levels: readonly { readonly kind: PermissionLevelKind; readonly permission: ObjectPermission }[];
  readonly answers: readonly {
    /** As it stands in the file: `github/get_issue`, or `github` for the upstream as a whole. */
    readonly asked: string;
    readonly target: AccessTarget;
    readonly allowed: boolean;
    /** Level and rule, e.g. `key mcp_servers`. */
    readonly decidedBy: string;
  }[];
}

type WrittenCase = Partial<Record<PermissionLevelKind, ObjectPermission>> & {
  readonly title: string;
  readonly default_access?: 'all' | 'none';
  readonly may?: Readonly<Record<string, string>>;
  readonly may_not?: Readonly<Record<string, string>>;
};

const kinds = ['organization', 'team', 'user', 'key'] as const;

export function readPermissionCases(): PermissionCases {
  const text = readFileSync(new URL('permissions.yaml', import.meta.url), 'utf8');
  const { universe, cases } = parse(text) as { universe: CaseUniverse; cases: WrittenCase[] };
  return { universe, cases: cases.map(readCase) };
}

function readCase(written: WrittenCase): PermissionCase {
  return {
    title: written.title,
    defaultAccess: written.default_access ?? 'all',
    levels: kinds.flatMap((kind) => {
      const permission = written[kind];
      return permission === undefined ? [] : [{ kind, permission }];
    }),
    answers: [...readAnswers(written.may, true), ...readAnswers(written.may_not, false)],
  };
}

function readAnswers(
  written: Readonly<Record<string, string>> = {},
  allowed: boolean,
): PermissionCase['answers'] {
  return Object.entries(written).map(([asked, decidedBy]) => {
    const [upstream = '', tool] = asked.split('/');
    return { asked, target: tool === undefined ? { upstream } : { upstream, tool }, allowed, decidedBy };
  });
}
