/** How calls to upstreams that are well went in one phase. */
export interface ChaosPhase {
  readonly name: string;
  readonly title: string;
  readonly calls: number;
  readonly right: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** The same for a gateway that has none of them; null in the short form. */
  readonly bystanderP99: number | null;
  /** The most memory the gateway held, MiB. */
  readonly peakMib: number;
  /** Milliseconds until each upstream that had been wrong worked again; Infinity when it did not. */
  readonly recoveries: ReadonlyMap<string, number>;
}

export interface ChaosReport {
  readonly calm: Pick<ChaosPhase, 'calls' | 'right' | 'p50' | 'p99' | 'bystanderP99'> & {
    readonly residentMib: number;
  };
  readonly phases: readonly ChaosPhase[];
  /** How often each upstream that was wrong answered what: `ok`, or the code of an error. */
  readonly outcomes: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly wrong: { readonly calm: readonly string[]; readonly wild: readonly string[] };
  readonly counts: {
    readonly before: { readonly channels: number; readonly children: number };
    readonly after: { readonly channels: number; readonly children: number };
    readonly metrics: {
      readonly callsInFlight: number;
      readonly upstreamInFlight: number;
      readonly upstreamQueued: number;
      readonly sessions: number;
      readonly notReady: readonly string[];
    };
  };
}

export function runChaos(options: {
  readonly seconds: number;
  readonly isLong: boolean;
  readonly databaseUrl?: string | null;
  readonly workFolder: string;
  readonly say?: (phase: ChaosPhase) => void;
}): Promise<ChaosReport>;
