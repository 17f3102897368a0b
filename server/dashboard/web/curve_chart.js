// Every trial's error, or whatever its objective is of, by epoch. All curves but the marked ones stand in one series,
// broken by gaps, so that a thousand of them cost the chart no more than one. A curve that may go on, since its trial
// is paused at a rung, has a dot at its end.
import {Chart, frame} from './chart.js';
import {colour, number, parametersText, stateText} from './format.js';

const GAP = [null, null, null];
const MOST_POINTS = 1000;  // of a curve: more than the chart has columns

export class CurveChart extends Chart {
  constructor(root, onSelect) { super(root, onSelect, 2); }

  draw(data, {best, selected, kind, log}) {
    const column = kind === 'train' ? 0 : 1;
    const curve = (trial) => {
      const epochs = data.curves.get(trial) ?? [];
      const step = Math.ceil(epochs.length / MOST_POINTS);
      const points = [];
      for (let i = 0; i < epochs.length; i += step) {
        const at = i + step < epochs.length ? i : epochs.length - 1;  // the last one is always there
        const value = epochs[at][column];
        points.push([at + 1, log && value <= 0 ? null : value, trial]);
      }
      return points;
    };
    const others = [];
    const paused = [];
    let longest = 0;
    for (const trial of [...data.curves.keys()].sort((a, b) => a - b)) {
      if (trial === best || trial === selected) continue;
      const points = curve(trial);
      longest = Math.max(longest, points.length);
      for (const point of points) others.push(point);
      others.push(GAP);
      if (data.trials.get(trial)?.state === 'PAUSED' && points.length > 0) paused.push(points.at(-1));
    }
    // Without symbols a curve of one point would not be seen.
    const line = (name, points, style, z) => ({
      name, type: 'line', data: points, z, showSymbol: points.length < 60 || longest < 2, symbolSize: 5, connectNulls: false,
      animation: false, lineStyle: style, itemStyle: {color: style.color, opacity: style.opacity ?? 1},
      emphasis: {disabled: true}, triggerLineEvent: true,
    });
    const series = [line('trials', others, {color: colour('faint'), width: 1, opacity: 0.35}, 1)];
    if (paused.length > 0) {
      series.push({name: 'paused', type: 'scatter', data: paused, symbolSize: 7, z: 2, itemStyle: {color: colour('wait')}});
    }
    if (selected && selected !== best) {
      series.push(line(`trial ${selected}`, curve(selected), {color: colour('wait'), width: 2}, 3));
    }
    if (best) series.push(line(`best: trial ${best}`, curve(best), {color: colour('accent'), width: 3}, 2));
    this.chart.setOption({
      ...frame({
        x: {name: 'epoch', min: 1, max: 'dataMax', minInterval: 1},
        y: {type: log ? 'log' : 'value', name: `${kind === 'train' ? 'training' : 'validation'} ${data.metric}`},
        text: ([epoch, value, trial]) => {
          const {state, reason, parameters} = data.trials.get(trial) ?? {state: ''};
          return `trial ${trial}, epoch ${epoch}: ${number(value)}\n${parametersText(parameters)}\n` +
            stateText(state) + (reason ? `, ${reason}` : '');
        },
      }),
      series,
    }, {replaceMerge: ['series', 'yAxis']});
  }
}
