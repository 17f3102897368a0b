// Points that are trained several times, on the dashboard's page: by their means, for which sqlite3's shell has sums of its
// own.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {test} from 'node:test';

import {chartOption, hover, openPage, plotted} from './page.mjs';
import {Service, run, studyFile} from './service.mjs';
import {browser, workspace} from './surroundings.mjs';

const query = (database, sql) => JSON.parse(execFileSync('sqlite3', ['-json', database, sql]).toString() || '[]');

// The points of the study that have a mean: of what did not FAIL, where all of that has a result.
const pointsIn = (database) => query(database, `
  select min(case when state <> 'FAILED' then trial end) as trial, avg(objective) as mean, count(objective) as results,
         avg(objective * objective) - avg(objective) * avg(objective) as variance, max(finished_at) as at,
         count(reused_from) = 3 as copied, json_extract(parameters, '$.learning_rate') as rate,
         json_extract(parameters, '$.dropout') as dropout, round
  from trial_results group by trial - replicate
  having count(objective) = sum(state <> 'FAILED') and count(*) = 3 and count(objective) > 0 and sum(state = 'DIVERGED') = 0
  order by 1`);

function near(actual, expected, what) {
  assert.deepEqual([...actual.keys()], [...expected.keys()], what);
  for (const [key, value] of expected) assert.ok(Math.abs(actual.get(key) - value) < 1e-12, `${what}: ${key}`);
}

const means = (points) => new Map(points.map(({trial, mean}) => [trial, mean]));
const sorted = (pairs) => new Map([...pairs].sort((a, b) => a[0] - b[0]));
const text = (value, digits) => String(Number(value.toPrecision(digits)));
const meanText = (mean, error, digits) => `${text(mean, digits)} ± ${text(error, 2)}`;

async function compare(page, database) {
  const points = pointsIn(database);
  const rounds = (await chartOption(page, 'rounds-chart')).series;
  near(sorted(rounds[1].data.map(([, , objective, trial]) => [trial, objective])), means(points), 'the rounds');
  const [dots, steps] = (await chartOption(page, 'best-chart')).series;
  const trained = points.filter(({copied}) => !copied);
  near(sorted(dots.data.map(([, objective, trial]) => [trial, objective])), means(trained), 'the best so far');
  const least = Math.min(...trained.map(({mean}) => mean));
  assert.ok(Math.abs(steps.data.at(-1)[1] - least) < 1e-12);
  const begin = Math.min(...query(database, 'select started_at from study_summary').map((row) => Date.parse(row.started_at)));
  for (const [seconds, , trial] of dots.data) {
    const {at} = trained.find((point) => point.trial === trial);
    assert.ok(Math.abs(seconds - (Date.parse(at) - begin) / 1000) < 0.002, `trial ${trial} counts once its point has ended`);
  }
  const cells = (await chartOption(page, 'heat-map')).series[0].data;
  for (const [rate, dropout, objective, trial] of cells) {
    const here = points.filter((point) => point.rate === rate && point.dropout === dropout);
    assert.ok(Math.abs(objective - Math.min(...here.map(({mean}) => mean))) < 1e-12);
    assert.ok(here.some((point) => point.trial === trial));
  }
  assert.equal(new Set(cells.map(([rate, dropout]) => `${rate} ${dropout}`)).size,
               new Set(points.map(({rate, dropout}) => `${rate} ${dropout}`)).size);
  return points;
}

