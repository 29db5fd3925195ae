import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const nonceLength = 12;
const tagLength = 16;
/** Says how the rest is made, so that it can be made differently later. */
const version = 'v1';

/**
 * Text for the database that only Meridian can read: AES-256-GCM under a random nonce, with its owner's id as
 * additional data, so that a row copied to another owner can't be read.
 *
 * @param key 32 bytes of `deriveKey`
 */
export function sealText(text: string, key: Uint8Array, ownerId: string): string {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv(algorithm, key, nonce);
  cipher.setAAD(additionalData(ownerId));
  const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${version}:${sealed.toString('base64')}`;
}

/** Undefined when key, owner or text is not the one it was made with. */
export function unsealText(sealed: string, key: Uint8Array, ownerId: string): string | undefined {
  const [given, text = ''] = sealed.split(':', 2);
  if (given !== version) return undefined;
  const bytes = Buffer.from(text, 'base64');
  try {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceLength), {
      authTagLength: tagLength,
    });
    decipher.setAAD(additionalData(ownerId));
    decipher.setAuthTag(bytes.subarray(bytes.length - tagLength));
    return Buffer.concat([
      decipher.update(bytes.subarray(nonceLength, bytes.length - tagLength)),
      decipher.final(),
    ]).toString('utf8');
  } catch {
    return undefined;
  }
}

const additionalData = (ownerId: string): Buffer => Buffer.from(`${version}:${ownerId}`);
