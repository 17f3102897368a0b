// Numbers, times and elements for people. Text reaches the page through textContent alone.

export const STATES_FINAL = ['COMPLETED', 'EARLY_STOPPED', 'DIVERGED', 'FAILED', 'CANCELLED'];
export const isFinal = (state) => STATES_FINAL.includes(state);

export function number(value, digits = 4) {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'number') return String(value);
  if (Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(digits)));
}

export function duration(seconds) {
  if (seconds < 60) return `${number(seconds, 3)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
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
