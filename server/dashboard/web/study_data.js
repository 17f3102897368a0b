// What the charts draw of one study: its trials and their curves, kept up to date by reading again only from the
// first trial that was not final yet. Trials are leased in the order of their numbers, so that is a short tail.
import {getCurves, listTrials} from './api.js';
import {isFinal} from './format.js';

const PAGE = 1000;
export const MOST_DRAWN = 20000;  // trials that charts draw; the table pages through all of them

export class StudyData {
  constructor(study) {
    this.study = study;
    this.trials = new Map();  // number -> trial
    this.curves = new Map();  // number -> [[train_error, validation_error], ...]
    this.settled = 0;         // all trials up to this number are final and were read
  }

  // Reads what may have changed. Callers take turns (main.js).
  async refresh() {
    let first = this.settled + 1;
    for (;;) {
      const [trials, curves] = await Promise.all([
        listTrials(this.study, {sort: 'trial', limit: PAGE, offset: first - 1}),
        getCurves(this.study, first, PAGE),
      ]);
      for (const trial of trials) this.trials.set(trial.trial, trial);
      for (const [trial, epochs] of curves) this.curves.set(trial, epochs);
      first += PAGE;
      if (trials.length < PAGE || first > MOST_DRAWN) break;
    }
    while (isFinal(this.trials.get(this.settled + 1)?.state)) this.settled += 1;
  }

  inOrder() {
    return [...this.trials.values()].sort((a, b) => a.trial - b.trial);
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
