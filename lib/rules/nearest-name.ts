/** The known name a person most likely meant: at most two edits away, or differing in length by no more than a plural. Null when none is near. */
export function nearestName(written: string, known: readonly string[]): string | null {
  let nearest: string | null = null;
  let fewest = Math.min(3, Math.ceil(written.length / 2));
  for (const name of known) {
    const edits = editDistance(written.toLowerCase(), name);
    if (edits < fewest) {
      fewest = edits;
      nearest = name;
    }
  }
  return nearest;
}

/** Levenshtein distance; long texts count as far from everything. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 3) return Number.POSITIVE_INFINITY;
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substituted, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? Number.POSITIVE_INFINITY;
}
