/** Both ends belong to the range; a single value is a range of one. */
export interface InclusiveRange {
  readonly begin: number;
  readonly end: number;
}

/**
 * One entry of a named time interval. It holds at an instant when every field that is not null has at least one range
 * with the instant, read on the clock of `location`.
 */
export interface TimeInterval {
  /** Minutes since midnight, half-open [start, end), 0 to 1440. */
  readonly times: readonly { readonly startMinute: number; readonly endMinute: number }[] | null;
  /** 0 is Sunday, 6 is Saturday. */
  readonly weekdays: readonly InclusiveRange[] | null;
  /** 1 to 31, or -1 to -31 counted from the last day of the month. */
  readonly daysOfMonth: readonly InclusiveRange[] | null;
  /** 1 is January. Numbers that name no month are allowed and never hold. */
  readonly months: readonly InclusiveRange[] | null;
  readonly years: readonly InclusiveRange[] | null;
  /** IANA name, or "UTC". "Local" stands for UTC: functions have no place. */
  readonly location: string | null;
}
