// A select whose options come and go: what the reader of the page chose stays chosen where it is offered.
import {element} from './format.js';

export class Choice {
  constructor(id, onChange) {
    this.select = document.getElementById(id);
    this.select.addEventListener('change', () => {
      this.chosen = this.select.value;
      onChange();
    });
  }

  get value() { return this.select.value; }

  // The first of `preferred` that is offered is taken where the reader has not chosen.
  offer(values, preferred, texts = values) {
    const {options} = this.select;
    if (options.length !== values.length || values.some((value, i) => options[i].value !== value)) {
      this.select.replaceChildren(...values.map((value, i) => element('option', texts[i], {value})));
    }
    this.select.value = [this.chosen, ...preferred].find((each) => values.includes(each)) ?? '';
  }

  forget() { this.chosen = undefined; }
}
