// Numbers as words on the screen. All times come in as seconds of the scenario's clock.

const DAY_S = 86_400;
const HOUR_S = 3_600;
const MINUTE_S = 60;

const two = (value: number): string => String(value).padStart(2, '0');

/** Clock of the scenario, as 14:32:07; the day in front when the scenario is past its first. */
export function clock(startUtc: string, t_s: number): string {
  const start_s = Date.parse(startUtc) / 1000;
  const at = new Date((Number.isFinite(start_s) ? start_s : 0) * 1000 + Math.floor(t_s) * 1000);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
}

export function dayOf(startUtc: string, t_s: number): number {
  const start_s = Date.parse(startUtc) / 1000;
  const midnight_s = Number.isFinite(start_s) ? Math.floor(start_s / DAY_S) * DAY_S : 0;
  return Math.floor(((Number.isFinite(start_s) ? start_s : 0) + t_s - midnight_s) / DAY_S) + 1;
}

const CLOCK_TEXT = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/;

/** The next moment at which the scenario's clock shows a time like 14:35 or 14:35:10; null if it is no time. */
export function momentOf(startUtc: string, text: string, now_s: number): number | null {
  const parts = CLOCK_TEXT.exec(text.trim());
  if (!parts) return null;
  const start_s = Date.parse(startUtc) / 1000;
  const shift_s = Number.isFinite(start_s) ? start_s % DAY_S : 0;
  const clock_s = Number(parts[1]) * HOUR_S + Number(parts[2]) * MINUTE_S + Number(parts[3] ?? 0);
  const today_s = Math.floor((now_s + shift_s) / DAY_S) * DAY_S - shift_s + clock_s;
  return today_s < Math.floor(now_s) ? today_s + DAY_S : today_s;
}

/** Time that remains, as 0:08 or 1:02:33; never below zero. */
export function countdown(left_s: number): string {
  const whole_s = Math.max(0, Math.floor(left_s));
  const hours = Math.floor(whole_s / HOUR_S);
  const minutes = Math.floor((whole_s % HOUR_S) / MINUTE_S);
  const tail = two(whole_s % MINUTE_S);
  return hours > 0 ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
}

const SIGNIFICANT = 2;

/** People, to two figures: 24,000. */
export function people(count: number): string {
  if (count < 1) return count > 0 ? 'fewer than 1' : '0';
  return Number(count.toPrecision(SIGNIFICANT)).toLocaleString('en-US');
}

export const probability = (p: number): string => p.toFixed(2);
export const whole = (value: number): string => Math.round(value).toLocaleString('en-US').replace('-', '−');
export const plural = (count: number, one: string, many = `${one}s`): string => `${whole(count)} ${count === 1 ? one : many}`;

const RATE_NAMES: Record<number, string> = { 0.25: '¼×', 0.5: '½×' };
export const rateName = (rate: number): string => RATE_NAMES[rate] ?? `${rate}×`;
