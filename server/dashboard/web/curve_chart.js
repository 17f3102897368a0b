// Every trial's error by epoch. All curves but the marked ones stand in one series, broken by gaps, so that a
// thousand of them cost the chart no more than one.
import {Chart, frame} from './chart.js';
import {colour, number, parametersText} from './format.js';

const GAP = [null, null, null];

export class CurveChart extends Chart {
  constructor(root, onSelect) { super(root, onSelect, 2); }

  draw(data, {best, selected, kind, log}) {
    const column = kind === 'train' ? 0 : 1;
    const curve = (trial) => (data.curves.get(trial) ?? [])
      .map((errors, index) => [index + 1, log && errors[column] <= 0 ? null : errors[column], trial]);
    const others = [];
    for (const trial of [...data.curves.keys()].sort((a, b) => a - b)) {
      if (trial !== best && trial !== selected) others.push(...curve(trial), GAP);
    }
    const line = (name, points, style, z) => ({
      name, type: 'line', data: points, z, showSymbol: points.length < 60, symbolSize: 5, connectNulls: false,
      animation: false, lineStyle: style, itemStyle: {color: style.color, opacity: style.opacity ?? 1},
      emphasis: {disabled: true}, triggerLineEvent: true,
    });
    const series = [line('trials', others, {color: colour('faint'), width: 1, opacity: 0.35}, 1)];
    if (selected && selected !== best) {
      series.push(line(`trial ${selected}`, curve(selected), {color: colour('wait'), width: 2}, 3));
    }
    if (best) series.push(line(`best: trial ${best}`, curve(best), {color: colour('accent'), width: 3}, 2));
    this.chart.setOption({
      ...frame({
        x: {name: 'epoch', min: 1, max: 'dataMax', minInterval: 1},
        y: {type: log ? 'log' : 'value', name: `${kind === 'train' ? 'training' : 'validation'} error`},
        text: ([epoch, error, trial]) =>
          `trial ${trial}, epoch ${epoch}: ${number(error)}\n${parametersText(data.trials.get(trial)?.parameters)}`,
      }),
      series,
    }, {replaceMerge: ['series', 'yAxis']});
  }
}
