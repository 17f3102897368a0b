// Numbers, times and elements for people. Text reaches the page through textContent alone.

export const STATES_FINAL = ['COMPLETED', 'EARLY_STOPPED', 'DIVERGED', 'FAILED', 'CANCELLED'];
export const isFinal = (state) => STATES_FINAL.includes(state);
// Whether a trial may be the best: one that runs, or was cancelled, has an objective too.
export const competes = ({state, objective}) =>
  objective !== null && (state === 'COMPLETED' || state === 'EARLY_STOPPED');

export function number(value, digits = 4) {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'number') return String(value);
  if (Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(digits)));
}

export const stateText = (state) => state.toLowerCase().replace('_', ' ');

export function duration(seconds) {
  if (seconds < 59.5) return `${number(seconds, 3)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function element(tag, text, properties = {}) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  Object.assign(node, properties);
  return node;
}

export const parametersText = (parameters) =>
  Object.entries(parameters ?? {}).map(([name, value]) => `${name} ${number(value)}`).join(', ');

// The page's colours, for charts that are drawn and not styled.
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
