// What the page's charts have in common: a canvas of ECharts, a click that selects a trial, and a frame of two axes.
import {colour, number} from './format.js';

export class Chart {
  // trialAt: where an item of the chart's data has its trial's number.
  constructor(root, onSelect, trialAt) {
    this.chart = echarts.init(root, null, {renderer: 'canvas'});
    this.chart.on('click', ({data}) => data?.[trialAt] && onSelect(data[trialAt]));
  }

  resize() { this.chart.resize(); }
}

// Two axes of numbers with their names; a legend above, a tooltip that `text` makes of an item. What `x` and `y`
// hold goes before.
export function frame({x, y, text}) {
  return {
    animation: false,
    textStyle: {color: colour('ink')},
    grid: {left: 60, right: 20, top: 34, bottom: 40},
    legend: {top: 0, textStyle: {color: colour('ink')}},
    tooltip: {renderMode: 'richText', trigger: 'item', formatter: ({data}) => text(data)},
    xAxis: {type: 'value', nameLocation: 'middle', nameGap: 26, axisLabel: {color: colour('faint')},
            splitLine: {show: false}, ...x},
    yAxis: {type: 'value', scale: true, axisLabel: {color: colour('faint'), formatter: (value) => number(value, 3)},
            splitLine: {lineStyle: {color: colour('line')}}, ...y},
  };
}
