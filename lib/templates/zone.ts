import { floorDivide, MILLISECOND_NS } from './calendar.ts';

/** What a clock shows in a zone at an instant. */
export interface ZoneReading {
  /** Seconds east of UTC. */
  readonly offsetS: number;
  /** `CET`; a numeric offset such as `+04` where the zone has no letters. */
  readonly abbreviation: string;
}

const UTC: ZoneReading = { offsetS: 0, abbreviation: 'UTC' };
/** Instants that Intl can format: 8.64e15 ms around 1970. */
const MAX_INTL_MS = 8.64e15;
const MAX_ZONES = 1000;
/** English as spoken where the letters are known; together they cover the zones whose names are in letters. */
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA', 'en-NZ'];
/** Letters of the zone database that no English locale prints, by zone and numeric offset. */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ...lettersOf('JST', '+09', ['Asia/Tokyo']),
  ...lettersOf('KST', '+09', ['Asia/Seoul', 'Asia/Pyongyang']),
  ...lettersOf('CST', '+08', ['Asia/Shanghai', 'Asia/Taipei', 'Asia/Macau', 'Asia/Chongqing', 'Asia/Harbin']),
  ...lettersOf('HKT', '+08', ['Asia/Hong_Kong']),
  ...lettersOf('PST', '+08', ['Asia/Manila']),
  ...lettersOf('WIB', '+07', ['Asia/Jakarta', 'Asia/Pontianak']),
  ...lettersOf('WITA', '+08', ['Asia/Makassar']),
  ...lettersOf('WIT', '+09', ['Asia/Jayapura']),
  ...lettersOf('PKT', '+05', ['Asia/Karachi']),
  ...lettersOf('MSK', '+03', ['Europe/Moscow', 'Europe/Kirov', 'Europe/Simferopol', 'Europe/Volgograd']),
  ...lettersOf('IST', '+02', ['Asia/Jerusalem', 'Asia/Tel_Aviv']),
  ...lettersOf('IDT', '+03', ['Asia/Jerusalem', 'Asia/Tel_Aviv']),
  ...lettersOf('IST', '+01', ['Europe/Dublin']),
  ...lettersOf('BST', '+01', ['Europe/Guernsey', 'Europe/Isle_of_Man', 'Europe/Jersey']),
  ...lettersOf('MST', '-07', ['America/Hermosillo', 'America/Mazatlan', 'America/Whitehorse', 'America/Dawson']),
  ...lettersOf('CST', '-05', ['America/Havana']),
  ...lettersOf('CDT', '-04', ['America/Havana']),
  ...lettersOf('NST', '-0330', ['America/St_Johns']),
  ...lettersOf('NDT', '-0230', ['America/St_Johns']),
  ...lettersOf('HST', '-10', ['America/Adak']),
  ...lettersOf('HDT', '-09', ['America/Adak']),
  ...lettersOf('ChST', '+10', ['Pacific/Guam', 'Pacific/Saipan']),
  ...lettersOf('SST', '-11', ['Pacific/Pago_Pago', 'Pacific/Midway']),
]);
/** Zones for which an English locale has letters and the zone database none. */
const NUMERIC = new Set([
  'Asia/Dubai',
  'Asia/Muscat',
  'Asia/Colombo',
  'Antarctica/Casey',
  'Antarctica/Troll',
  'Australia/Eucla',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
]);

function lettersOf(letters: string, offset: string, zones: readonly string[]): readonly (readonly [string, string])[] {
  return zones.map((zone) => [`${zone} ${offset}`, letters]);
}

const formats = new Map<string, Intl.DateTimeFormat | null>();

/** Whether `name` is a zone of the IANA database; "", "UTC" and "Local" are UTC. */
export function isZone(name: string): boolean {
  return isUtc(name) || zoneFormat(LOCALES[0] ?? 'en', name, 'longOffset') !== null;
}

/** Reading of an instant in a zone that `isZone` accepts. */
export function readZone(epochNs: bigint, zone: string): ZoneReading {
  if (isUtc(zone)) return UTC;
  const epochMs = Math.min(Math.max(Number(floorDivide(epochNs, MILLISECOND_NS)), -MAX_INTL_MS), MAX_INTL_MS);
  const offsetS = parseOffset(zonePart('en-US', zone, 'longOffset', epochMs));
  return { offsetS, abbreviation: abbreviate(zone, offsetS, epochMs) };
}

function isUtc(zone: string): boolean {
  return zone === '' || zone === 'UTC' || zone === 'Local';
}

function abbreviate(zone: string, offsetS: number, epochMs: number): string {
  const offset = numericOffset(offsetS);
  const known = LETTERS.get(`${zone} ${offset}`);
  if (known !== undefined) return known;
  if (NUMERIC.has(zone)) return offset;
  for (const locale of LOCALES) {
    const letters = zonePart(locale, zone, 'short', epochMs);
    if (/^[A-Z]{3,5}$/.test(letters)) return letters;
  }
  return offset;
}

/** `+04`, `-0330`. */
function numericOffset(offsetS: number): string {
  const minutes = Math.floor(Math.abs(offsetS) / 60);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const rest = minutes % 60 === 0 ? '' : pad(minutes % 60);
  return `${offsetS < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}${rest}`;
}

/** "GMT", "GMT+01:00" or, before standard time, "GMT+00:09:21". */
function parseOffset(text: string): number {
  const match = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text.replace('−', '-'));
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match ?? [];
  const offsetS = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? -offsetS : offsetS;
}

function zonePart(locale: string, zone: string, style: 'short' | 'longOffset', epochMs: number): string {
  const parts = zoneFormat(locale, zone, style)?.formatToParts(epochMs) ?? [];
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
}

/** Formatters are slow to make, so they are kept; null for an unknown zone. */
function zoneFormat(locale: string, zone: string, style: 'short' | 'longOffset'): Intl.DateTimeFormat | null {
  const key = `${locale} ${style} ${zone}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  if (formats.size >= MAX_ZONES) formats.clear();
  const made = createFormat(locale, zone, style);
  formats.set(key, made);
  return made;
}

function createFormat(locale: string, zone: string, style: 'short' | 'longOffset'): Intl.DateTimeFormat | null {
  // Intl also takes "+01:00", which is no zone of the database.
  if (!/^[A-Za-z]/.test(zone)) return null;
  try {
    return new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: style });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
