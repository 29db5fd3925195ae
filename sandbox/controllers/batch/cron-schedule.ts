/** The five fields of a cron schedule, as sets of the values that they match. */
export interface CronSchedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** When both days are restricted, one of them is enough. */
  readonly isEitherDay: boolean;
}

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MINUTE_MS = 60_000;
/** A schedule that matches no day within four years (29 February) matches never. */
const HORIZON_DAYS = 4 * 366;

/** Undefined when the text is no schedule. In UTC. */
export function parseCron(text: string): CronSchedule | undefined {
  const fields = (MACROS[text.trim()] ?? text.trim()).split(/\s+/);
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields;
  if (fields.length !== 5) return undefined;
  const minutes = parseField(minute, 0, 59);
  const hours = parseField(hour, 0, 23);
  const days = parseField(day, 1, 31);
  const months = parseField(month, 1, 12, MONTHS, 1);
  const weekdays = parseField(weekday, 0, 7, WEEKDAYS);
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  if (weekdays.has(7)) weekdays.add(0);
  const isEitherDay = !/^[*?]/.test(day) && !/^[*?]/.test(weekday);
  return { minutes, hours, days, months, weekdays, isEitherDay };
}

function parseField(
  text: string,
  first: number,
  last: number,
  names: readonly string[] = [],
  firstName = 0,
): Set<number> | undefined {
  const values = new Set<number>();
  const number = (given: string): number => {
    const name = names.indexOf(given.toLowerCase());
    return name >= 0 ? name + firstName : /^\d+$/.test(given) ? Number(given) : Number.NaN;
  };
  for (const part of text.split(',')) {
    const [range = '', step = '1'] = part.split('/');
    const [from = '', to] = range.split('-');
    const isAll = range === '*' || range === '?';
    const start = isAll ? first : number(from);
    const end = isAll ? last : to !== undefined ? number(to) : part.includes('/') ? last : start;
    const every = number(step);
    if (!(start >= first && end <= last && start <= end && every >= 1)) return undefined;
    for (let value = start; value <= end; value += every) values.add(value);
  }
  return values;
}

/** The first time after `after` that matches, in milliseconds since the epoch; undefined for never. */
export function nextTime(schedule: CronSchedule, after: number): number | undefined {
  const time = new Date(Math.floor(after / MINUTE_MS) * MINUTE_MS + MINUTE_MS);
  for (let day = 0; day < HORIZON_DAYS; day++) {
    if (matchesDay(schedule, time))
      for (let hour = time.getUTCHours(); hour < 24; hour++) {
        if (!schedule.hours.has(hour)) continue;
        const firstMinute = hour === time.getUTCHours() ? time.getUTCMinutes() : 0;
        for (let minute = firstMinute; minute < 60; minute++)
          if (schedule.minutes.has(minute)) return new Date(time).setUTCHours(hour, minute, 0, 0);
      }
    time.setUTCDate(time.getUTCDate() + 1);
    time.setUTCHours(0, 0, 0, 0);
  }
  return undefined;
}

function matchesDay({ days, months, weekdays, isEitherDay }: CronSchedule, time: Date): boolean {
  if (!months.has(time.getUTCMonth() + 1)) return false;
  const isDay = days.has(time.getUTCDate());
  const isWeekday = weekdays.has(time.getUTCDay());
  return isEitherDay ? isDay || isWeekday : isDay && isWeekday;
}
