// How trials that a rule stopped, or that wait in a race, look on the dashboard's page.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {test} from 'node:test';

import {chartOption, hover, openPage} from './page.mjs';
import {Service, run, studyFile} from './service.mjs';
import {browser, workspace} from './surroundings.mjs';

const query = (database, sql) => JSON.parse(execFileSync('sqlite3', ['-json', database, sql]).toString() || '[]');

// A race that has ended: all that it did not promote was stopped at once, at its end.
function raced(name) {
  const database = join(workspace.folder, `${name}.db`);
  run(workspace, ['run', studyFile(workspace, name, {epochs: 9, rounds: 1}), '--db', database, '--workers', '1', '--set',
                  'stopping=[{asha: {min_epochs: 1, reduction_factor: 3}}]']);
  return database;
}

test('a race that has ended: what was stopped, and why, is told apart from what was trained', async () => {
  const database = raced('ended');
  const dashboard = await Service.dashboard(workspace, database);
  const {page, problems} = await openPage(browser, dashboard.url);
  try {
    await page.waitForFunction(() => document.querySelectorAll('#trials tbody tr').length === 12);
    const stopped = query(database, "select trial, reason from trial_results where state = 'EARLY_STOPPED' order by 1");
    assert.ok(stopped.length > 5 && stopped.length < 12);
    const cells = await page.evaluate(() => [...document.querySelectorAll('#trials td.state[data-state=EARLY_STOPPED]')].map(
      (cell) => ({trial: Number(cell.parentElement.dataset.trial), reason: cell.title})));
    assert.deepEqual(cells, stopped);
    const colours = await page.evaluate(() => ['EARLY_STOPPED', 'COMPLETED'].map((state) =>
      getComputedStyle(document.querySelector(`#trials td.state[data-state=${state}]`)).color));
    assert.notEqual(colours[0], colours[1]);
    const facts = await page.textContent('#study-facts');
    assert.ok(facts.includes(`early stopped${stopped.length}`), facts);

    // They brought nothing at the time at which they were stopped.
    const [dots, steps] = (await chartOption(page, 'best-chart')).series;
    const trained = query(database, "select trial from trial_results where state = 'COMPLETED'").map(({trial}) => trial);
    assert.deepEqual(dots.data.map(([, , trial]) => trial).sort((a, b) => a - b), trained);
    const best = JSON.parse(run(workspace, ['best', 'ended', '--db', database, '--json'])).best;
    assert.equal(steps.data.at(-1)[1], best.objective);

    // A curve says what became of its trial: one that ends where no other is.
    const [{trial, epoch, error}] = query(database, `select trial, epoch, validation_error as error from epoch_curves c
      where epoch = (select max(epoch) from epoch_curves where trial = c.trial) and trial in (${stopped.map((each) => each.trial)})
        and not exists (select 1 from epoch_curves where epoch = c.epoch and trial <> c.trial
                        and abs(validation_error - c.validation_error) < 0.02)`);
    await hover(page, 'curve-chart', [epoch, error], `trial ${trial}, epoch ${epoch}: `);
    await hover(page, 'curve-chart', [epoch, error], 'early stopped, asha: not among the best');
    assert.deepEqual(problems, []);
  } finally {
    await page.close();
    await dashboard.stop();
  }
});

test('trials that wait at a rung have a dot at the end of their curves', async () => {
  const database = raced('waiting');
  // As the race was before its end.
  execFileSync('sqlite3', [database, `update studies set state = 'RUNNING', finished_at = null;
    update trials set state = 'PAUSED', reason = '', finished_at = null where state = 'EARLY_STOPPED';`]);
  const dashboard = await Service.dashboard(workspace, database);
  const {page, problems} = await openPage(browser, dashboard.url);
  try {
    await page.waitForSelector('#study-state[data-state=RUNNING]');
    await page.waitForFunction(() => document.querySelectorAll('#trials td.state[data-state=PAUSED]').length > 5);
    const ends = query(database, `select trial, max(epoch) as epoch, validation_error as error from epoch_curves join trial_results
      using (study, trial) where state = 'PAUSED' group by trial order by trial`);
    const paused = (await chartOption(page, 'curve-chart')).series.find(({name}) => name === 'paused');
    assert.deepEqual(paused.data, ends.map(({trial, epoch, error}) => [epoch, error, trial]));
    const facts = await page.textContent('#study-facts');
    assert.ok(facts.includes(`paused${ends.length}`), facts);
    assert.equal(await page.textContent('#studies small'), `RUNNING \u00b7 ${12 - ends.length} of 12 trials`);
    // What may go on is no result yet.
    const cells = (await chartOption(page, 'heat-map')).series[0].data.map((cell) => cell[3]);
    for (const {trial} of ends) assert.ok(!cells.includes(trial));
    assert.deepEqual(problems, []);
  } finally {
    await page.close();
    await dashboard.stop();
  }
});

test('points that were drawn are squares on the heat map, not cells between gaps', async () => {
  const database = join(workspace.folder, 'drawn.db');
  run(workspace, ['run', studyFile(workspace, 'drawn', {epochs: 1, rounds: 1}), '--db', database, '--workers', '2', '--set',
                  'search={random: {trials: 24}}', '--set', 'parameters.learning_rate={range: {low: 0.001, high: 1, scale: log}}',
                  '--set', 'parameters.dropout={range: {low: 0.01, high: 0.5}}']);
  const dashboard = await Service.dashboard(workspace, database);
  const {page, problems} = await openPage(browser, dashboard.url);
  try {
    await page.waitForFunction(() => document.querySelectorAll('#trials tbody tr').length === 24);
    const {series: [{data}], xAxis, yAxis} = await chartOption(page, 'heat-map');
    for (const [x, y, , , left, right, bottom, top] of data) {
      assert.deepEqual([left, right, bottom, top], [x, x, y, y]);
      assert.ok(xAxis[0].min < x && x < xAxis[0].max && yAxis[0].min < y && y < yAxis[0].max);
    }
    assert.deepEqual(problems, []);
  } finally {
    await page.close();
    await dashboard.stop();
  }
});
