// The trials of a study, sorted by the server, page after page.
import {listTrials} from './api.js';
import {element, number} from './format.js';

const PAGE = 100;
const TRIAL_STATES = ['QUEUED', 'RUNNING', 'PAUSED', 'COMPLETED', 'EARLY_STOPPED', 'DIVERGED', 'FAILED', 'CANCELLED'];

// key: what the server sorts by; none: not sortable.
const column = (title, key, value, text = false) => ({title, key, value, text});
const BEFORE = [
  column('trial', 'trial', (trial) => trial.trial),
  column('round', 'round', (trial) => trial.round),
  column('state', 'state', (trial) => trial.state, true),
  column('objective', 'objective', (trial) => number(trial.objective, 5)),
  column('best epoch', undefined, (trial) => number(trial.best_epoch)),
  column('epochs', 'epochs', (trial) => `${trial.epochs}/${trial.epochs_planned}`),
];
const BEHIND = [
  column('seconds', 'seconds', (trial) => number(trial.seconds, 3)),
  column('worker', undefined, (trial) => trial.worker, true),
  column('attempt', undefined, (trial) => trial.attempt),
  column('taken over from', undefined, (trial) => trial.reused_from ?? '', true),
  column('reason', undefined, (trial) => trial.reason, true),
];

export class TrialTable {
  constructor(onSelect, onError) {
    this.onSelect = onSelect;
    this.onError = onError;
    this.turn = 0;  // of the reload that was asked for last
    this.table = document.getElementById('trials');
    this.more = document.getElementById('more-trials');
    this.filter = document.getElementById('trial-state');
    this.filter.append(...TRIAL_STATES.map((state) => element('option', state, {value: state})));
    this.filter.addEventListener('change', () => this.ask(PAGE));
    this.more.addEventListener('click', () => this.ask(this.shown + PAGE));
    this.open(null, []);
  }

  open(study, parameters) {
    this.turn += 1;
    this.study = study;
    this.parameters = parameters;
    this.sort = 'trial';
    this.descending = false;
    this.shown = PAGE;
    this.filter.value = '';
    this.table.tBodies[0].replaceChildren();
    this.showHead();
  }

  setParameters(parameters) {
    if (parameters.join() === this.parameters.join()) return;
    this.parameters = parameters;
    this.showHead();
  }

  columns() {
    return [...BEFORE, ...this.parameters.map((name) => column(name, name, (trial) => number(trial.parameters?.[name]))),
            ...BEHIND];
  }

  showHead() {
    const row = element('tr');
    for (const {title, key, text} of this.columns()) {
      const cell = element('th', key ? undefined : title, {scope: 'col', className: text ? 'text' : ''});
      if (key) {
        const button = element('button', title, {type: 'button'});
        button.addEventListener('click', () => this.sortBy(key));
        cell.append(button);
        if (key === this.sort) cell.setAttribute('aria-sort', this.descending ? 'descending' : 'ascending');
      }
      row.append(cell);
    }
    this.table.tHead.replaceChildren(row);
  }

  sortBy(key) {
    this.descending = key === this.sort && !this.descending;
    this.sort = key;
    this.showHead();
    this.ask(PAGE);
  }

  // A reload that the reader of the page asked for.
  ask(count) {
    this.reload(count).catch(this.onError);
  }

  // Shows the first `count` trials anew, unless another reload is asked for meanwhile: an answer that comes late
  // must not take the place of a newer one.
  async reload(count = this.shown) {
    const {study, sort, descending} = this;
    const turn = ++this.turn;
    if (!study) return;
    this.shown = count;
    const state = this.filter.value;
    const trials = [];
    while (trials.length < count) {
      const page = await listTrials(study, {sort, descending, state, limit: Math.min(1000, count - trials.length),
                                            offset: trials.length});
      if (turn !== this.turn) return;
      trials.push(...page);
      if (page.length === 0) break;
    }
    this.more.hidden = trials.length < count;
    document.getElementById('trial-range').textContent = `${trials.length} shown`;
    this.table.tBodies[0].replaceChildren(...trials.map((trial) => this.row(trial)));
    this.mark(this.best, this.selected);
  }

  row(trial) {
    const row = element('tr');
    row.dataset.trial = trial.trial;
    for (const {value, text, title} of this.columns()) {
      const cell = element('td', value(trial), {className: text ? 'text' : '', title: text ? value(trial) : ''});
      if (title === 'state') {
        cell.title = trial.reason;  // whose own column is far to the right
        cell.classList.add('state');
        cell.dataset.state = trial.state;
      }
      row.append(cell);
    }
    row.addEventListener('click', () => this.onSelect(trial.trial));
    return row;
  }

  mark(best, selected) {
    Object.assign(this, {best, selected});
    for (const row of this.table.tBodies[0].rows) {
      row.classList.toggle('best', Number(row.dataset.trial) === best);
      row.classList.toggle('selected', Number(row.dataset.trial) === selected);
    }
  }
}
