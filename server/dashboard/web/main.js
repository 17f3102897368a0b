// The page: which study is shown, and when what is drawn again.
import {followStudy, getStudy, listStudies} from './api.js';
import {BestChart} from './best_chart.js';
import {Choice} from './choice.js';
import {CurveChart} from './curve_chart.js';
import {duration, element, number, parametersText, stateText} from './format.js';
import {HeatMap} from './heat_map.js';
import {meanText, objectiveText} from './results.js';
import {RoundsView} from './rounds_view.js';
import {MOST_DRAWN, StudyData} from './study_data.js';
import {doneOf, showStudies} from './study_list.js';
import {TrialTable} from './trial_table.js';

const $ = (id) => document.getElementById(id);
const LIST_EVERY = 3000;   // ms; studies that others submit turn up so
const RETRY_AFTER = 2000;  // ms after a read that failed

let name = null;      // of the study that is shown
let summary = null;   // as the last event had it
let spec = null;      // of it; null until it was read
let data = null;      // StudyData of it
let selected = null;  // a trial's number
let unfollow = () => {};
let arriving = false;  // events of the study

let curves, heat, best;  // made when the study is first shown: a chart takes its size from what is visible
const heatX = new Choice('heat-x', drawHeat);
const heatY = new Choice('heat-y', drawHeat);
const rounds = new RoundsView(select);
const table = new TrialTable(select, fail);

function select(trial) {
  selected = trial === selected ? null : trial;
  drawCurves();
  table.mark(summary?.best_trial, selected);
  if (selected > MOST_DRAWN) refresh();  // its curve is not there yet
}

function showConnection(connected) {
  $('connection').textContent = connected ? 'live' : 'connection lost, trying again';
  $('connection').classList.toggle('lost', !connected);
}

// What the study trains on: a name, a path, or what chooses it.
function datasetText() {
  const place = spec?.dataset?.name ?? spec?.dataset?.path ?? spec?.dataset ?? '';
  return typeof place === 'string' ? place : JSON.stringify(place);
}

function showSummary() {
  $('study').hidden = false;
  curves ??= new CurveChart($('curve-chart'), select);
  heat ??= new HeatMap($('heat-map'), select);
  best ??= new BestChart($('best-chart'), select);
  $('study-name').textContent = summary.study;
  $('study-state').textContent = summary.state;
  $('study-state').dataset.state = summary.state;
  $('study-reason').textContent = summary.reason;
  $('study-progress').max = Math.max(1, summary.planned_trials);
  $('study-progress').value = doneOf(summary);
  const facts = {
    trials: `${doneOf(summary)} of ${summary.planned_trials}`,
    ...Object.fromEntries(Object.entries(summary.trial_counts).map(([state, count]) => [stateText(state), count])),
    rounds: summary.rounds,
    epochs: summary.stored_epochs,
    time: duration(summary.seconds),
    objective: `${summary.direction} ${summary.metric}`,
    'data set': datasetText(),
  };
  $('study-facts').replaceChildren(...Object.entries(facts).map(([term, value]) => {
    const pair = element('div');
    pair.append(element('dt', term), element('dd', value));
    return pair;
  }));
}

// Of a point that is trained several times, what its trials say together, as the server has it.
function showBest() {
  const trial = data.trials.get(summary.best_trial);
  const point = summary.best_point;
  const words = () => point
    ? objectiveText({...point, objective: point.mean}, 5)
    : `${number(trial.objective, 5)} at epoch ${trial.best_epoch}`;
  const rival = point?.rival
    ? `; cannot be told apart from trial ${point.rival.trial} (${meanText(point.rival.mean, point.rival.standard_error, 5)})` : '';
  $('study-best').textContent = trial
    ? `Best: trial ${trial.trial}, ${summary.metric} ${words()}, ${parametersText(trial.parameters)}${rival}` : '';
}

function drawCurves() {
  if (!data || !summary) return;
  curves.draw(data, {best: summary.best_trial, selected, kind: $('curve-kind').value, log: $('curve-log').checked});
}

function drawHeat() {
  if (!data || !summary) return;
  heat.draw(data, {xName: heatX.value, yName: heatY.value, direction: summary.direction,
                   metric: summary.metric});
}

