// The newsroom's clock. Every time that the desk shows or asks for is in the newsroom's time zone,
// wherever the browser is. Pure: no DOM, no network.

const DAY = 86_400_000; // milliseconds

let shown, parts, difference; // formats: of a time for people, of its parts, of its zone
let abbreviations;

/** Set the newsroom's time zone, as domain/time_zone.py describes it. */
export function setTimeZone({ name: timeZone, abbreviations: found }) {
  const time = { timeZone, hour: "numeric", minute: "2-digit", second: "2-digit" };
  shown = new Intl.DateTimeFormat("en-US", time);
  const day = { year: "numeric", month: "numeric", day: "numeric" };
  parts = new Intl.DateTimeFormat("en-US", { ...time, ...day, hourCycle: "h23" });
  difference = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  abbreviations = found;
}

/** Return a time as the newsroom's clock shows it, with its zone: "9:40:30 pm EST". */
export function clockTime(milliseconds) {
  const time = shown.format(milliseconds).replace(/[AP]M/, (half) => half.toLowerCase());
  return `${time} ${zoneName(milliseconds)}`;
}

/** Return the short name of the newsroom's time zone at a time: "EST". */
export function zoneName(milliseconds) {
  const zone = difference.formatToParts(milliseconds).find(({ type }) => type === "timeZoneName");
  return abbreviations[zone.value] ?? zone.value;
}

/**
 * Return the moments at which the newsroom's clock next shows `time`, "21:40" or "21:40:30", after
 * `now`: two in the night on which clocks are set back, none if they are set forward over it.
 */
export function nextTimesAt(time, now) {
  const [hours, minutes, seconds = 0] = time.split(":").map(Number);
  const today = new Date(now + offset(now)).setUTCHours(hours, minutes, seconds, 0);
  const found = momentsAt(today);
  const last = found.at(-1) ?? today - offset(today - DAY); // or when clocks are set forward
  return last > now ? found.filter((at) => at > now) : momentsAt(today + DAY);
}

/** Return how far the newsroom's clock is ahead of UTC, in milliseconds. */
function offset(at) {
  const { year, month, day, hour, minute, second } = Object.fromEntries(
    parts.formatToParts(at).map(({ type, value }) => [type, Number(value)]),
  );
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}

/** Return the moments at which the newsroom's clock shows a time, given as if it were UTC. */
function momentsAt(time) {
  const candidates = [time - offset(time - DAY), time - offset(time + DAY)];
  return [...new Set(candidates)].filter((at) => at + offset(at) === time);
}
