import { createHash } from 'node:crypto';

/**
 * A short name for a long text: the first 128 bits of its SHA-256, as 32 hex digits. For keys of the table, whose length is limited,
 * and for sets that must stay small; two texts never share one in practice, by accident or on purpose.
 */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
