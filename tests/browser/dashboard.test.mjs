// The dashboard's page in Debian's Chromium, on a study that has ended and on one that runs. Charts are looked at
// twice: by their options, and by what stands on the canvas.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {renameSync, rmSync} from 'node:fs';
import {get} from 'node:http';
import {join} from 'node:path';
import {test} from 'node:test';

import {chartOption, openPage, plotted} from './page.mjs';
import {Service, run, studyFile} from './service.mjs';
import {browser, workspace} from './surroundings.mjs';

// A database with one finished study of two rounds.
function finishedStudy(name) {
  const database = join(workspace.folder, `${name}.db`);
  const file = studyFile(workspace, name, {epochs: 3, rounds: 2});
  run(workspace, ['run', file, '--db', database, '--workers', '2']);
  return database;
}

test('a finished study: its table, curves, heat map and best so far', async () => {
  const database = finishedStudy('finished');
  run(workspace, ['run', studyFile(workspace, 'second', {epochs: 1, rounds: 1}), '--db', database, '--workers', '2']);
  const dashboard = await Service.dashboard(workspace, database);
  const {page, problems} = await openPage(browser, dashboard.url);
  try {
    await page.click('#studies a[href="#/studies/finished"]');  // the newest is shown first
    await page.waitForFunction(() => document.getElementById('study-name').textContent === 'finished');
    await page.waitForSelector('#study-state[data-state=COMPLETED]');
    await page.waitForFunction(() => document.querySelectorAll('#trials tbody tr').length > 12);
    const best = JSON.parse(run(workspace, ['best', 'finished', '--db', database, '--json'])).best;

    // Few series hold all curves: one for the many, one for the best.
    const curves = await chartOption(page, 'curve-chart');
    assert.ok(curves.series.length <= 3, `${curves.series.length} series`);
    const marked = curves.series.find((series) => series.name === `best: trial ${best.trial}`);
    assert.ok(marked, 'the best curve is marked');
    const stored = JSON.parse(run(workspace, ['curve', 'finished/best', '--db', database, '--json']));
    assert.deepEqual(marked.data.map((point) => point[1]), stored.map((epoch) => epoch.validation_error));
    const drawn = new Set(curves.series.flatMap((series) => series.data.map((point) => point[2]).filter(Boolean)));
    assert.equal(drawn.size, await page.evaluate(() => document.querySelectorAll('#trials tbody tr').length));

    // Log axes; every cell is the best of the trials with its two values, whatever their round.
    const heat = await chartOption(page, 'heat-map');
    assert.equal(heat.xAxis[0].type, 'log');
    assert.equal(heat.yAxis[0].type, 'log');
    assert.deepEqual([heat.xAxis[0].name, heat.yAxis[0].name], ['learning_rate', 'dropout']);
    const trials = JSON.parse(run(workspace, ['trials', 'finished', '--db', database, '--json', '--limit', '1000']));
    for (const [rate, dropout, objective, trial] of heat.series[0].data) {
      const same = trials.filter((each) => each.objective !== null &&
        each.parameters.learning_rate === rate && each.parameters.dropout === dropout);
      assert.equal(objective, Math.min(...same.map((each) => each.objective)));
      assert.ok(same.some((each) => each.trial === trial && each.objective === objective));
    }

    const steps = (await chartOption(page, 'best-chart')).series.find((series) => series.name === 'best so far').data;
    assert.equal(steps.at(-1)[1], best.objective);
    for (let i = 1; i < steps.length; i++) assert.ok(steps[i][1] <= steps[i - 1][1], 'the best so far never rises');

    for (const [id, series] of [['curve-chart', `best: trial ${best.trial}`], ['heat-map', heat.series[0].name],
                                ['best-chart', 'best so far']]) {
      const points = await plotted(page, id, series);
      assert.ok(points.length > 2, `${id} has points`);
      assert.ok(points.every(Boolean), `${id} shows ${points.filter(Boolean).length} of ${points.length} points`);
    }

    // Sorted by the server, both ways.
    await page.click('#trials th button:text-is("objective")');
    await page.waitForSelector('#trials th[aria-sort=ascending] button:text-is("objective")');
    await page.waitForFunction((trial) => document.querySelector('#trials tbody tr')?.dataset.trial === String(trial),
                               best.trial);
    await page.click('#trials th button:text-is("trial")');
    await page.click('#trials th button:text-is("trial")');
    await page.waitForFunction((last) => document.querySelector('#trials tbody tr')?.dataset.trial === String(last),
                               Math.max(...trials.map((each) => each.trial)));

    // A click on a row marks its curve.
    await page.click('#trials tbody tr[data-trial="2"]');
    if (best.trial !== 2) {
      assert.ok((await chartOption(page, 'curve-chart')).series.some((series) => series.name === 'trial 2'));
    }
    await page.screenshot({path: join(workspace.folder, 'finished.png'), fullPage: true});

    // Another study is shown with a click, and nothing of it goes wrong.
    await page.click('#studies a[href="#/studies/second"]');
    await page.waitForFunction(() => document.getElementById('study-name').textContent === 'second');
    await page.waitForFunction(() => document.querySelectorAll('#trials tbody tr').length === 12);
    await page.click('#studies a[href="#/studies/finished"]');
    await page.waitForFunction(() => document.querySelectorAll('#trials tbody tr').length > 12);
    assert.equal(await page.textContent('#connection'), 'live');
    assert.deepEqual(problems, []);
  } finally {
    await page.close();
    await dashboard.stop();
  }
});

