// The disk as SQLite sees it in this test program: its syncs are counted, held, or fail, and it can be full.
// fdatasync is the program's own (disk.cc) in place of libc's. Any thread.
#pragma once

namespace hpsearch::testing::disk {

int Syncs();  // begun since the program did

// The next sync waits, from when AwaitHeldSync returns until ReleaseSyncs.
void HoldSyncs();
void AwaitHeldSync();
void ReleaseSyncs();

// All but the first `after` syncs from now on fail, and there is no way back, as for a real disk. What was
// appended to a file since its last sync is lost with the one that fails.
void FailSyncs(int after = 0);

void SetFull(bool full);  // writes fail with ENOSPC

}  // namespace hpsearch::testing::disk
