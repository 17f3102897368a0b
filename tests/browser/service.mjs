// The real processes of hpsearch on a small data set of the test's own.
import {execFileSync, spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const binary = process.env.HPSEARCH_BINARY;

// IDX (http://yann.lecun.com/exdb/mnist): 4x4 images of three classes, a bright column each, with some noise.
function writeTinySet(folder) {
  mkdirSync(folder, {recursive: true});
  let state = 1;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  for (const [part, rows] of [['train', 240], ['t10k', 60]]) {
    const images = Buffer.alloc(16 + rows * 16);
    const labels = Buffer.alloc(8 + rows);
    [0x803, rows, 4, 4].forEach((value, i) => images.writeUInt32BE(value, 4 * i));
    [0x801, rows].forEach((value, i) => labels.writeUInt32BE(value, 4 * i));
    for (let row = 0; row < rows; row++) {
      const label = Math.floor(random() * 3);
      labels[8 + row] = label;
      for (let i = 0; i < 16; i++) {
        images[16 + row * 16 + i] = Math.floor((i % 4 === label ? 130 : 40) + random() * 110);
      }
    }
    writeFileSync(join(folder, `${part}-images-idx3-ubyte`), images);
    writeFileSync(join(folder, `${part}-labels-idx1-ubyte`), labels);
  }
}

export function makeWorkspace() {
  const folder = mkdtempSync(join(tmpdir(), 'hpsearch-browser-'));
  writeTinySet(join(folder, 'data', 'tiny'));
  return {folder, env: {...process.env, HPSEARCH_DATA: join(folder, 'data')},
          remove: () => rmSync(folder, {recursive: true, force: true})};
}

// Twelve trials in the first round: four learning rates, three rates of dropout.
export function studyFile(workspace, name, {epochs, rounds}) {
  const file = join(workspace.folder, `${name}.yaml`);
  writeFileSync(file, `
study: ${name}
dataset: tiny
model:
  - dense: {units: 8, activation: relu}
  - dropout: {rate: $dropout}
  - dense: {units: 3, activation: softmax}
training:
  epochs: ${epochs}
  batch_size: 16
  optimizer: {sgd: {learning_rate: $learning_rate, momentum: 0.9}}
parameters:
  learning_rate: {logspace: {start: -3, stop: 0, num: 4}}
  dropout: {logspace: {start: -2, stop: -0.30103, num: 3}}
search:
  refine: {rounds: ${rounds}}
`);
  return file;
}

export function run(workspace, parameters) {
  return execFileSync(binary, parameters, {env: workspace.env, stdio: ['ignore', 'pipe', 'pipe']}).toString();
}

// A long-running part, ready once it has said where it listens.
export class Service {
  static server = (workspace, database) => Service.start(workspace, ['server', '--db', database, '--listen', '127.0.0.1:0']);
  static dashboard = (workspace, database) =>
    Service.start(workspace, ['dashboard', '--db', database, '--listen', '127.0.0.1:0']);
  static worker = (workspace, address) =>
    Service.start(workspace, ['worker', '--server', address, '--slots', '2'], null);

  static start(workspace, parameters, ready = /(127\.0\.0\.1:\d+)/) {
    const child = spawn(binary, parameters, {env: workspace.env, stdio: ['ignore', 'ignore', 'pipe']});
    const service = new Service();
    service.child = child;
    service.ended = new Promise((resolve) => child.on('exit', resolve));
    let text = '';
    return new Promise((resolve, reject) => {
      child.on('exit', (code) => reject(new Error(`${parameters[0]} ended with ${code}: ${text}`)));
      child.stderr.on('data', (chunk) => {
        text += chunk;
        const match = ready ? ready.exec(text) : [];
        if (match && !service.address) {
          service.address = match[1];
          service.url = `http://${match[1]}/`;
          resolve(service);
        }
      });
      if (!ready) resolve(service);
    });
  }

  async stop() {
    this.child.kill('SIGTERM');
    await this.ended;
  }
}
