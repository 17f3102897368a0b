// The best objective so far over time, as steps, with each trial's own objective behind it: but for those that waited
// at a rung until their round was over, and were stopped all at once then. When their results came nobody wrote down.
// Where each point is trained several times it is their means, each at the end of its last trial.
import {Chart, frame} from './chart.js';
import {colour, number, parametersText} from './format.js';
import {firstOf, objectiveText} from './results.js';

export class BestChart extends Chart {
  constructor(root, onSelect) { super(root, onSelect, 2); }

  draw(data, {direction, metric, startedAt, finishedAt}) {
    const better = direction === 'maximize' ? (a, b) => a > b : (a, b) => a < b;
    const begin = Date.parse(startedAt ?? 0);
    const results = data.results();
    // A trial that was taken over from an equal one brought nothing new at its time.
    const finished = firstOf([...results.values()])
      .filter((trial) => trial.finished_at)
      .map((trial) => [(Date.parse(trial.finished_at) - begin) / 1000, trial.objective, trial.trial])
      .sort((a, b) => a[0] - b[0]);
    const ends = new Set([finishedAt, ...data.rounds.map((round) => round.opened_at)]);
    const waited = ({state, finished_at: at}) => state === 'EARLY_STOPPED' && ends.has(at);
    const dots = finished.filter(([, , trial]) => !waited(results.get(trial)));
    const steps = [];
    for (const point of finished) {
      if (steps.length === 0 || better(point[1], steps.at(-1)[1])) steps.push(point);
    }
    if (steps.length > 0) steps.push([finished.at(-1)[0], steps.at(-1)[1], steps.at(-1)[2]]);
    this.chart.setOption({
      ...frame({
        x: {name: 'seconds', min: 0},
        y: {name: metric},
        text: ([seconds, , trial]) =>
          `trial ${trial} after ${number(seconds, 3)} s: ${objectiveText(results.get(trial))}\n` +
          parametersText(results.get(trial).parameters),
      }),
      series: [
        {id: 'results', name: data.replicates > 1 ? 'points' : 'trials', type: 'scatter', data: dots, symbolSize: 6,
         itemStyle: {color: colour('faint'), opacity: .5}},
        {name: 'best so far', type: 'line', step: 'end', data: steps, symbolSize: 6,
         lineStyle: {color: colour('accent'), width: 2}, itemStyle: {color: colour('accent')}},
      ],
    });
  }
}
