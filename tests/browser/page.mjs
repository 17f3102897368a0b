// Chromium, a page of it, and what stands in its charts.
import {chromium} from 'playwright-core';
import {join} from 'node:path';

export function openBrowser(folder) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
           '--disable-component-update', '--disable-sync'],
    env: {...process.env, HOME: join(folder, 'home')},
  });
}

// The page and everything that went wrong on it: errors of the console, exceptions, requests to elsewhere.
export async function openPage(browser, url) {
  const page = await browser.newPage({viewport: {width: 1280, height: 900}});
  const problems = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) problems.push(request.url());
  });
  // What stands on a chart's canvas; of a copy, since Chromium warns of a canvas that is read often.
  await page.addInitScript(() => {
    window.inkOf = (id) => {
      const canvas = document.querySelector(`#${id} canvas`);
      const context = Object.assign(document.createElement('canvas'), {width: canvas.width, height: canvas.height})
        .getContext('2d', {willReadFrequently: true});
      context.drawImage(canvas, 0, 0);
      return {scale: canvas.width / canvas.clientWidth, image: context.getImageData(0, 0, canvas.width, canvas.height)};
    };
  });
  await page.goto(url);
  return {page, problems};
}

export const chartOption = (page, id) => page.evaluate((id) => {
  const option = echarts.getInstanceByDom(document.getElementById(id)).getOption();
  return JSON.parse(JSON.stringify({xAxis: option.xAxis, yAxis: option.yAxis, series: option.series.map(
    ({name, type, data}) => ({name, type, data}))}));
}, id);

// Of every point of the named series: whether its colour stands on the canvas where the chart says the point is. Where
// there is a scale the colour is from there: of a heat map's cells, but for one that a later cell covers, and of points.
export const plotted = (page, id, name) => page.evaluate(([id, name]) => {
  const chart = echarts.getInstanceByDom(document.getElementById(id));
  const option = chart.getOption();
  const seriesIndex = option.series.findIndex((series) => series.name === name);
  const {data, lineStyle, type} = option.series[seriesIndex];
  const {scale, image} = inkOf(id);
  const scaleOf = ([{min, max, inRange}]) => (value) =>
    echarts.color.lerp(max > min ? (value - min) / (max - min) : 0, inRange.color);
  const covered = ([x, y], index) => cells && data.slice(index + 1).some(([, , , , left, right, bottom, top]) =>
    x >= left && x <= right && y >= bottom && y <= top);
  const near = (x, y, around, wanted) => {
    for (let row = Math.max(y - around, 0); row <= Math.min(y + around, image.height - 1); row++) {
      for (let column = Math.max(x - around, 0); column <= Math.min(x + around, image.width - 1); column++) {
        const at = 4 * (row * image.width + column);
        if (wanted.every((value, channel) => Math.abs(value - image.data[at + channel]) <= 6)) return true;
      }
    }
    return false;
  };
  const cells = type === 'custom';
  const scaled = option.visualMap?.length > 0;
  return data.filter((point, index) => point[0] !== null && !covered(point, index)).map((point) => {
    const wanted = echarts.color.parse(
      scaled ? scaleOf(option.visualMap)(point[option.visualMap[0].dimension]) : lineStyle.color).slice(0, 3);
    const [x, y] = chart.convertToPixel({seriesIndex}, [point[0], point[1]]).map((value) => Math.round(value * scale));
    return near(x, y, scaled ? 0 : Math.ceil(3 * scale), wanted);  // a point of a line is a ring
  });
}, [id, name]);

// Of every box of the rounds' chart: whether its four sides stand on the canvas, `padding` pixels beside what it covers
// and as many above it as the data says; null of a side that is not shown.
export const outlined = (page, padding) => page.evaluate((padding) => {
  const chart = echarts.getInstanceByDom(document.getElementById('rounds-chart'));
  const {scale, image} = inkOf('rounds-chart');
  const {x: left, y: top, width, height} = chart.getModel().getComponent('grid').coordinateSystem.getRect();
  const line = (byHand) => echarts.color.parse(
    getComputedStyle(document.documentElement).getPropertyValue(byHand ? '--wait' : '--accent').trim()).slice(0, 3);
  // A line that is dashed, or has a label on it, is there in some of these places.
  const drawn = (points, wanted) => points.some(([x, y]) => [-1, 0, 1].some((dx) => [-1, 0, 1].some((dy) => {
    const at = 4 * ((Math.round(y * scale) + dy) * image.width + Math.round(x * scale) + dx);
    // What a box is filled with has the colour too, but hardly any of it.
    return image.data[at + 3] > 120 && wanted.every((value, channel) => Math.abs(value - image.data[at + channel]) <= 60);
  })));
  return chart.getOption().series[0].data.map(([x0, x1, y0, y1, , byHand, above]) => {
    const [ax, ay] = chart.convertToPixel({seriesIndex: 0}, [x0, y0]);
    const [bx, by] = chart.convertToPixel({seriesIndex: 0}, [x1, y1]);
    const box = {l: Math.min(ax, bx) - padding, r: Math.max(ax, bx) + padding, t: Math.min(ay, by) - above,
                 b: Math.max(ay, by) + above};
    const along = [.2, .35, .45, .5, .55, .65, .8];
    const column = (x) => x < left || x > left + width ? null
      : drawn(along.map((part) => [x, box.t + part * (box.b - box.t)]).filter(([, y]) => y > top && y < top + height), line(byHand));
    const row = (y) => y < top || y > top + height ? null
      : drawn(along.map((part) => [box.l + part * (box.r - box.l), y]).filter(([x]) => x > left && x < left + width), line(byHand));
    return [column(box.l), column(box.r), row(box.t), row(box.b)];
  });
}, padding);

// Moves the mouse to where the chart has these values, and waits for a line of its tooltip.
export async function hover(page, id, values, text) {
  await page.locator(`#${id}`).scrollIntoViewIfNeeded();
  const [x, y] = await page.evaluate(([id, values]) =>
    echarts.getInstanceByDom(document.getElementById(id)).convertToPixel({seriesIndex: 0}, values), [id, values]);
  const {x: left, y: top} = await page.locator(`#${id}`).boundingBox();
  await page.mouse.move(left + x - 2, top + y - 2);
  await page.mouse.move(left + x, top + y);
  await page.waitForFunction(([id, text]) => echarts.getInstanceByDom(document.getElementById(id)).getZr().storage
    .getDisplayList(true).some(({style}) => style?.text?.startsWith(text)), [id, text]);
}
