// The disk as SQLite sees it in this test program: its syncs are counted, held, or fail, and it can be full.
// fdatasync is the program's own (disk.cc) in place of libc's. Any thread.
#pragma once

namespace hpsearch::testing::disk {

int Syncs();  // begun since the program did

// The next sync waits, from when AwaitHeldSync returns until ReleaseSyncs.
void HoldSyncs();
void AwaitHeldSync();
void ReleaseSyncs();

void FailSyncs();  // from now on; there is no way back, as for a real disk

void SetFull(bool full);  // writes fail with ENOSPC

}  // namespace hpsearch::testing::disk
