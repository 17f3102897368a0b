// What coarse-to-fine did, on the dashboard's page: rounds as boxes one in the other, and in words.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {test} from 'node:test';

import {chartOption, hover, openPage, outlined, plotted} from './page.mjs';
import {Service, run, studyFile} from './service.mjs';
import {browser, workspace} from './surroundings.mjs';

const PADDING = 7;  // rounds_chart.js

function refined(name, rounds, ...more) {
  const database = join(workspace.folder, `${name}.db`);
  run(workspace, ['run', studyFile(workspace, name, {epochs: 2, rounds}), '--db', database, '--workers', '2', ...more]);
  return database;
}

const shownBy = (verb, study, database) => JSON.parse(run(workspace, [verb, study, '--db', database, '--json']));

test('boxes of two parameters, one in the other, with their trials and the best', async () => {
  const database = refined('nested', 3);
  const dashboard = await Service.dashboard(workspace, database);
  const {page, problems} = await openPage(browser, dashboard.url);
  try {
    await page.waitForSelector('#rounds-chart canvas');
    await page.waitForFunction(() => document.querySelectorAll('#rounds-table tbody tr').length === 3);
    assert.deepEqual([await page.inputValue('#rounds-x'), await page.inputValue('#rounds-y')], ['learning_rate', 'dropout']);
    const {best, rounds_opened: rounds} = shownBy('show', 'nested', database);
    const trials = shownBy('trials', 'nested', database);

    const option = await chartOption(page, 'rounds-chart');
    assert.deepEqual([option.xAxis[0].type, option.yAxis[0].type], ['log', 'log']);
    const [boxes, points, ring] = option.series;
    assert.deepEqual(boxes.data, rounds.map(({round, boxes: [{axes: {learning_rate: x, dropout: y}}]}) =>
      [x.low, x.high, y.low, y.high, round, 0, PADDING]));
    const placed = points.data.map(([x, y, objective, trial]) => [trial, x, y, objective]).sort((a, b) => a[0] - b[0]);
    assert.deepEqual(placed, trials.filter(({state}) => state === 'COMPLETED').map(({trial, objective, parameters}) =>
      [trial, parameters.learning_rate, parameters.dropout, objective]));
    assert.deepEqual(ring.data.map((point) => point[3]), [best.trial]);

    const sides = await outlined(page, PADDING);
    assert.deepEqual(sides, Array(3).fill(Array(4).fill(true)));
    const ink = await plotted(page, 'rounds-chart', 'trials');
    assert.ok(ink.every(Boolean), `${ink.filter(Boolean).length} of ${ink.length} trials are seen`);

    // In words: beside the drawing, and where the mouse is.
    const words = await page.evaluate(() => [...document.querySelectorAll('#rounds-table tbody tr')].map((row) =>
      [...row.cells].map((cell) => cell.textContent)));
    const [first, second, third] = rounds;
    const why = ({boxes: [{trial, objective}]}) => `round trial ${trial} at ${Number(objective.toPrecision(4))}`;
    assert.deepEqual(words.map((row) => row.slice(0, 6)), [
      ['1', 'the grid', '12', String(first.trained), '0', '2'],
      ['2', why(second), String(second.trials), String(second.trained), String(second.reused), '2'],
      ['3', why(third), String(third.trials), String(third.trained), String(third.reused), '2']]);
    assert.ok(third.reused > 0);
    const {axes: {learning_rate: x, dropout: y}} = second.boxes[0];
    // Between two places of the third round, where no trial is.
    const within = ({low, high}, part) => Math.exp(Math.log(low) + part * (Math.log(high) - Math.log(low)));
    const inner = third.boxes[0].axes;
    await hover(page, 'rounds-chart', [within(inner.learning_rate, .375), within(inner.dropout, .375)], `round 3: ${why(third)}`);
    await hover(page, 'rounds-chart', [best.parameters.learning_rate, best.parameters.dropout], `trial ${best.trial}, round`);

    // A closer look, without the tooltip.
    await page.hover('#study-name');
    await page.waitForFunction(() => !echarts.getInstanceByDom(document.getElementById('rounds-chart')).getZr().storage
      .getDisplayList(true).some(({style}) => style?.text?.startsWith('trial ')));
    await page.selectOption('#rounds-from', '2');
    const closer = await chartOption(page, 'rounds-chart');
    for (const [axis, span] of [[closer.xAxis[0], x], [closer.yAxis[0], y]]) {
      assert.ok(axis.min < span.low && axis.min > span.low / 3, `${axis.min} is not just below ${span.low}`);
      assert.ok(axis.max > span.high && axis.max < span.high * 3, `${axis.max} is not just above ${span.high}`);
    }
    assert.deepEqual((await outlined(page, PADDING)).slice(1), Array(2).fill(Array(4).fill(true)));

    // The round's best trial is a click away.
    await page.click('#rounds-table tbody tr:first-child');
    if (first.best.trial !== best.trial) {
      await page.waitForFunction((name) => echarts.getInstanceByDom(document.getElementById('curve-chart')).getOption().series
        .some((series) => series.name === name), `trial ${first.best.trial}`);
    }
    assert.deepEqual(problems, []);
  } finally {
    await page.close();
    await dashboard.stop();
  }
});