test('a running study: the page follows it without being asked', async () => {
  const database = join(workspace.folder, 'running.db');
  const server = await Service.server(workspace, database);
  const dashboard = await Service.dashboard(workspace, database);
  const file = studyFile(workspace, 'running', {epochs: 40, rounds: 1});
  run(workspace, ['submit', file, '--server', server.address]);
  const {page, problems} = await openPage(browser, dashboard.url);
  let worker;
  try {
    await page.waitForSelector('#study-state[data-state=RUNNING]');
    assert.equal(await page.textContent('#trials tbody'), '', 'nothing has run yet');
    worker = await Service.worker(workspace, server.address);
    await page.waitForFunction(() => document.querySelectorAll('#trials tbody tr').length > 0);
    await page.waitForSelector('#study-state[data-state=COMPLETED]', {timeout: 60000});
    await page.waitForFunction(() => [...document.querySelectorAll('#trials tbody td.state')]
      .filter((cell) => cell.textContent === 'COMPLETED').length === 12);
    // Every epoch of every trial is drawn; the table may be read behind the curves that are on the page.
    await page.waitForFunction((all) => echarts.getInstanceByDom(document.getElementById('curve-chart')).getOption().series
      .flatMap((series) => series.data.filter((point) => point[2])).length === all, 12 * 40);
    // What varied first is no choice of axes.
    assert.deepEqual([await page.inputValue('#heat-x'), await page.inputValue('#heat-y')], ['learning_rate', 'dropout']);
    const heat = await chartOption(page, 'heat-map');
    assert.deepEqual([heat.xAxis[0].name, heat.yAxis[0].name], ['learning_rate', 'dropout']);
    assert.deepEqual(problems, []);
  } finally {
    await page.close();
    await worker?.stop();
    await dashboard.stop();
    await server.stop();
  }
});

test('markup in a value, a path or a reason is text', async () => {
  const database = finishedStudy('markup');
  const markup = '<img src=x onerror="document.title=\'owned\'"><b>bold</b>';
  const quoted = markup.replaceAll("'", "''");
  execFileSync('sqlite3', [database,
    `update trials set parameters = json_set(parameters, '$.dropout', '${quoted}') where number = 1;
     update trials set reason = '${quoted}' where number = 2;
     update studies set reason = '${quoted}', spec = json_set(spec, '$.dataset.name', null, '$.dataset.path', '${quoted}');`]);
  const dashboard = await Service.dashboard(workspace, database);
  const {page, problems} = await openPage(browser, dashboard.url);
  try {
    await page.waitForFunction((text) => document.getElementById('study-reason').textContent === text, markup);
    await page.waitForFunction((text) => document.getElementById('study-facts').textContent.includes(text), markup);
    await page.waitForFunction((text) => document.querySelector('#trials tbody tr[data-trial="1"]')
      ?.textContent.includes(text), markup);
    assert.ok((await page.textContent('#trials tbody tr[data-trial="2"]')).includes(markup));
    assert.equal(await page.locator('#study img, #study b').count(), 0, 'no element was made of it');
    assert.equal(await page.title(), 'hpsearch');
    assert.deepEqual(problems, []);
  } finally {
    await page.close();
    await dashboard.stop();
  }
});

test('a place that a later round found worse keeps its best, and what is not final is no best', async () => {
  const database = finishedStudy('worse');
  // Round 2 holds places of round 1, taken over; there they are made worse here. And a cancelled one is made best.
  execFileSync('sqlite3', [database,
    `update trials set objective = 0.95 where round = 2 and reused_from is not null;
     update trials set objective = 0.0001, state = 'CANCELLED' where number = 1;`]);
  const dashboard = await Service.dashboard(workspace, database);
  const {page, problems} = await openPage(browser, dashboard.url);
  try {
    await page.waitForFunction(() => document.querySelectorAll('#trials tbody tr').length > 12);
    const trials = JSON.parse(run(workspace, ['trials', 'worse', '--db', database, '--json', '--limit', '1000']))
      .filter((trial) => trial.state === 'COMPLETED');
    const cells = (await chartOption(page, 'heat-map')).series[0].data;
    assert.ok(cells.length > 12);
    for (const [rate, dropout, objective] of cells) {
      const same = trials.filter(({parameters}) => parameters.learning_rate === rate && parameters.dropout === dropout);
      assert.equal(objective, Math.min(...same.map((each) => each.objective)));
    }
    const best = (await chartOption(page, 'best-chart')).series.flatMap((series) => series.data.map((point) => point[1]));
    assert.ok(!best.includes(0.0001));
    assert.deepEqual(problems, []);
  } finally {
    await page.close();
    await dashboard.stop();
  }
});

