// The part of the page that shows what coarse-to-fine did: there as soon as it did something.
import {Choice} from './choice.js';
import {showRounds} from './round_table.js';
import {axisNames, mostRefined} from './rounds.js';
import {BY_ROUND, RoundsChart} from './rounds_chart.js';

const $ = (id) => document.getElementById(id);

export class RoundsView {
  constructor(onSelect) {
    this.onSelect = onSelect;
    const again = () => this.draw(...this.drawn);
    this.x = new Choice('rounds-x', again);
    this.y = new Choice('rounds-y', again);
    this.from = new Choice('rounds-from', again);
  }

  // Another study: its rounds are others, its parameters may well be the same.
  forget() { this.from.forget(); }

  resize() { this.chart?.resize(); }

  // `how`: spec (null until it was read), best, direction, metric.
  draw(data, how) {
    this.drawn = [data, how];
    const {rounds} = data;
    $('rounds').hidden = rounds.length < 2;
    if (rounds.length < 2) return;
    showRounds($('rounds-table'), rounds, how.spec, this.onSelect);
    const names = axisNames(rounds);
    $('rounds-chart').hidden = names.length === 0;  // of versions that stored no boxes
    if (names.length === 0) return;
    const [x, y] = mostRefined(rounds);
    const numbers = rounds.map(({round}) => String(round));
    this.x.offer(names, [x]);
    this.y.offer([...names, BY_ROUND], [y, BY_ROUND], [...names, 'round by round']);
    this.from.offer(numbers, [numbers[0]], numbers.map((each, i) => i === 0 ? 'all rounds' : `from round ${each}`));
    this.chart ??= new RoundsChart($('rounds-chart'), this.onSelect);  // takes its size from what is visible
    this.chart.resize();
    this.chart.draw(data, {...how, xName: this.x.value, yName: this.y.value, from: Number(this.from.value)});
  }
}