test('rounds over one parameter are intervals, one below the other', async () => {
  const database = refined('single', 3, '--set', 'parameters.dropout=0.1');
  const dashboard = await Service.dashboard(workspace, database);
  const {page, problems} = await openPage(browser, dashboard.url);
  try {
    await page.waitForSelector('#rounds-chart canvas');
    assert.deepEqual(await page.evaluate(() => [...document.getElementById('rounds-y').options].map(({text}) => text)),
                     ['round by round', 'learning_rate'].reverse());
    assert.equal(await page.inputValue('#rounds-y'), '');
    const {rounds_opened: rounds} = shownBy('show', 'single', database);
    const {series: [boxes, points], yAxis} = await chartOption(page, 'rounds-chart');
    assert.deepEqual(boxes.data.map(([low, high]) => [low, high]),
                     rounds.map(({boxes: [{axes: {learning_rate: {low, high}}}]}) => [low, high]));
    boxes.data.forEach(([, , top, bottom, round], i) => assert.ok(round === i + 1 && top < round && round < bottom));
    assert.equal(yAxis[0].inverse, true);
    const trials = new Map(shownBy('trials', 'single', database).map((each) => [each.trial, each]));
    for (const [, y, , trial] of points.data) assert.equal(Math.round(y), trials.get(trial).round);
    assert.deepEqual(await outlined(page, PADDING), Array(3).fill(Array(4).fill(true)));
    assert.deepEqual(problems, []);
  } finally {
    await page.close();
    await dashboard.stop();
  }
});

test('a trial that was taken over and one that went on are told apart', async () => {
  const copied = refined('copied', 2);
  const longer = refined('longer', 2, '--set', 'search.refine.epochs=[1, 2]');
  for (const [database, study, how] of [[copied, 'copied', 'as'], [longer, 'longer', 'on from']]) {
    const dashboard = await Service.dashboard(workspace, database);
    const {page, problems} = await openPage(browser, dashboard.url);
    try {
      await page.waitForSelector('#rounds-chart canvas');
      await page.waitForFunction(() => document.querySelectorAll('#rounds-table tbody tr').length === 2);
      const trials = new Map(shownBy('trials', study, database).map((each) => [`${study}/${each.trial}`, each]));
      // Of trials at one place the best is on top, or else the later one.
      const onTop = [...trials.values()].find(({reused_from: origin, objective}) =>
        origin && objective <= trials.get(origin).objective);
      const {trial, round, objective, parameters, reused_from: origin} = onTop;
      await hover(page, 'rounds-chart', [parameters.learning_rate, parameters.dropout],
                  `trial ${trial}, round ${round}: validation_error ${Number(objective.toPrecision(4))}, ${how} ${origin}`);
      assert.deepEqual(problems, []);
    } finally {
      await page.close();
      await dashboard.stop();
    }
  }
});

