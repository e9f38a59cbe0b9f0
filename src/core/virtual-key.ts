import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 192 bits, 32 characters. */
const randomLength = 24;

/** What can be a virtual key at all; anything else need not be looked up. */
const syntax = /^sk-[A-Za-z0-9_-]{1,253}$/;

const minChosenLength = 8;
const maxLength = 256;

/** A new key: `sk-` and 32 url-safe characters. */
export function generateVirtualKey(): string {
  return `sk-${randomBytes(randomLength).toString('base64url')}`;
}

/** SHA-256 in hex, the only form in which a key is stored. Keys are random, so that no salt or stretching is needed. */
export function hashVirtualKey(key: string): string {
  return hash('sha256', key, 'hex');
}

/** How a key is shown after its creation: `sk-...abcd`. Of a short one that an administrator chose, less. */
export function displayVirtualKey(key: string): string {
  return `sk-...${key.slice(key.length < 16 ? -2 : -4)}`;
}

export function isVirtualKeyShaped(text: string): boolean {
  return syntax.test(text);
}

/** Why an administrator cannot choose `key` as a virtual key; null when it is fit. */
export function chosenKeyProblem(key: string): string | null {
  if (key.length < minChosenLength || key.length > maxLength) {
    return `A key has ${minChosenLength} to ${maxLength} characters`;
  }
  return isVirtualKeyShaped(key) ? null : 'A key is "sk-" followed by characters of A-Z a-z 0-9 _ -';
}

/** Whether two secrets are equal, in a time that tells nothing about them. */
export function equalSecrets(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'));
}
