import { createCipheriv, createDecipheriv, createHmac, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

const version = 1;
const idBytes = 8;
const ivBytes = 12;
const tagBytes = 16;
const headBytes = 1 + idBytes + ivBytes + tagBytes;

/** A derived AES-256 key and what rows that it sealed call it. */
interface SealKey {
  readonly id: Buffer;
  readonly key: Buffer;
}

/** What a sealed value says, and whether another key than the current one sealed it. */
export interface Opened {
  readonly text: string;
  readonly isStale: boolean;
}

/**
 * Seals values at rest with AES-256-GCM. A sealed value is version (1 byte), key id (8), nonce (12), tag (16) and
 * ciphertext; it is bound to its context, so that it cannot be moved to another row or column.
 */
export class Keyring {
  private constructor(
    private readonly current: SealKey,
    private readonly all: readonly SealKey[],
  ) {}

  /** @param secrets the first seals; the others only open what they sealed once */
  static async of(secrets: readonly [string, ...string[]]): Promise<Keyring> {
    const [first, ...others] = secrets;
    const current = await derive(first);
    return new Keyring(current, [current, ...(await Promise.all(others.map(derive)))]);
  }

  seal(text: string, context: string): Uint8Array<ArrayBuffer> {
    const { id, key } = this.current;
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    cipher.setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Uint8Array.from(Buffer.concat([Buffer.of(version), id, iv, cipher.getAuthTag(), sealed]));
  }

  /** null when no key of ours sealed it, or it is not as it was sealed. */
  open(sealed: Uint8Array, context: string): Opened | null {
    const bytes = Buffer.from(sealed);
    if (bytes.length < headBytes || bytes[0] !== version) return null;
    const id = bytes.subarray(1, 1 + idBytes);
    const used = this.all.find((known) => known.id.equals(id));
    if (used === undefined) return null;
    const iv = bytes.subarray(1 + idBytes, 1 + idBytes + ivBytes);
    const tag = bytes.subarray(1 + idBytes + ivBytes, headBytes);
    const decipher = createDecipheriv('aes-256-gcm', used.key, iv, { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(tag);
    try {
      const text = Buffer.concat([decipher.update(bytes.subarray(headBytes)), decipher.final()]).toString();
      return { text, isStale: used !== this.current };
    } catch {
      return null;
    }
  }
}

/** Slow on purpose: the secret may be one that a person thought of. */
async function derive(secret: string): Promise<SealKey> {
  const cost = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
  const key = await scryptKey(secret, 'toolgate stored credentials', 32, cost);
  const id = createHmac('sha256', key).update('key id').digest().subarray(0, idBytes);
  return { id, key };
}

const scryptKey = promisify(
  (
    secret: string,
    salt: string,
    length: number,
    cost: { N: number; r: number; p: number; maxmem: number },
    done: (error: Error | null, key: Buffer) => void,
  ) => {
    scrypt(secret, salt, length, cost, done);
  },
);
