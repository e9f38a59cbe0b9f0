import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

import type { ListKind, PrincipalView } from '../gateway/principal-view.js';
import { ViewService } from '../gateway/view.service.js';
import type { Listener } from './listener.js';
import { SessionRegistry } from './session-registry.service.js';

/** At most one notice of a kind to a client in this time. */
const coalesceMs = 1_000;

const noticeOf = {
  tools: 'notifications/tools/list_changed',
  prompts: 'notifications/prompts/list_changed',
  resources: 'notifications/resources/list_changed',
  resourceTemplates: 'notifications/resources/list_changed',
} as const satisfies Record<ListKind, string>;

/** Tells listening clients that what they may use has changed: only those for whom it has, and not more than once a second. */
@Injectable()
export class ListChangeService implements OnModuleInit, OnModuleDestroy {
  readonly #listeners = new Set<Listener>();
  #timer: NodeJS.Timeout | undefined;
  #lastPassAtMs = 0;
  #unsubscribe: () => void = () => undefined;

  constructor(
    private readonly sessions: SessionRegistry,
    private readonly views: ViewService,
  ) {}

  onModuleInit(): void {
    const unsubscribeViews = this.views.onChange(() => this.changed());
    const unsubscribeSessions = this.sessions.onPrincipalChange(() => this.changed());
    this.#unsubscribe = () => {
      unsubscribeViews();
      unsubscribeSessions();
    };
  }

  /** A listener that is no session. Returns how to stop. */
  add(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onModuleDestroy(): void {
    this.#unsubscribe();
    clearTimeout(this.#timer);
  }

  /** What some client may use has changed. */
  changed(): void {
    if (this.#timer !== undefined) return;
    const waitMs = Math.max(0, this.#lastPassAtMs + coalesceMs - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#lastPassAtMs = Date.now();
      this.#tellAll();
    }, waitMs).unref();
  }

  #tellAll(): void {
    const compared: ComparedViews = new Map();
    for (const session of this.sessions.all()) tell(session, compared);
    for (const listener of this.#listeners) tell(listener, compared);
  }
}

type ComparedViews = Map<PrincipalView, Map<PrincipalView, readonly string[]>>;

function tell(listener: Listener, compared: ComparedViews): void {
  const { knownView } = listener;
  if (!listener.isListening || knownView === null) return;
  const next = listener.viewOrNull();
  if (next === null || next === knownView) return;
  listener.knownView = next;
  for (const notice of differences(compared, knownView, next)) listener.notify(notice, '{}');
}

/** Many sessions share their views: each pair is compared once. */
function differences(
  compared: ComparedViews,
  before: PrincipalView,
  after: PrincipalView,
): readonly string[] {
  const pairs = compared.get(before) ?? new Map<PrincipalView, readonly string[]>();
  compared.set(before, pairs);
  let notices = pairs.get(after);
  if (notices === undefined) {
    const kinds = Object.keys(noticeOf) as ListKind[];
    const changed = kinds.filter((kind) => !before.list(kind).equals(after.list(kind)));
    notices = [...new Set(changed.map((kind) => noticeOf[kind]))];
    pairs.set(after, notices);
  }
  return notices;
}
