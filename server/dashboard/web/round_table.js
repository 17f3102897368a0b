// The rounds of a study in words, beside their drawing. A row selects the round's best trial.
import {element, number} from './format.js';
import {whyOf} from './rounds.js';

// "round trial 13 at 0.1424", or of several boxes all of their trials.
function why(round, spec) {
  const boxes = round.boxes ?? [];
  const trials = boxes.map(({trial}) => trial).filter((trial) => trial !== undefined);
  if (trials.length < 2) return whyOf(round, boxes[0], spec);
  return `round trials ${trials.join(', ')}${round.by_hand ? ', by hand' : ''}`;
}

const COLUMNS = [
  ['round', (round) => round.round],
  ['why', why, true],
  ['trials', (round) => round.trials],
  ['trained', (round) => round.trained],
  ['taken over', (round) => round.extended > 0 ? `${round.reused}, ${round.extended} for longer` : round.reused],
  ['epochs', (round, spec) => round.epochs ?? number(spec?.training?.epochs)],
  ['best', (round) => round.best ? `${number(round.best.objective)} (${round.best.trial})` : ''],
];

export function showRounds(table, rounds, spec, onSelect) {
  const head = element('tr');
  head.append(...COLUMNS.map(([title, , text]) => element('th', title, {scope: 'col', className: text ? 'text' : ''})));
  table.tHead.replaceChildren(head);
  table.tBodies[0].replaceChildren(...rounds.map((round) => {
    const row = element('tr');
    row.append(...COLUMNS.map(([, value, text]) => element('td', value(round, spec), {
      className: text ? 'text' : '', title: text ? value(round, spec) : ''})));
    if (round.best) row.addEventListener('click', () => onSelect(round.best.trial));
    return row;
  }));
}
