// Rounds as the server tells them: what each looked at and why, in words and in numbers. Round 1 is what the study
// gives; each later one has boxes round the best trials, or round a point that a user named.
import {number} from './format.js';

// Why there is that box.
export function whyOf(round, box, spec) {
  if (round.round === 1) {
    const strategy = Object.keys(spec?.search ?? {}).find((key) => key !== 'refine' && key !== 'grid');
    return strategy ? `points by ${strategy}` : 'the grid';
  }
  const centre = box?.trial !== undefined ? `round trial ${box.trial}` : round.by_hand ? 'round a point' : 'round the best';
  const why = box?.objective === undefined ? centre : `${centre} at ${number(box.objective)}`;
  return round.by_hand ? `${why}, by hand` : why;
}

// What a box covers of that parameter: [low, high], twice the same where it stays at its centre; null: it is not
// there, or no number.
export function spanOf(box, name) {
  const axis = box.axes?.[name];
  const span = axis ? [axis.low, axis.high] : [box.centre?.[name], box.centre?.[name]];
  return span.every((value) => typeof value === 'number') ? span : null;
}

const boxesOf = (rounds) => rounds.flatMap(({boxes}) => boxes ?? []);

// The parameters that any box has as an axis, in the file's order.
export function axisNames(rounds) {
  return [...new Set(boxesOf(rounds).flatMap(({axes}) => Object.keys(axes ?? {})))];
}

// The same, those first that most boxes refined.
export function mostRefined(rounds) {
  const refined = (name) => boxesOf(rounds).filter(({axes}) => axes?.[name]).length;
  return axisNames(rounds).sort((a, b) => refined(b) - refined(a));
}

// Whether the file spaces that parameter logarithmically; one of a `per` has a number behind its name.
export function isLog(spec, name) {
  const parameters = spec?.parameters ?? {};
  const entry = parameters[name] ?? parameters[name.replace(/_\d+$/, '')];
  const range = entry?.range ?? entry?.int_range;
  return Boolean(entry?.logspace || entry?.geomspace || range?.scale === 'log');
}

const axisText = ([name, {low, high, num}]) =>
  `${name} ${number(low)} to ${number(high)}${num === null || num === undefined ? '' : `, ${num} places`}`;

// What became of a round's trials.
export function outcomeOf(round) {
  const parts = [`${round.trials} trials`, `${round.trained} trained`];
  if (round.reused > 0) parts.push(`${round.reused} taken over`);
  if (round.extended > 0) parts.push(`${round.extended} of them for longer`);
  if (round.epochs !== null) parts.push(`${round.epochs} epochs each`);
  return parts.join(', ');
}

export function boxText(round, box, spec) {
  return [`round ${round.round}: ${whyOf(round, box, spec)}`, ...Object.entries(box.axes ?? {}).map(axisText), outcomeOf(round),
          round.best ? `best: trial ${round.best.trial} at ${number(round.best.objective)}` : 'no result yet'].join('\n');
}
