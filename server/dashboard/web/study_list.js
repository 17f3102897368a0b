// The list of studies, each a link; the current one is marked.
import {element} from './format.js';

export function showStudies(studies, current) {
  const list = document.getElementById('studies');
  document.getElementById('no-studies').hidden = studies.length > 0;
  list.replaceChildren(...studies.map((study) => {
    const link = element('a', study.study, {href: `#/studies/${encodeURIComponent(study.study)}`});
    if (study.study === current) link.setAttribute('aria-current', 'page');
    link.append(element('small', `${study.state} · ${doneOf(study)} of ${study.planned_trials} trials`));
    const item = element('li');
    item.append(link);
    return item;
  }));
}

export function doneOf(study) {
  const {QUEUED = 0, RUNNING = 0, PAUSED = 0} = study.trial_counts;
  return Math.max(0, study.planned_trials - QUEUED - RUNNING - PAUSED);
}
