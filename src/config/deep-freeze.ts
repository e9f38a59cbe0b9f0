import { Secret } from '../core/secret.js';

/** Freezes a value and all it holds. A Secret has nothing that could change. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if (!(value instanceof Secret)) for (const item of Object.values(value)) deepFreeze(item);
  return value;
}
