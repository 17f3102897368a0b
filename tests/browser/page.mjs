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

// Pixels of the chart's canvas that something was drawn on.
export const darkPixels = (page, id) => page.evaluate((id) => {
  const canvas = document.querySelector(`#${id} canvas`);
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let drawn = 0;
  for (let i = 3; i < data.length; i += 4) drawn += data[i] > 40 ? 1 : 0;
  return drawn;
}, id);
