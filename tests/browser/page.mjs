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
  await page.goto(url);
  return {page, problems};
}

export const chartOption = (page, id) => page.evaluate((id) => {
  const option = echarts.getInstanceByDom(document.getElementById(id)).getOption();
  return JSON.parse(JSON.stringify({xAxis: option.xAxis, yAxis: option.yAxis, series: option.series.map(
    ({name, type, data}) => ({name, type, data}))}));
}, id);

// Of every point of the named series: whether its colour stands on the canvas where the chart says the point is. A heat
// map's cells have their colour from the scale; one that a later cell covers is left out.
export const plotted = (page, id, name) => page.evaluate(([id, name]) => {
  const chart = echarts.getInstanceByDom(document.getElementById(id));
  const option = chart.getOption();
  const seriesIndex = option.series.findIndex((series) => series.name === name);
  const {data, lineStyle, type} = option.series[seriesIndex];
  const canvas = document.querySelector(`#${id} canvas`);
  const scale = canvas.width / canvas.clientWidth;
  const image = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const scaleOf = ([{min, max, inRange}]) => (value) =>
    echarts.color.lerp(max > min ? (value - min) / (max - min) : 0, inRange.color);
  const covered = ([x, y], index) => data.slice(index + 1).some(([, , , , left, right, bottom, top]) =>
    x >= left && x <= right && y >= bottom && y <= top);
  const near = (x, y, around, wanted) => {
    for (let row = Math.max(y - around, 0); row <= Math.min(y + around, canvas.height - 1); row++) {
      for (let column = Math.max(x - around, 0); column <= Math.min(x + around, canvas.width - 1); column++) {
        const at = 4 * (row * canvas.width + column);
        if (wanted.every((value, channel) => Math.abs(value - image.data[at + channel]) <= 6)) return true;
      }
    }
    return false;
  };
  const cells = type === 'custom';
  return data.filter((point, index) => point[0] !== null && !(cells && covered(point, index))).map((point) => {
    const wanted = echarts.color.parse(cells ? scaleOf(option.visualMap)(point[2]) : lineStyle.color).slice(0, 3);
    const [x, y] = chart.convertToPixel({seriesIndex}, [point[0], point[1]]).map((value) => Math.round(value * scale));
    return near(x, y, cells ? 0 : Math.ceil(3 * scale), wanted);  // a point of a line is a ring
  });
}, [id, name]);
