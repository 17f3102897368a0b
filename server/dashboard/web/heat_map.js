// The best objective over two parameters: each cell is the best over all others and over all rounds, of the means of
// points where each is trained several times. Axes are logarithmic where their values are positive numbers; a round's
// cells reach half way to its neighbours, later and finer rounds on top. Points that a strategy drew make no cells: each
// is a square of its own.
import {Chart, frame} from './chart.js';
import {colour, number} from './format.js';
import {objectiveText} from './results.js';

const SQUARE = 9;        // pixels, of a point that was drawn
const FILLED = 1 / 4;    // of the product of its values a grid has this at least, or boxes of it; drawn points have less
const COLOURS = ['#440154', '#3b528b', '#21918c', '#5ec962', '#fde725'];  // viridis

// The colours of what an item has at `dimension`, from `min` to `max`: the best is the brightest.
export function scaleOf({dimension, min, max, text, direction}) {
  return {
    type: 'continuous', dimension, right: 0, top: 'middle', calculable: false, precision: 3, min, max, show: max > min,
    text: text ?? [number(max, 3), number(min, 3)], textStyle: {color: colour('faint')},
    inRange: {color: direction === 'maximize' ? COLOURS : [...COLOURS].reverse()},
  };
}

function axisOf(trials, name) {
  const values = trials.map((trial) => trial.parameters[name]);
  if (values.every((value) => typeof value === 'number')) {
    const type = values.every((value) => value > 0) ? 'log' : 'value';
    return {name, type, place: (value) => value};
  }
  const labels = [...new Set(values.map(String))];
  return {name, type: 'value', labels, place: (value) => labels.indexOf(String(value))};
}

// The edges between the sorted values of one round, half way on the axis's own scale.
function edgesOf(axis, values) {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  if (axis.labels) return new Map(sorted.map((value) => [value, [value - .5, value + .5]]));
  const to = axis.type === 'log' ? Math.log10 : (value) => value;
  const from = axis.type === 'log' ? (value) => 10 ** value : (value) => value;
  const scaled = sorted.map(to);
  const alone = axis.type === 'log' ? .1 : Math.abs(scaled[0]) * .05 || .05;
  return new Map(sorted.map((value, i) => {
    const before = i > 0 ? (scaled[i] - scaled[i - 1]) / 2 : (scaled[1] - scaled[0]) / 2 || alone;
    const after = i + 1 < scaled.length ? (scaled[i + 1] - scaled[i]) / 2 : before;
    return [value, [from(scaled[i] - before), from(scaled[i] + after)]];
  }));
}

// [x, y, objective, trial, left, right, bottom, top] a cell, coarse rounds first; the edges of a drawn point are the
// point.
export function cellsOf(trials, x, y, direction) {
  const better = direction === 'maximize' ? (a, b) => a > b : (a, b) => a < b;
  const best = new Map();    // of a place, the same one in every round: equal places have equal bits
  const rounds = new Map();  // of a round, its places
  for (const trial of trials) {
    const at = [x.place(trial.parameters[x.name]), y.place(trial.parameters[y.name])];
    const key = at.join(' ');
    if (!best.has(key) || better(trial.objective, best.get(key).objective)) best.set(key, trial);
    if (!rounds.has(trial.round)) rounds.set(trial.round, new Map());
    rounds.get(trial.round).set(key, at);
  }
  const cells = [];
  for (const [, places] of [...rounds].sort(([a], [b]) => a - b)) {
    const xs = edgesOf(x, [...places.values()].map(([place]) => place));
    const ys = edgesOf(y, [...places.values()].map(([, place]) => place));
    const filled = places.size >= FILLED * xs.size * ys.size;
    for (const [key, [cx, cy]] of places) {
      const {objective, trial} = best.get(key);
      const edges = filled ? [...xs.get(cx), ...ys.get(cy)] : [cx, cx, cy, cy];
      cells.push([cx, cy, objective, trial, ...edges]);
    }
  }
  return cells;
}

// What an axis shows: all cells, and some room beside them where they are points.
function extentOf(axis, cells, low, high) {
  const min = Math.min(...cells.map((cell) => cell[low]));
  const max = Math.max(...cells.map((cell) => cell[high]));
  if (cells.every((cell) => cell[low] < cell[high])) return {min, max};
  const room = axis.type === 'log' ? (max / min) ** .04 : (max - min) * .04;
  if (max === min) return {};
  return axis.type === 'log' ? {min: min / room, max: max * room} : {min: min - room, max: max + room};
}

function drawCell(params, api) {
  const [left, bottom] = api.coord([api.value(4), api.value(6)]);
  const [right, top] = api.coord([api.value(5), api.value(7)]);
  const {x, y, width, height} = params.coordSys;
  const drawn = left === right && top === bottom;
  const cell = drawn ? {x: left - SQUARE / 2, y: top - SQUARE / 2, width: SQUARE, height: SQUARE}
    : {x: left, y: top, width: right - left, height: bottom - top};
  const shape = echarts.graphic.clipRectByRect(cell, {x, y, width, height});
  return shape && {type: 'rect', shape, style: {fill: api.visual('color'), stroke: colour('paper'), lineWidth: 1}};
}

export class HeatMap extends Chart {
  constructor(root, onSelect) { super(root, onSelect, 3); }

  draw(data, {xName, yName, direction, metric}) {
    const results = data.results();
    const trials = [...results.values()].filter(({parameters}) =>
      parameters?.[xName] !== undefined && parameters?.[yName] !== undefined);
    if (trials.length === 0) {
      this.chart.clear();
      return;
    }
    const x = axisOf(trials, xName);
    const y = axisOf(trials, yName);
    const cells = cellsOf(trials, x, y, direction);
    const objectives = cells.map((cell) => cell[2]);
    const [min, max] = [Math.min(...objectives), Math.max(...objectives)];
    const axis = (of, low, high, nameGap) => ({
      type: of.type, name: of.name, nameLocation: 'middle', nameGap, scale: true, ...extentOf(of, cells, low, high),
      minInterval: of.labels ? 1 : undefined, splitLine: {show: false},
      axisLabel: {color: colour('faint'), hideOverlap: true,
                  formatter: (value) => of.labels ? of.labels[value] ?? '' : number(value, 2)},
    });
    this.chart.setOption({
      ...frame({
        x: axis(x, 4, 5, 30),
        y: axis(y, 6, 7, 46),
        text: ([cx, cy, , trial]) =>
          `${xName} ${x.labels ? x.labels[cx] : number(cx)}, ${yName} ${y.labels ? y.labels[cy] : number(cy)}\n` +
          `${metric} ${objectiveText(results.get(trial))} (trial ${trial})`,
      }),
      grid: {left: 70, right: 90, top: 16, bottom: 44},
      legend: {show: false},
      visualMap: scaleOf({dimension: 2, min, max, direction}),
      series: [{name: metric, type: 'custom', renderItem: drawCell, data: cells, encode: {x: 0, y: 1}, clip: true}],
    }, true);
  }
}
