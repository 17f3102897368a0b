// The verbs, one a file: each adds itself to the app. What a verb does stands in the contract and in its help.
#pragma once

namespace hpsearch::cli {

class App;

// All of the below, in the order of the help.
void AddAllVerbs(App& app);

void AddRun(App& app);
void AddServer(App& app);
void AddWorker(App& app);
void AddDashboard(App& app);
void AddSubmit(App& app);
void AddCheck(App& app);
void AddList(App& app);
void AddShow(App& app);
void AddTrials(App& app);
void AddBest(App& app);
void AddCurve(App& app);
void AddCompare(App& app);
void AddImportance(App& app);
void AddExport(App& app);
void AddWatch(App& app);
void AddWait(App& app);
void AddWorkers(App& app);
void AddDatasets(App& app);
void AddLifeCycle(App& app);  // pause, resume, stop, cancel
void AddExtend(App& app);
void AddRefine(App& app);
void AddReplay(App& app);
void AddEvaluate(App& app);
void AddBackup(App& app);
void AddDoctor(App& app);
void AddSimulate(App& app);
void AddBench(App& app);
void AddVersion(App& app);

inline constexpr const char* kRunGroup = "Running";
inline constexpr const char* kReadGroup = "Reading";
inline constexpr const char* kLifeGroup = "Life cycle";
inline constexpr const char* kOtherGroup = "Other";

}  // namespace hpsearch::cli