function drawRounds() {
  if (!data || !summary) return;
  rounds.draw(data, {spec, best: summary.best_trial, direction: summary.direction, metric: summary.metric});
}

// Offers the parameters as axes: those that were chosen, else learning rate by dropout where they are there, else the
// first two. While a grid begins only its fastest parameter has varied: what is shown then is no choice.
function offerAxes(names) {
  heatX.offer(names, ['learning_rate', names[0]]);
  heatY.offer(names, ['dropout', ...names.filter((each) => each !== heatX.value), ...names]);
}

function drawAll() {
  const names = data.parameterNames();
  table.setParameters(names);
  offerAxes(names);
  showBest();
  drawCurves();
  drawHeat();
  drawRounds();
  best.draw(data, {direction: summary.direction, metric: summary.metric, startedAt: summary.started_at,
                   finishedAt: summary.finished_at});
  const all = summary.planned_trials;
  $('drawn').textContent = all > MOST_DRAWN
    ? `The first ${MOST_DRAWN.toLocaleString('en')} of ${all.toLocaleString('en')} trials are drawn.` : '';
}

// One refresh at a time; changes that come meanwhile ask for one more.
let refreshing = false;
let again = false;
let failed = false;
async function refresh() {
  if (refreshing) {
    again = true;
    return;
  }
  refreshing = true;
  try {
    do {
      again = false;
      if (!summary) break;  // another study was opened; its first event asks anew
      const current = data;
      await current.refresh([summary.best_trial, selected]);
      if (current === data) {
        drawAll();
        await table.reload();
      }
      if (current === data) table.mark(summary.best_trial, selected);
      else again = true;
    } while (again);
    if (failed) showConnection(true);
    failed = false;
  } catch (error) {
    fail(error);
  } finally {
    refreshing = false;
  }
}

// Says what a read failed with, and reads again a little later.
function fail(error) {
  $('connection').textContent = error.message;
  $('connection').classList.add('lost');
  if (!failed) setTimeout(retry, RETRY_AFTER);
  failed = true;
}

function retry() {
  refresh().then(() => {
    if (failed) setTimeout(retry, RETRY_AFTER);
  });
}

// A page that nobody sees holds no connection: a browser has six for all of its pages together.
function follow() {
  unfollow();
  unfollow = () => {};
  if (!name || document.hidden) return;
  unfollow = followStudy(name, (changed) => {
    if (changed.study !== name) return;
    if (summary && summary.created_at !== changed.created_at) beginAnew();  // another file has the database's name
    summary = changed;
    showSummary();
    refresh();
  }, (connected) => {
    arriving = connected;
    showConnection(connected);
  });
}

function openStudy(study) {
  if (study === name) return;
  name = study;
  beginAnew();
  follow();
}

// Nothing is known of the study yet.
function beginAnew() {
  summary = null;
  selected = null;
  spec = null;
  rounds.forget();
  data = new StudyData(name);
  table.open(name, []);
  const current = data;
  getStudy(name).then((study) => {
    if (current !== data) return;
    spec = study.spec;
    data.replicates = spec?.training?.replicates ?? 1;
    if (!summary) return;
    showSummary();
    drawAll();
  }, () => showConnection(false));
}

async function refreshList() {
  if (document.hidden) return;
  try {
    const studies = await listStudies();
    const wanted = decodeURIComponent(location.hash.replace(/^#\/studies\//, '')) || studies[0]?.study;
    showStudies(studies, wanted);
    if (studies.some(({study}) => study === wanted)) openStudy(wanted);
    if (arriving && !failed) showConnection(true);  // where the read before this one failed
  } catch (error) {
    showConnection(false);
  }
}

$('curve-kind').addEventListener('change', drawCurves);
$('curve-log').addEventListener('change', drawCurves);
window.addEventListener('hashchange', refreshList);
document.addEventListener('visibilitychange', () => {
  follow();
  refreshList();
});
window.addEventListener('resize', () => [curves, heat, best, rounds].forEach((chart) => chart?.resize()));
setInterval(refreshList, LIST_EVERY);
refreshList();
