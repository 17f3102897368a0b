// The dashboard's reads. Every function returns parsed JSON or throws with the server's own words.

async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error((await response.text()).trim() || response.statusText);
  return response.json();
}

const studyPath = (study) => `/api/studies/${encodeURIComponent(study)}`;

// A study's `best_point`, where each point is trained several times: what the trials say together for one of which
// `best_trial` stands, {results, mean, standard_deviation, standard_error, rival: {trial, mean, standard_error} or null}.
export const listStudies = () => get('/api/studies');
export const getStudy = (study) => get(studyPath(study));

export function listTrials(study, {sort, descending, state, limit, offset}) {
  const query = new URLSearchParams({sort, limit, offset});
  if (descending) query.set('descending', '1');
  if (state) query.set('state', state);
  return get(`${studyPath(study)}/trials?${query}`);
}

export const getTrial = (study, trial) => get(`${studyPath(study)}/trials/${trial}`);

// What coarse-to-fine did: [{round, trials, trained, reused, extended, epochs, by_hand, best: {trial, objective} or
// null, boxes: [{trial, objective, centre, axes: {name: {low, high, num}}}]}, ...]
export const getRounds = (study) => get(`${studyPath(study)}/rounds`);

// {next, metric, curves: [[trial, [[train, validation], ...]], ...]}; `metric`: what the objective is of, and the
// curves show of both parts; `next`: the trial to go on from, null at the end.
export const getCurves = (study, first, count) => get(`${studyPath(study)}/curves?first=${first}&count=${count}`);

// Calls onStudy with the study as it stands and after each change, onConnection with whether events arrive.
// The browser connects again by itself. Returns what ends it.
export function followStudy(study, onStudy, onConnection) {
  const source = new EventSource(`${studyPath(study)}/events`);
  source.addEventListener('study', (event) => onStudy(JSON.parse(event.data)));
  source.addEventListener('open', () => onConnection(true));
  source.addEventListener('error', () => onConnection(false));
  return () => source.close();
}
