/** Client features that change how upstreams are reached, as far as a server may act on them (MCP client features). */
export interface ClientFeatures {
  readonly sampling: boolean;
  readonly samplingTools: boolean;
  /** Elicitation by form; `elicitation: {}` means this one. */
  readonly elicitationForm: boolean;
  readonly elicitationUrl: boolean;
  readonly roots: boolean;
  readonly rootsListChanged: boolean;
}

const names = [
  'sampling',
  'samplingTools',
  'elicitationForm',
  'elicitationUrl',
  'roots',
  'rootsListChanged',
] as const satisfies readonly (keyof ClientFeatures)[];

export const noFeatures: ClientFeatures = decodeFeatures(0);

/** Reads the `capabilities` a client declared. */
export function featuresOf(capabilities: unknown): ClientFeatures {
  const declared = isObject(capabilities) ? capabilities : {};
  const { sampling, elicitation, roots } = declared;
  const isUrlOnly = isObject(elicitation) && isObject(elicitation['url']) && !isObject(elicitation['form']);
  return {
    sampling: isObject(sampling),
    samplingTools: isObject(sampling) && isObject(sampling['tools']),
    elicitationForm: isObject(elicitation) && !isUrlOnly,
    elicitationUrl: isObject(elicitation) && isObject(elicitation['url']),
    roots: isObject(roots),
    rootsListChanged: isObject(roots) && roots['listChanged'] === true,
  };
}

/** The same as `capabilities` towards an upstream. */
export function capabilitiesOf(features: ClientFeatures): Readonly<Record<string, unknown>> {
  const { sampling, samplingTools, elicitationForm, elicitationUrl, roots, rootsListChanged } = features;
  return {
    ...(sampling ? { sampling: samplingTools ? { tools: {} } : {} } : {}),
    ...(elicitationForm || elicitationUrl
      ? { elicitation: { ...(elicitationForm ? { form: {} } : {}), ...(elicitationUrl ? { url: {} } : {}) } }
      : {}),
    ...(roots ? { roots: { listChanged: rootsListChanged } } : {}),
  };
}

/**
 * What a server's request needs of the client that is asked; null for a method that no client answers (MCP client
 * features).
 */
export function neededFeature(method: string, params: unknown): keyof ClientFeatures | null {
  const given = isObject(params) ? params : {};
  switch (method) {
    case 'sampling/createMessage':
      return given['tools'] === undefined && given['toolChoice'] === undefined ? 'sampling' : 'samplingTools';
    case 'elicitation/create':
      return given['mode'] === 'url' ? 'elicitationUrl' : 'elicitationForm';
    case 'roots/list':
      return 'roots';
    default:
      return null;
  }
}

/** One feature alone, as the `capabilities` that declare it. */
export function capabilitiesFor(feature: keyof ClientFeatures): Readonly<Record<string, unknown>> {
  const sampling = feature === 'sampling' || feature === 'samplingTools';
  const roots = feature === 'roots' || feature === 'rootsListChanged';
  return capabilitiesOf({ ...noFeatures, sampling, roots, [feature]: true });
}

/** Features that an upstream may make its offer depend on. */
export const askables = ['sampling', 'elicitationForm', 'elicitationUrl', 'roots'] as const;
export type Askable = (typeof askables)[number];

/** Every question answered. */
export const allFeatures: ClientFeatures = decodeFeatures(2 ** names.length - 1);

/** Whether a client is offered what needs one of these, or all of them when none is named. */
export function meetsNeeds(features: ClientFeatures, needs: readonly Askable[]): boolean {
  return needs.length === 0
    ? askables.every((feature) => features[feature])
    : needs.some((feature) => features[feature]);
}

/** Whether an upstream may ask this client something, so that it must know which client it serves. */
export function canBeAsked(features: ClientFeatures): boolean {
  return encodeFeatures(features) !== 0;
}

/** One byte: what a session id carries through a restart. */
export function encodeFeatures(features: ClientFeatures): number {
  return names.reduce((bits, name, index) => (features[name] ? bits | (1 << index) : bits), 0);
}

export function decodeFeatures(bits: number): ClientFeatures {
  const has = (name: (typeof names)[number]): boolean => (bits & (1 << names.indexOf(name))) !== 0;
  return {
    sampling: has('sampling'),
    samplingTools: has('samplingTools'),
    elicitationForm: has('elicitationForm'),
    elicitationUrl: has('elicitationUrl'),
    roots: has('roots'),
    rootsListChanged: has('rootsListChanged'),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
