interface OpenCounts {
  readonly channels: number;
  readonly children: number;
}

/** Whether nothing of what was open in the storm is open still. */
export function isAsBefore(before: OpenCounts, after: OpenCounts): boolean;
