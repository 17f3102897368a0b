// What the charts draw of one study: its first trials and their curves, kept up to date by reading again only from
// the first trial that was not final yet, and those trials beyond that are marked (the best, the selected one).
// Trials are leased in the order of their numbers, so that what is read again is a short tail.
import {getCurves, getRounds, getTrial, listTrials} from './api.js';
import {isFinal} from './format.js';
import {resultsOf} from './results.js';

const PAGE = 1000;
export const MOST_DRAWN = 20000;  // trials that charts draw; the table pages through all of them

export class StudyData {
  constructor(study) {
    this.study = study;
    this.replicates = 1;      // of each point, as far as is known
    this.trials = new Map();  // number -> trial
    this.metric = 'error';    // what the curves show of both parts
    this.curves = new Map();  // number -> [[train, validation], ...]
    this.rounds = [];         // as getRounds has them
    this.settled = 0;         // all trials up to this number are final and were read
  }

  // Reads what may have changed, and the trials that are marked (numbers, or none). Callers take turns (main.js).
  async refresh(marked) {
    for (let first = this.settled + 1; first <= MOST_DRAWN; first += PAGE) {
      const count = Math.min(PAGE, MOST_DRAWN - first + 1);
      // Trials before curves: what is final in the one read has its last epoch in the other.
      const trials = await listTrials(this.study, {sort: 'trial', limit: count, offset: first - 1});
      if (trials.length > 0) await this.readCurves(first, count);
      for (const trial of trials) this.trials.set(trial.trial, trial);
      if (trials.length < count) break;
    }
    this.rounds = await getRounds(this.study);
    while (isFinal(this.trials.get(this.settled + 1)?.state)) this.settled += 1;
    const wanted = marked.filter((trial) => trial > MOST_DRAWN);
    for (const trial of this.trials.keys()) {
      if (trial > MOST_DRAWN && !wanted.includes(trial)) this.forget(trial);
    }
    for (const trial of wanted) await this.readSingly(trial);
  }

  // A trial that is marked now; one that is drawn anyway is there already.
  async readSingly(trial) {
    if (trial <= MOST_DRAWN || isFinal(this.trials.get(trial)?.state)) return;
    const row = await getTrial(this.study, trial);
    await this.readCurves(trial, 1);
    this.trials.set(trial, row);
  }

  // The server answers as many epochs at once as it will, and says where it stopped.
  async readCurves(first, count) {
    for (let next = first; next !== null;) {
      const answer = await getCurves(this.study, next, first + count - next);
      for (const [trial, epochs] of answer.curves) this.curves.set(trial, epochs);
      this.metric = answer.metric;
      next = answer.next;
    }
  }

  forget(trial) {
    this.trials.delete(trial);
    this.curves.delete(trial);
  }

  inOrder() {
    return [...this.trials.values()].sort((a, b) => a.trial - b.trial);
  }

  // What there is to compare, by the number of the trial that stands for it, in that order.
  results() {
    return new Map(resultsOf(this.inOrder(), this.replicates).map((result) => [result.trial, result]));
  }

  // Names of parameters, constants left out: those that take more than one value so far come first.
  parameterNames() {
    const seen = new Map();
    for (const {parameters} of this.trials.values()) {
      for (const [name, value] of Object.entries(parameters ?? {})) {
        if (!seen.has(name)) seen.set(name, new Set());
        seen.get(name).add(value);
      }
    }
    const names = [...seen.keys()];
    const varied = names.filter((name) => seen.get(name).size > 1);
    return varied.length > 0 ? varied : names;
  }
}
