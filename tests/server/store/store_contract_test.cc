// The conformance suite over the store that is used and the one that other rooms' tests use in its place.
#include "tests/server/study/store_contract.h"

#include "server/store/sqlite_store.h"
#include "tests/server/store/temp_folder.h"
#include "tests/server/study/store_contract_points.h"
#include "tests/server/study/store_contract_reuse.h"
#include "tests/server/study/store_contract_rounds.h"
#include "tests/support/memory_store.h"

namespace hpsearch::study {
namespace {

std::shared_ptr<Store> MakeSqlite(Strand& strand) {
  struct InFolder {
    hpsearch::testing::TempFolder folder;
    std::unique_ptr<store::SqliteStore> store;
  };
  auto opened = std::make_shared<InFolder>();
  opened->store = store::SqliteStore::Open(opened->folder.File("studies.db"), strand).value();
  return {opened, opened->store.get()};
}

std::shared_ptr<Store> MakeMemory(Strand& strand) {
  return std::make_shared<hpsearch::testing::MemoryStore>(strand);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract,
                         ::testing::Values(StoreMaker{"Sqlite", MakeSqlite}, StoreMaker{"Memory", MakeMemory}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace hpsearch::study
