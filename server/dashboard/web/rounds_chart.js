// From coarse to fine, drawn: the boxes of all rounds over two parameters, one in the other, with their trials coloured
// by objective and the best in a ring; points by their means where each is trained several times. Over one parameter
// the rounds are intervals, one below the other.
import {Chart, frame} from './chart.js';
import {colour, number, parametersText} from './format.js';
import {scaleOf} from './heat_map.js';
import {isCopy, objectiveText} from './results.js';
import {boxText, isLog, spanOf} from './rounds.js';

export const BY_ROUND = '';  // in place of a second parameter
const PADDING = 7;           // pixels between a box and the trials on its edge; of an interval there are none above
const LABELLED = 26;         // pixels: the number of a round is not written into a smaller box
const MARGIN = .08;          // of what is shown, on either side of it
const WORST = .75;           // trials from this quantile on have one colour: few far off would take all of the scale

// A parameter's axis, from the least to the greatest of `values`. What has no place on a logarithmic one, an included
// 0, stands at its edge.
function parameterAxis(name, log, values) {
  const shown = log ? values.filter((value) => value > 0) : values;
  const to = log ? Math.log10 : (value) => value;
  const from = log ? (value) => 10 ** value : (value) => value;
  const low = to(Math.min(...shown));
  const high = to(Math.max(...shown));
  const margin = (high - low) * MARGIN || (log ? .1 : Math.abs(low) * .05 || .05);
  const [min, max] = [from(low - margin), from(high + margin)];
  return {name, min, max, type: log ? 'log' : 'value', place: (value) => log && value <= 0 ? min : value,
          valueOf: (trial) => trial.parameters?.[name], spanOf: (box) => spanOf(box, name)};
}

// Its trials beside one another, the same way each time.
function roundAxis(rounds) {
  const numbers = rounds.map(({round}) => round);
  return {name: 'round', type: 'value', min: Math.min(...numbers) - 1, max: Math.max(...numbers) + 1, inverse: true,
          interval: 1, place: (value) => value,
          valueOf: ({round, trial}) => round + ((trial * .618034) % 1 - .5) * .4,
          spanOf: (box, {round}) => [round - .4, round + .4]};
}

function drawBox(params, api) {
  const [left, bottom] = api.coord([api.value(0), api.value(2)]);
  const [right, top] = api.coord([api.value(1), api.value(3)]);
  const above = api.value(6);
  const shape = {x: Math.min(left, right) - PADDING, y: Math.min(top, bottom) - above,
                 width: Math.abs(right - left) + 2 * PADDING, height: Math.abs(bottom - top) + 2 * above};
  const line = colour(api.value(5) ? 'wait' : 'accent');
  const children = [{type: 'rect', shape, style: {fill: line, opacity: .05}},
                    {type: 'rect', shape, silent: true,
                     style: {fill: null, stroke: line, lineWidth: 1.5, lineDash: api.value(5) ? [5, 3] : null}}];
  if (Math.min(shape.width, shape.height) >= LABELLED) {
    children.push({type: 'text', silent: true, x: shape.x + shape.width, y: shape.y - 1,
                   style: {text: String(api.value(4)), fill: line, fontSize: 11, fontWeight: 600, align: 'right',
                           verticalAlign: 'bottom'}});
  }
  return {type: 'group', children};
}

// The scale of the objectives that are shown, and what colours one: those beyond its end have the end's.
function shades(objectives, direction) {
  const better = direction === 'maximize' ? (a, b) => b - a : (a, b) => a - b;
  const sorted = [...objectives].sort(better);
  const best = sorted[0];
  const end = sorted[Math.floor((sorted.length - 1) * WORST)];
  const beyond = sorted.at(-1) !== end;
  const [min, max] = [Math.min(best, end), Math.max(best, end)];
  const text = direction === 'maximize'
    ? [number(max, 3), `${beyond ? '\u2264 ' : ''}${number(min, 3)}`]
    : [`${beyond ? '\u2265 ' : ''}${number(max, 3)}`, number(min, 3)];
  return {better, shadeOf: (objective) => Math.min(Math.max(objective, min), max),
          scale: scaleOf({dimension: 4, min, max, text, direction})};
}

