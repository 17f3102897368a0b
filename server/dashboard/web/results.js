// What the charts compare: trials, or where each point is trained several times (training.replicates), points.
import {competes, number} from './format.js';

// It has another trial's whole curve. Not so one that was leased all the same: it went on from there.
export const isCopy = ({reused_from: origin, attempt}) => Boolean(origin) && attempt === 0;

// A point, as the trial that stands for it, the first with a result, but that its objective is the mean; null where not
// all of its trials are over, or one has no result for another reason than that it FAILED.
function pointOf(trials) {
  const counted = trials.filter(({state}) => state !== 'FAILED');
  if (counted.length === 0 || !counted.every(competes)) return null;
  const [stands] = counted;
  const mean = counted.reduce((sum, {objective}) => sum + objective, 0) / counted.length;
  const squares = counted.reduce((sum, {objective}) => sum + (objective - mean) ** 2, 0);
  const error = counted.length > 1 ? Math.sqrt(squares / (counted.length - 1) / counted.length) : null;
  return {...stands, objective: mean, results: counted.length, standard_error: error,
          // It was there once the last of them was.
          finished_at: trials.map(({finished_at: at}) => at).sort().at(-1),
          reused_from: counted.every(({reused_from: origin}) => origin) ? stands.reused_from : null,
          attempt: Math.max(...counted.map(({attempt}) => attempt)),
          partly: counted.some(isCopy) && !counted.some((trial) => trial.reused_from && !isCopy(trial))};
}

// It brought nothing new: an earlier point has the same trials, or those of them that did not FAIL.
const isOld = (result, known) => isCopy(result) || (result.partly && known.has(JSON.stringify(result.parameters)));

// Those of `results`, in the order of their numbers, that are no others again.
export function firstOf(results) {
  const known = new Set();
  return results.filter((result) => {
    if (isOld(result, known)) return false;
    known.add(JSON.stringify(result.parameters));
    return true;
  });
}

// Of trials in the order of their numbers, `replicates` of each point.
export function resultsOf(trials, replicates) {
  if (replicates === 1) return trials.filter(competes);
  const points = new Map();  // by their first trial
  for (const trial of trials) {
    const first = trial.trial - trial.replicate;
    if (!points.has(first)) points.set(first, []);
    points.get(first).push(trial);
  }
  return [...points.values()].filter((each) => each.length === replicates).map(pointOf).filter((point) => point !== null);
}

// "0.1427 ± 0.0012"; without the noise where nothing is known of it.
export const meanText = (mean, error, digits) =>
  error === null ? number(mean, digits) : `${number(mean, digits)} ± ${number(error, 2)}`;

const replicatesText = (count) => `over ${count} ${count === 1 ? 'replicate' : 'replicates'}`;

// "0.1427 ± 0.0012 over 3 replicates" of a point, "0.1427" of a trial.
export const objectiveText = ({objective, standard_error: error, results}, digits) =>
  results === undefined ? number(objective, digits) : `${meanText(objective, error, digits)} ${replicatesText(results)}`;
