#include "client/cli/verbs/verbs.h"

namespace hpsearch::cli {

void AddAllVerbs(App& app) {
  AddRun(app);
  AddSubmit(app);
  AddCheck(app);
  AddServer(app);
  AddWorker(app);
  AddDashboard(app);
  AddList(app);
  AddShow(app);
  AddTrials(app);
  AddBest(app);
  AddCurve(app);
  AddCompare(app);
  AddImportance(app);
  AddExport(app);
  AddWatch(app);
  AddWait(app);
  AddWorkers(app);
  AddDatasets(app);
  AddLifeCycle(app);
  AddExtend(app);
  AddRefine(app);
  AddReplay(app);
  AddEvaluate(app);
  AddBackup(app);
  AddDoctor(app);
  AddSimulate(app);
  AddBench(app);
  AddVersion(app);
}

}  // namespace hpsearch::cli