export class RoundsChart extends Chart {
  constructor(root, onSelect) { super(root, onSelect, 3); }

  // Of the rounds from that number on, or of all, is what the axes reach over.
  draw(data, {xName, yName, from, spec, best, direction, metric}) {
    const results = data.results();
    const trials = [...results.values()];
    const numbersOf = (name, first) => [
      ...data.rounds.filter(({round}) => round >= first).flatMap(({boxes}) => boxes ?? []).flatMap((box) => spanOf(box, name) ?? []),
      ...trials.filter(({round}) => round >= first).map(({parameters}) => parameters?.[name]),
    ].filter((value) => typeof value === 'number');
    const axisOf = (name) => {
      const near = numbersOf(name, from);
      const numbers = near.length > 0 ? near : numbersOf(name, 1);
      return parameterAxis(name, isLog(spec, name) && numbers.some((value) => value > 0), numbers);
    };
    const x = axisOf(xName);
    const y = yName === BY_ROUND ? roundAxis(data.rounds.filter(({round}) => round >= from)) : axisOf(yName);
    const boxes = [];
    const texts = [];
    for (const round of data.rounds) {
      for (const box of round.boxes ?? []) {
        const spans = [x.spanOf(box, round), y.spanOf(box, round)];
        if (spans.includes(null)) continue;
        boxes.push([...spans[0].map(x.place), ...spans[1].map(y.place), round.round, round.by_hand ? 1 : 0,
                    yName === BY_ROUND ? 0 : PADDING]);
        texts.push(boxText(round, box, spec));
      }
    }
    const placed = trials.filter((trial) => [x, y].every((axis) => typeof axis.valueOf(trial) === 'number'));
    const coloured = placed.filter(({round}) => round >= from);
    const {better, shadeOf, scale} = shades((coloured.length > 0 ? coloured : placed).map(({objective}) => objective), direction);
    // Of trials at one place, which differ in what is not shown, the best is on top.
    const points = placed.sort((a, b) => better(b.objective, a.objective)).map((trial) =>
      [x.place(x.valueOf(trial)), y.place(y.valueOf(trial)), trial.objective, trial.trial, shadeOf(trial.objective)]);
    const axis = ({name, type, min, max, inverse, interval}, nameGap) => ({
      type, name, min, max, inverse, interval, nameLocation: 'middle', nameGap, splitLine: {show: false},
      axisLine: {onZero: false},
      axisLabel: {color: colour('faint'), hideOverlap: true, showMinLabel: false, showMaxLabel: false,
                  formatter: (value) => number(value, 3)},
    });
    const pointText = (trial) => {
      const result = results.get(trial);
      const {round, parameters, reused_from: origin} = result;
      const how = !origin ? '' : isCopy(result) ? `, as ${origin}` : `, on from ${origin}`;
      return `trial ${trial}, round ${round}: ${metric} ${objectiveText(result)}${how}\n${parametersText(parameters)}`;
    };
    const point = {type: 'scatter', symbolSize: 8, clip: true, z: 3,
                   itemStyle: {borderColor: colour('ink'), borderWidth: .6, opacity: 1}};
    const {tooltip, ...rest} = frame({x: axis(x, 30), y: axis(y, 46)});
    this.chart.setOption({
      ...rest,
      grid: {left: 70, right: 90, top: 12, bottom: 44},
      legend: {show: false},
      tooltip: {...tooltip, formatter: ({data, seriesIndex, dataIndex}) =>
        seriesIndex === 0 ? texts[dataIndex] : pointText(data[3])},
      visualMap: points.length === 0 ? [] : {...scale, seriesIndex: 1},
      series: [
        {name: 'rounds', type: 'custom', renderItem: drawBox, data: boxes, encode: {x: [0, 1], y: [2, 3]}, clip: true, z: 2},
        {...point, name: 'trials', data: points},
        {...point, name: 'best', data: points.filter(([, , , trial]) => trial === best), symbolSize: 16, z: 4,
         itemStyle: {color: 'transparent', borderColor: colour('ink'), borderWidth: 2}},
      ],
    }, true);
  }
}