test('categories have their labels, and curves of one epoch are seen', async () => {
  const database = join(workspace.folder, 'labels.db');
  const file = studyFile(workspace, 'labels', {epochs: 1, rounds: 1});
  run(workspace, ['run', file, '--db', database, '--workers', '2', '--set', 'parameters.dropout={values: [0.1, 0.2, 0.3]}',
                  '--set', 'parameters.learning_rate.logspace.num=24', '--set', 'model[0].dense.activation=$act',
                  '--set', 'parameters.act={values: [relu, tanh]}']);
  const dashboard = await Service.dashboard(workspace, database);
  const {page, problems} = await openPage(browser, dashboard.url);
  try {
    await page.waitForFunction(() => document.querySelectorAll('#trials tbody tr').length === 100);
    await page.selectOption('#heat-y', 'act');
    const labels = await page.evaluate(() => echarts.getInstanceByDom(document.getElementById('heat-map')).getModel()
      .getComponent('yAxis').axis.getViewLabels().map((label) => label.formattedLabel).filter(Boolean));
    assert.deepEqual(labels, ['relu', 'tanh']);
    // 143 curves of one point each beside the best: without symbols there would be no ink. Where few of them lie over
    // one another it is paler than the series' colour.
    const points = await plotted(page, 'curve-chart', 'trials');
    assert.equal(points.length, 143);
    assert.ok(points.filter(Boolean).length > 20, `${points.filter(Boolean).length} of ${points.length} points`);
    assert.deepEqual(problems, []);
  } finally {
    await page.close();
    await dashboard.stop();
  }
});

test('a database that is replaced under its name is shown anew', async () => {
  const database = finishedStudy('replaced');
  const dashboard = await Service.dashboard(workspace, database);
  const {page, problems} = await openPage(browser, dashboard.url);
  try {
    await page.waitForFunction(() => document.querySelectorAll('#trials tbody tr').length > 12);
    const other = join(workspace.folder, 'replacement.db');
    const file = studyFile(workspace, 'replaced', {epochs: 2, rounds: 1});
    run(workspace, ['run', file, '--db', other, '--workers', '2', '--set', 'seed=9']);
    execFileSync('sqlite3', [other, 'pragma wal_checkpoint(truncate)']);
    for (const part of ['', '-wal', '-shm']) rmSync(database + part, {force: true});
    renameSync(other, database);
    await page.waitForFunction(() => document.querySelectorAll('#trials tbody tr').length === 12, {timeout: 60000});
    const best = JSON.parse(run(workspace, ['best', 'replaced', '--db', database, '--json'])).best;
    await page.waitForFunction((trial) => document.getElementById('study-best').textContent.startsWith(`Best: trial ${trial},`),
                               best.trial);
    const points = (await chartOption(page, 'curve-chart')).series.flatMap((series) => series.data.filter((each) => each[2]));
    assert.equal(points.length, 12 * 2);
    // While the file had no name a read may have failed, and the browser says so.
    assert.deepEqual(problems.filter((text) => !text.startsWith('Failed to load resource')), []);
    await page.waitForFunction(() => document.getElementById('connection').textContent === 'live');
  } finally {
    await page.close();
    await dashboard.stop();
  }
});

test('answers: a content security policy, no foreign host, no writing', async () => {
  const database = finishedStudy('answers');
  const dashboard = await Service.dashboard(workspace, database);
  try {
    const answer = await fetch(dashboard.url);
    const policy = answer.headers.get('content-security-policy');
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal((await fetch(dashboard.url + 'api/studies/nosuch')).status, 404);
    assert.equal((await fetch(dashboard.url + 'api/studies/answers/trials?limit=x')).status, 400);
    assert.equal((await fetch(dashboard.url + 'api/studies/answers/trials?sort=1;drop')).status, 400);
    assert.equal((await fetch(dashboard.url, {method: 'POST', body: 'x'})).status, 405);
    assert.equal((await fetch(dashboard.url + 'api/studies/nosuch/events')).status, 404);
    const head = await fetch(dashboard.url + 'api/studies/answers/events', {method: 'HEAD'});
    assert.equal(head.headers.get('content-type'), 'text/event-stream');
    assert.equal(await head.text(), '');
    const foreign = await new Promise((resolve, reject) => {
      get(dashboard.url, {headers: {host: 'example.org'}}, (reply) => resolve(reply.resume().statusCode)).on('error', reject);
    });
    assert.equal(foreign, 403, 'a name that was rebound to this machine gets nothing');
    const loopback = await new Promise((resolve, reject) => {
      get(dashboard.url, {headers: {host: '127.0.0.2:8080'}}, (reply) => resolve(reply.resume().statusCode)).on('error', reject);
    });
    assert.equal(loopback, 200, 'any address of the loopback is one');
  } finally {
    await dashboard.stop();
  }
});