test('points by their means, and the best with its noise', async () => {
  const database = join(workspace.folder, 'noisy.db');
  run(workspace, ['run', studyFile(workspace, 'noisy', {epochs: 2, rounds: 2}), '--db', database, '--workers', '2', '--set',
                  'training.replicates=3']);
  const dashboard = await Service.dashboard(workspace, database);
  const {page, problems} = await openPage(browser, dashboard.url);
  try {
    await page.waitForSelector('#rounds-chart canvas');
    await page.waitForFunction(() => document.querySelectorAll('#rounds-table tbody tr').length === 2);
    await page.waitForFunction(() => echarts.getInstanceByDom(document.getElementById('best-chart'))?.getOption()
      ?.series?.[0]?.name === 'points');
    const points = await compare(page, database);
    assert.ok(points.some(({copied}) => copied) && points.length > 12);

    const {best, rounds_opened: rounds} = JSON.parse(run(workspace, ['show', 'noisy', '--db', database, '--json']));
    const rival = best.indistinguishable_from;
    const words = await page.textContent('#study-best');
    const noise = meanText(best.mean, best.standard_error, 5);
    assert.ok(words.startsWith(`Best: trial ${best.trial}, validation_error ${noise} over 3 replicates, learning_rate `), words);
    assert.equal(words.includes(`; cannot be told apart from trial ${rival} (`), rival !== null, words);
    const ring = (await chartOption(page, 'rounds-chart')).series[2].data;
    assert.deepEqual(ring.map((point) => point[3]), [best.trial]);
    const shown = await page.evaluate(() => [...document.querySelectorAll('#rounds-table tbody tr')].map((row) => row.cells[6].textContent));
    assert.deepEqual(shown, rounds.map((round) => {
      const least = points.filter((point) => point.round === round.round).sort((a, b) => a.mean - b.mean || a.trial - b.trial)[0];
      return `${text(least.mean, 4)} (${least.trial})`;
    }));
    for (const [id, series] of [['rounds-chart', 'trials'], ['best-chart', 'best so far'], ['heat-map', 'validation_error']]) {
      assert.ok((await plotted(page, id, series)).every(Boolean), `${id} shows all`);
    }
    await hover(page, 'rounds-chart', [best.parameters.learning_rate, best.parameters.dropout],
                `trial ${best.trial}, round ${best.round}: validation_error ${meanText(best.mean, best.standard_error, 4)} over 3 replicates`);

    // What FAILED is left out; with one that DIVERGED a point has no mean. Neither is the best.
    const others = points.filter(({trial, round, copied}) => round === 1 && !copied && trial !== best.trial);
    execFileSync('sqlite3', [database, `
      update trials set state = 'FAILED', objective = null where number = ${others[0].trial};
      update trials set state = 'DIVERGED', objective = null where number = ${others[1].trial + 1};`]);
    await page.reload();
    await page.waitForFunction((trial) => echarts.getInstanceByDom(document.getElementById('best-chart'))?.getOption()
      ?.series?.[0]?.data.some((point) => point[2] === trial), others[0].trial + 1);
    const left = await compare(page, database);
    assert.equal(left.find(({trial}) => trial === others[0].trial + 1).results, 2);
    assert.ok(!left.some(({trial}) => trial === others[1].trial));
    assert.deepEqual(problems, []);
  } finally {
    await page.close();
    await dashboard.stop();
  }
});

test('a study whose points are trained once has no points', async () => {
  const database = join(workspace.folder, 'single.db');
  run(workspace, ['run', studyFile(workspace, 'single', {epochs: 1, rounds: 1}), '--db', database, '--workers', '2']);
  const dashboard = await Service.dashboard(workspace, database);
  const {page, problems} = await openPage(browser, dashboard.url);
  try {
    await page.waitForFunction(() => document.querySelectorAll('#trials tbody tr').length === 12);
    await page.waitForFunction(() => echarts.getInstanceByDom(document.getElementById('best-chart'))?.getOption()
      ?.series?.[0]?.data.length === 12);
    assert.equal((await chartOption(page, 'best-chart')).series[0].name, 'trials');
    assert.match(await page.textContent('#study-best'), /^Best: trial \d+, validation_error [\d.]+ at epoch 1, /);
    assert.deepEqual(problems, []);
  } finally {
    await page.close();
    await dashboard.stop();
  }
});
