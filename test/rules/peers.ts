import assert from 'node:assert/strict';

/** A folder that an integration script needs, by the environment variable that names it. */
export function folderOf(variable: 'TOCSIN_SHARED' | 'TOCSIN_PEERS'): string {
  const folder = process.env[variable];
  assert.ok(folder, `${variable} must name the folder with what this script compares to`);
  return folder;
}