test('rounds turn up while the study runs', async () => {
  const database = join(workspace.folder, 'turning.db');
  const server = await Service.server(workspace, database);
  const dashboard = await Service.dashboard(workspace, database);
  run(workspace, ['submit', studyFile(workspace, 'turning', {epochs: 2, rounds: 3}), '--server', server.address]);
  const {page, problems} = await openPage(browser, dashboard.url);
  let worker;
  try {
    await page.waitForSelector('#study-state[data-state=RUNNING]');
    assert.equal(await page.isVisible('#rounds'), false, 'one round is no coarse and fine');
    worker = await Service.worker(workspace, server.address);
    await page.waitForSelector('#study-state[data-state=COMPLETED]', {timeout: 60000});
    await page.waitForFunction(() => document.querySelectorAll('#rounds-table tbody tr').length === 3);
    const {rounds_opened: rounds} = shownBy('show', 'turning', database);
    await page.waitForFunction((trained) => [...document.querySelectorAll('#rounds-table tbody tr')].map((row) =>
      row.cells[3].textContent).join() === trained, rounds.map((round) => round.trained).join());
    assert.equal((await chartOption(page, 'rounds-chart')).series[0].data.length, 3);
    assert.deepEqual(problems, []);
  } finally {
    await page.close();
    await worker?.stop();
    await dashboard.stop();
    await server.stop();
  }
});

test('a round by hand round a point, several boxes, and rounds of before boxes were stored', async () => {
  const database = refined('odd', 3);
  const dashboard = await Service.dashboard(workspace, database);
  execFileSync('sqlite3', [database, `
    update rounds set by_hand = 1, epochs = 5, boxes = '[{"centre": {"learning_rate": 0.1, "dropout": 0.25}, "axes": ' ||
      '{"learning_rate": {"low": 0.01, "high": 1, "num": 5}}}]' where number = 3;
    update rounds set boxes = json_insert(boxes, '$[#]', json('{"trial": 4, "axes": {"dropout": {"low": 0, "high": 0.5, "num": 5}}}'))
      where number = 2;`]);
  const {page, problems} = await openPage(browser, dashboard.url);
  try {
    await page.waitForSelector('#rounds-chart canvas');
    const words = await page.evaluate(() => [...document.querySelectorAll('#rounds-table tbody tr')].map((row) =>
      [row.cells[1].textContent, row.cells[5].textContent]));
    const {rounds_opened: [, second]} = shownBy('show', 'odd', database);
    assert.deepEqual(words, [['the grid', '2'], [`round trials ${second.boxes[0].trial}, 4`, '2'],
                             ['round a point, by hand', '5']]);
    // The second box of round 2 says nothing of the learning rate; the third round's has one value of dropout.
    const boxes = (await chartOption(page, 'rounds-chart')).series[0].data;
    assert.deepEqual(boxes.map((box) => box[4]), [1, 2, 3]);
    assert.deepEqual(boxes[2], [0.01, 1, 0.25, 0.25, 3, 1, PADDING]);
    assert.deepEqual((await outlined(page, PADDING))[2], Array(4).fill(true), 'a box that is a line is drawn');

    execFileSync('sqlite3', [database, "update rounds set boxes = '[]';"]);
    await page.reload();
    await page.waitForFunction(() => document.querySelectorAll('#rounds-table tbody tr').length === 3);
    assert.equal(await page.isVisible('#rounds-chart'), false);
    assert.equal(await page.textContent('#rounds-table tbody tr:nth-child(2) td.text'), 'round the best');
    assert.deepEqual(problems, []);
  } finally {
    await page.close();
    await dashboard.stop();
  }
});
